package import Schemas

/// What checks data of each format with a schema that is here.
package enum FormatEngines {
    /// The validator of a format.
    ///
    /// - Parameter configuration: the format, with its schema if it needs one.
    /// - Returns: nil for formats of which nothing but the length is checked.
    /// - Throws: ``SchemaError`` if the schema cannot be used.
    package static func validator(_ configuration: DataConfiguration) throws(SchemaError) -> (any RecordValidator)? {
        let schema = configuration.schema?.bytes ?? []
        switch configuration.format {
        case .none, .bytes: return nil
        case .utf8: return TextValidator()
        case .json:
            return JSONSyntaxValidator(
                limits: JSONLimits(
                    maxBytes: maxJSONBytes, refusesDuplicateNames: configuration.requiresUniqueKeys))
        case .jsonSchema:
            do throws(JSONSchemaError) {
                return try JSONSchema(schema.span.bytes, options: jsonOptions)
            } catch {
                throw SchemaError(error.description)
            }
        case .avro: return try AvroValidator(try AvroSchema(schema))
        case .protobuf: return try messages(configuration).standard
        }
    }

    /// The largest JSON document that is read, as a broker takes no larger record unless it is told to.
    private static let maxJSONBytes = 16 << 20

    /// How JSON Schemas are compiled, wherever they are from.
    static var jsonOptions: JSONSchemaOptions {
        var options = JSONSchemaOptions()
        options.limits.maxBytes = maxJSONBytes
        return options
    }

    /// The messages of a Protobuf schema that is here.
    ///
    /// - Throws: ``SchemaError`` if the schema cannot be used.
    static func messages(_ configuration: DataConfiguration) throws(SchemaError) -> ProtobufMessages {
        let schema = try ProtobufSchema(descriptorSet: configuration.schema?.bytes ?? [])
        return try ProtobufMessages(schema, message: configuration.message)
    }
}
