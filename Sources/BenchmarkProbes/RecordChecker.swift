import Schemas

extension BenchmarkProbes {
    /// Checks records' values as a filter does, on one event loop.
    public struct RecordChecker {
        private let validator: any RecordValidator
        private let scratch = ValidationScratch()

        /// A checker of JSON's syntax.
        public init() {
            validator = JSONSyntaxValidator()
        }

        /// A checker of a JSON Schema; nil if it is none.
        ///
        /// - Parameter jsonSchema: the schema's text.
        public init?(jsonSchema: String) {
            guard let schema = try? JSONSchema(Array(jsonSchema.utf8).span.bytes) else { return nil }
            validator = schema
        }

        /// A checker of Avro data; nil if the schema is none.
        ///
        /// - Parameter avroSchema: the schema's text.
        public init?(avroSchema: String) {
            guard let schema = try? AvroSchema(avroSchema), let avro = try? AvroValidator(schema) else { return nil }
            validator = avro
        }

        /// A checker of Protobuf messages; nil if there is no such message.
        ///
        /// - Parameters:
        ///   - descriptorSet: a serialized FileDescriptorSet.
        ///   - message: the message's full name.
        public init?(descriptorSet: [UInt8], message: String) {
            guard let schema = try? ProtobufSchema(descriptorSet: descriptorSet),
                let protobuf = try? ProtobufValidator(schema, message: message)
            else { return nil }
            validator = protobuf
        }

        /// Whether a record's value is good.
        ///
        /// - Parameter value: the value's bytes.
        /// - Returns: whether there is no violation.
        public func isGood(_ value: [UInt8]) -> Bool {
            validator.validate(value.span.bytes, scratch: scratch) == nil
        }
    }
}
