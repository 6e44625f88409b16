package import Schemas
import Settings

/// What the keys or the values of records must be.
package struct DataConfiguration: Sendable, Hashable {
    /// How the bytes are read.
    package enum Format: Sendable, Hashable {
        /// Well-formed JSON.
        case json
        case jsonSchema
        case avro
        case protobuf
        case utf8
        /// Any bytes, of some length.
        case bytes
        /// Not read at all.
        case none
    }

    /// What names the schema of some data.
    package enum Framing: String, Sendable, CaseIterable {
        /// Nothing: all bytes are data.
        case none
        /// As Confluent's serializers do it: a zero byte and an ID of four bytes before the data, or the header
        /// `__value_schema_id` of the record.
        case confluent
        /// As Apicurio's serializers do it from version 3 on: a zero byte and a content ID of four bytes, or headers.
        case apicurio
        /// As Apicurio's serializers did it before: a zero byte and a global ID of eight bytes, or headers.
        case apicurio2 = "apicurio_2"
    }

    /// Where the schema is.
    package enum Schema: Sendable, Hashable {
        /// In the configuration itself.
        case inline([UInt8])
        /// In a file of these contents.
        case file(path: String, [UInt8])
        case registry(name: String, SubjectStrategy)

        /// The schema itself, if it is here.
        package var bytes: [UInt8]? {
            switch self {
            case .inline(let bytes), .file(_, let bytes): bytes
            case .registry: nil
            }
        }
    }

    package var format: Format
    package var schema: Schema?
    /// With Protobuf: the full name of the message; nil for the first of the schema, or what the framing says.
    package var message: String?
    /// With JSON: true to reject objects that have a key twice.
    package var requiresUniqueKeys = false
    package var framing = Framing.none
    /// True if `framing` is written, and not what goes with the registry.
    var isFramingGiven = false
    /// True to reject data without framing; data of a registry's schemas is rejected without it anyhow.
    package var requiresFraming = false
    /// How many bytes there may be, framing included.
    package var lengths: ClosedRange<Int> = 0...Int.max

    /// Data of a format.
    package init(_ format: Format, schema: Schema? = nil) {
        self.format = format
        self.schema = schema
    }

    /// The registry that knows the schema.
    var registry: (name: String, strategy: SubjectStrategy)? {
        guard case .registry(let name, let strategy) = schema else { return nil }
        return (name, strategy)
    }

    /// The largest schema that is read from a file.
    static let maxSchemaSize = ByteSize.mebibytes(4)
}
