import NIOCore
import Settings

/// The envelope that Kafka Connect's JsonConverter reads: `{"schema": …, "payload": …}`.
enum ConnectEnvelope {
    /// A type of a schema, in Connect's words.
    indirect enum FieldType {
        case boolean
        case int16
        case int32
        case int64
        case double
        case string
        /// In the payload as Base64.
        case bytes
        case array(of: FieldType)
        case structure(String, [Field])
    }

    /// A field of a structure.
    struct Field {
        let name: String
        let type: FieldType
        let isOptional: Bool

        init(_ name: String, _ type: FieldType, isOptional: Bool = false) {
            self.name = name
            self.type = type
            self.isOptional = isOptional
        }
    }

    /// A payload on one line, in its envelope if there is a schema.
    static func document(_ payload: JSONValue, schema: JSONValue?) -> ByteBuffer {
        guard let schema else { return ByteBuffer(string: payload.description) }
        let envelope: JSONValue = ["schema": schema, "payload": payload]
        return ByteBuffer(string: envelope.description)
    }

    /// The schema of a structure.
    static func structure(_ name: String, _ fields: [Field]) -> JSONValue {
        .object(members(of: .structure(name, fields), isOptional: false))
    }

    private static func members(of type: FieldType, isOptional: Bool) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [.init("type", .string(word(type)))]
        switch type {
        case .array(let element): members.append(.init("items", .object(self.members(of: element, isOptional: false))))
        case .structure(let name, let fields):
            members.append(.init("name", .string(name)))
            members.append(
                .init(
                    "fields",
                    .array(
                        fields.map { field in
                            .object(
                                self.members(of: field.type, isOptional: field.isOptional) + [
                                    .init("field", .string(field.name))
                                ])
                        })))
        default: break
        }
        members.append(.init("optional", .bool(isOptional)))
        return members
    }

    private static func word(_ type: FieldType) -> String {
        switch type {
        case .boolean: "boolean"
        case .int16: "int16"
        case .int32: "int32"
        case .int64: "int64"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .array: "array"
        case .structure: "struct"
        }
    }
}
