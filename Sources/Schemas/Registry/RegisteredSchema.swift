import Settings

/// Compiles a JSON Schema with the schemas that it refers to.
package typealias JSONSchemaCompiler =
    @Sendable (_ text: [UInt8], _ references: [FetchedSchema.Reference]) throws -> any RecordValidator

/// A schema of a registry, compiled.
package final class RegisteredSchema: Sendable {
    /// What checks records of the schema.
    private enum Form: Sendable {
        case single(any RecordValidator)
        case messages(ProtobufSchema)
    }

    /// How strict the validators are.
    package struct Options: Sendable {
        /// For Avro.
        package var avro = AvroOptions()
        /// True if all bytes are data of the Avro schema `"bytes"`: Confluent's Java serializer writes them as they are, without
        /// the length that Avro's encoding has and its Python serializer writes. False by default.
        package var takesBareBytes = false
        /// For Protobuf.
        package var protobuf = ProtobufOptions()
        /// For JSON Schema.
        package var json = JSONSchemaOptions()
        /// What compiles JSON Schemas in place of ``JSONSchema``; nil by default.
        package var jsonCompiler: JSONSchemaCompiler?

        /// Options with their defaults.
        package init() {}

        /// Compiles a JSON Schema.
        func compile(
            _ text: [UInt8], _ references: [FetchedSchema.Reference]
        ) throws -> any RecordValidator {
            if let jsonCompiler { return try jsonCompiler(text, references) }
            let byName = Dictionary(references.map { ($0.name, $0.text) }) { first, _ in first }
            return try JSONSchema(text.span.bytes, references: byName, options: json)
        }
    }

    /// The language.
    package let language: FetchedSchema.Language
    /// The subjects that have it.
    package let subjects: Set<String>
    /// The full name of the record; nil if it has none, or if a message of several is meant.
    package let recordName: String?
    private let form: Form
    private let options: Options

    /// Compiles a schema.
    ///
    /// - Throws: ``RegistryFailure`` if it is not valid.
    package init(_ fetched: FetchedSchema, options: Options) throws(RegistryFailure) {
        language = fetched.language
        subjects = fetched.subjects
        self.options = options
        do {
            switch fetched.language {
            case .avro:
                let schema = try AvroSchema(fetched.text, references: fetched.references.map(\.text))
                recordName = schema.name
                let takesAnything = options.takesBareBytes && schema.isBytes
                let validator = try AvroValidator(schema, options: options.avro)
                form = .single(takesAnything ? BytesValidator() : validator)
            case .json:
                let title = try SchemaDocument.parse(fetched.text)["title"]
                if case .string(let text)? = title { recordName = text } else { recordName = nil }
                form = .single(try options.compile(fetched.text, fetched.references))
            case .protobuf:
                let schema = try ProtobufSchema(file: fetched.text, references: fetched.references.map(\.text))
                recordName = nil
                form = .messages(schema)
            }
        } catch {
            throw RegistryFailure(.invalidSchema, "the schema \(error)")
        }
    }

    /// The validator of a schema that has one; nil for one of Protobuf, which has one for each message.
    package var validator: (any RecordValidator)? {
        guard case .single(let validator) = form else { return nil }
        return validator
    }

    /// The messages that a choice may mean, with their full names: none if there is no such message, two if clients do
    /// not agree on how messages are counted.
    ///
    /// Compiles a message each time: what is made is to be kept.
    func messages(_ choice: MessageChoice) -> [ProtobufValidator] {
        guard case .messages(let schema) = form else { return [] }
        let names: [String] =
            switch choice {
            case .first: schema.messageNames(at: [0])
            case .indexes(let indexes): schema.messageNames(at: indexes)
            case .name(let name): schema.messageName(name).map { [$0] } ?? []
            }
        return names.compactMap { try? ProtobufValidator(schema, message: $0, options: options.protobuf) }
    }
}
