import Schemas
import Settings

extension DataConfiguration {
    /// `{ format: …, … }`.
    static let setting = SettingType<DataConfiguration>.selected(
        by: "format", "How the bytes are read.",
        [
            SettingVariant("json", "Well-formed JSON.") { reader in
                var data = DataConfiguration(.json)
                data.requiresUniqueKeys = reader.value(
                    "unique_keys", .boolean, default: false, "Whether an object that has a key twice is rejected.")
                data.readCommon(&reader)
                return data
            },
            SettingVariant("json_schema", "JSON that satisfies a JSON Schema.") { reader in
                readSchematic(.jsonSchema, &reader)
            },
            SettingVariant("avro", "Avro's binary encoding of a schema.") { reader in readSchematic(.avro, &reader) },
            SettingVariant("protobuf", "A message of Protobuf.") { reader in
                let message = reader.optional(
                    "message", .string(), "The full name of the message; the first of the schema where it is absent.")
                guard var data = readSchematic(.protobuf, &reader) else { return nil }
                data.message = message
                return data
            },
            SettingVariant("utf8", "Text in UTF-8.") { reader in
                var data = DataConfiguration(.utf8)
                data.readCommon(&reader)
                return data
            },
            SettingVariant("bytes", "Any bytes, of some length.") { reader in
                var data = DataConfiguration(.bytes)
                data.readCommon(&reader)
                return data
            },
            SettingVariant("none", "Not read at all.") { reader in
                var data = DataConfiguration(.none)
                data.readCommon(&reader)
                return data
            },
        ])

    /// What all formats have.
    private mutating func readCommon(_ reader: inout SettingsReader, hasRegistry: Bool = false) {
        isFramingGiven = reader.contains("framing")
        framing = reader.value(
            "framing", .choice(), default: Framing.none,
            "What names the schema before the data, or in headers; where the schema is in a registry, by default what goes with it."
        )
        requiresFraming = reader.value(
            "require_framing", .boolean, default: false, "Whether data without framing is rejected.")
        let least = reader.value(
            "min_bytes", .byteCount(.bytes(0)...(.gibibytes(1))), default: .bytes(0), "The least that there must be.")
        let most = reader.optional(
            "max_bytes", .byteCount(.bytes(0)...(.gibibytes(1))), "The most that there may be.")
        if let most, most < least { reader.report("is smaller than min_bytes", at: "max_bytes") }
        lengths = least.bytes...max(least.bytes, most?.bytes ?? .max)
        if requiresFraming, framing == .none, !hasRegistry {
            reader.report("there is no framing that could be required", at: "require_framing")
        }
    }

    /// A format that needs a schema.
    private static func readSchematic(_ format: Format, _ reader: inout SettingsReader) -> DataConfiguration? {
        let inline = reader.optional("schema", .string(1...1_048_576), "The schema itself.")
        let file = reader.optional(
            "schema_file", .file(mustExist: true),
            "The schema's file: JSON, Avro's .avsc, or Protobuf's descriptor set (protoc --descriptor_set_out).")
        let registry = reader.optional("registry", .name, "The registry that has the schemas.")
        let strategy = reader.value(
            "subject_strategy", .choice(), default: SubjectStrategy.topicName,
            "The subject that a record's schema must be of: topic_name, record_name, topic_record_name or any.")
        var data = DataConfiguration(format)
        data.readCommon(&reader, hasRegistry: reader.contains("registry"))
        let given = [inline.map { _ in "schema" }, file.map { _ in "schema_file" }, registry.map { _ in "registry" }]
            .compactMap(\.self)
        guard given.count == 1 else {
            let isWritten = ["schema", "schema_file", "registry"].contains { reader.contains($0) }
            if given.count > 1 {
                reader.report(given.map { "'\($0)'" }.joined(separator: " and ") + " exclude each other")
            } else if !isWritten {
                reader.report("needs one of the keys schema, schema_file, registry")
            }
            return nil
        }
        if registry == nil, reader.contains("subject_strategy") {
            reader.report("only schemas of a registry have a subject", at: "subject_strategy")
        }
        if let inline {
            data.schema = .inline(Array(inline.utf8))
        } else if let file {
            switch SettingsEnvironment.process.contents(file, maxSchemaSize.bytes) {
            case .success(let bytes): data.schema = .file(path: file, bytes)
            case .failure(let problem):
                reader.report(problem.message, at: "schema_file")
                return nil
            }
        } else if let registry {
            data.schema = .registry(name: registry, strategy)
        }
        return data
    }
}
