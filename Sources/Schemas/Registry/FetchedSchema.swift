/// A schema as a registry serves it, with all that it uses.
package struct FetchedSchema: Sendable, Hashable {
    /// The languages of schemas.
    package enum Language: String, Sendable, Hashable {
        /// Avro's schemas: JSON.
        case avro = "AVRO"
        /// JSON Schema.
        case json = "JSON"
        /// A serialized FileDescriptorProto.
        case protobuf = "PROTOBUF"
    }

    /// A schema that another uses.
    package struct Reference: Sendable, Hashable {
        /// By which name it is used.
        package let name: String
        /// The schema.
        package let text: [UInt8]

        /// A reference of its parts.
        package init(name: String, text: [UInt8]) {
            self.name = name
            self.text = text
        }
    }

    /// The language.
    package let language: Language
    /// The schema itself.
    package let text: [UInt8]
    /// What it uses, each behind those that it uses itself.
    package let references: [Reference]
    /// The subjects that have it: Confluent's, or Apicurio's artifacts' IDs.
    package let subjects: Set<String>
}
