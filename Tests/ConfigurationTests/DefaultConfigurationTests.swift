import Settings
import SluiceConfiguration
import Testing

/// The files in `config/`, and the schema.
@Suite struct DefaultConfigurationTests {
    private static let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/config"

    @Test func theDefaultConfigurationIsValid() throws {
        let loader = ConfigurationLoader(filterTypes: fakeFilters)
        let loaded = try loader.load(path: Self.folder + "/sluice.yaml").configuration
        #expect(loaded.admin.address.description == "127.0.0.1:9901")
        #expect(loaded.listeners.map(\.name) == ["apps"])
        #expect(loaded.listeners.first?.address.description == "127.0.0.1:9092")
        #expect(loaded.listeners.first?.filters.map(\.type) == ["access_log"])
        #expect(loaded.clusters.map(\.name) == ["main"])
    }

    @Test func theDefaultConfigurationTakesItsClusterFromTheEnvironment() throws {
        let file = Self.folder + "/sluice.yaml"
        let text = try SettingsEnvironment.process.contents(file, 1 << 20).get()
        let loaded = try load(
            String(decoding: text, as: UTF8.self),
            variables: ["KAFKA_BOOTSTRAP": "a:1,b:2"]
        )
        #expect(loaded.configuration.clusters.first?.bootstrapServers.map(\.description) == ["a:1", "b:2"])
        #expect(
            try load(String(decoding: text, as: UTF8.self)).configuration.clusters.first?.bootstrapServers.map(
                \.description)
                == ["127.0.0.1:19092"]
        )
    }

    @Test func theSchemaNamesEveryKeyAndFilter() throws {
        let schema = ConfigurationLoader(filterTypes: fakeFilters).jsonSchema
        #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
        #expect(schema.keys == ["admin", "limits", "reload", "listeners", "clusters"])
        #expect(schema["required"] == ["listeners", "clusters"])
        #expect(schema["additionalProperties"] == false)
        let listener = try #require(schema["properties"]?["listeners"]?["items"])
        #expect(
            listener.keys == [
                "name", "address", "cluster", "on_unknown", "proxy_protocol", "proxy_protocol_trusted", "brokers",
                "filters", "tls", "sasl",
            ]
        )
        #expect(listener["properties"]?["on_unknown"]?["default"] == "forward")
        guard case .array(let filters)? = listener["properties"]?["filters"]?["items"]?["oneOf"] else {
            Issue.record("no filters")
            return
        }
        #expect(filters.map { $0["properties"]?["type"]?["const"] } == ["access_log", "rate_limit", "tap"])
        #expect(filters.first?.keys == ["type", "name", "dry_run", "when", "path", "size"])
        #expect(filters.first?["description"] == "Writes a line a request.")
        #expect(filters.last?["required"] == ["type", "password"])
        let limits = try #require(schema["properties"]?["limits"])
        #expect(limits["properties"]?["idle_timeout"]?["default"] == "10m")
    }

    /// The filters' part depends on which are built in, which is known only where the command is.
    @Test func theCommittedSchemaIsCurrent() throws {
        let bytes = try SettingsEnvironment.process.contents(Self.folder + "/sluice.schema.json", 1 << 20).get()
        let committed = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        let schema = ConfigurationLoader(filterTypes: fakeFilters).jsonSchema
        let listener = schema["properties"]?["listeners"]?["items"]?["properties"]
        let parts = [
            schema["properties"]?["admin"], schema["properties"]?["limits"], schema["properties"]?["clusters"],
            listener?["address"], listener?["brokers"], listener?["proxy_protocol_trusted"], schema["$defs"]?["when"],
            schema["$defs"]?["matcher"],
        ]
        for part in parts {
            let text = try #require(part).description.filter { !$0.isWhitespace }
            #expect(committed.contains(text), "run: sluice config-schema > config/sluice.schema.json")
        }
    }

    @Test func everyPropertyOfTheSchemaIsDocumented() {
        func undocumented(_ schema: JSONValue, _ path: String) -> [String] {
            switch schema {
            case .array(let values): return values.flatMap { undocumented($0, path) }
            case .object(let members):
                return members.flatMap { member -> [String] in
                    guard member.key == "properties", case .object(let properties) = member.value else {
                        return undocumented(member.value, path + "/" + member.key)
                    }
                    let missing = properties.filter { $0.value["description"] == nil }.map { path + "/" + $0.key }
                    return missing + properties.flatMap { undocumented($0.value, path + "/" + $0.key) }
                }
            default: return []
            }
        }
        #expect(undocumented(ConfigurationLoader(filterTypes: fakeFilters).jsonSchema, "") == [])
    }
}

extension JSONValue {
    /// The names of a schema's properties.
    fileprivate var keys: [String] {
        guard case .object(let members)? = self["properties"] else { return [] }
        return members.map(\.key)
    }
}
