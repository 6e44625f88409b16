import Schemas
import Settings
import Sinks
import Testing

@testable import SchemaValidationFilter

@Suite("Settings of a schema validation")
struct ConfigurationTests {
    private func problems(_ yaml: String) throws -> [String] { try read(yaml).issues.map(\.message) }

    @Test("are read as the documentation writes them")
    func everyKey() throws {
        let settings = try configuration(
            """
            registries:
              - { name: main, url: "http://127.0.0.1:8081", cache: 10, timeout: 3s, retries: 1, negative_cache: 5s }
              - { name: other, url: "https://registry.example/apis", kind: apicurio }
            rules:
              - topics: [orders]
                value: { format: json, unique_keys: true }
              - name: payments
                topics: ["payments.*", { prefix: pay- }]
                key: { format: utf8, max_bytes: 64 }
                value: { format: avro, registry: main, subject_strategy: record_name }
                headers: { required: { traceparent: "^00-" }, forbidden: ["internal-*"] }
                key_required: true
                tombstones: deny
                max_record_size: 1MiB
                max_timestamp_age: 7d
                max_timestamp_ahead: 1h
                codecs: [none, zstd]
                on_registry_error: allow
                on_failure: { dead_letter: { cluster: main, topic: dead } }
              - topics: [other]
                value: { format: protobuf, registry: other, framing: apicurio_2 }
            """)
        #expect(settings.registries.map(\.cache) == [10, 1000])
        #expect(settings.registries.map(\.kind) == [.confluent, .apicurio])
        #expect(settings.rules.map(\.name) == ["rule1", "payments", "rule3"])
        #expect(settings.rules[0].value?.requiresUniqueKeys == true)
        let rule = settings.rules[1]
        #expect(rule.covers("payments.eu") && rule.covers("pay-x") && !rule.covers("payments"))
        #expect(rule.key?.lengths == 0...64)
        #expect(rule.value?.framing == .confluent)
        #expect(rule.value?.schema == .registry(name: "main", .recordName))
        #expect(rule.requiresKey && !rule.allowsNullValues && rule.onRegistryError == .allow)
        #expect(rule.codecs == [BatchCodec.none, .zstd])
        #expect(rule.onFailure == .deadLetter(TopicSinkConfiguration(cluster: "main", topic: "dead")))
        #expect(settings.rules[2].value?.framing == .apicurio2)
    }

    @Test(
        "that make no sense are refused, with words",
        arguments: [
            ("rules: []", "needs at least 1 of them, found 0"),
            (
                "rules: [{ topics: [a], value: { format: avro } }]",
                "needs one of the keys schema, schema_file, registry"
            ),
            (
                "rules: [{ topics: [a], value: { format: avro, schema: x, registry: y } }]",
                "'schema' and 'registry' exclude each other"
            ),
            (
                "rules: [{ topics: [a], value: { format: avro, registry: y } }]",
                "rule 'rule1' names the registry 'y', which there is not"
            ),
            (
                "rules: [{ topics: [a], value: { format: avro, schema: '\"string\"', subject_strategy: topic_name } }]",
                "only schemas of a registry have a subject"
            ),
            (
                "rules: [{ topics: [a], value: { format: json, require_framing: true } }]",
                "there is no framing that could be required"
            ),
            (
                "rules: [{ topics: [a], value: { format: utf8, min_bytes: 2B, max_bytes: 1B } }]",
                "is smaller than min_bytes"
            ),
            (
                "rules: [{ topics: [a], headers: { required: { a: \"(\" } } }]",
                "header 'a': "
            ),
            (
                "rules: [{ name: a, topics: [a] }, { name: a, topics: [b] }]", "two rules are called 'a'"
            ),
            (
                "rules: [{ name: r, topics: [a], value: { format: avro, schema: '{\"type\": \"x\"}' } }]", "rule 'r': "
            ),
            (
                "{ registries: [{ name: a, url: nowhere }], rules: [{ topics: [a] }] }",
                "expected an address such as http://127.0.0.1:8081"
            ),
            (
                """
                { registries: [{ name: a, url: "http://h", kind: apicurio }],
                  rules: [{ topics: [t], value: { format: avro, registry: a, framing: confluent } }] }
                """,
                "rule 'rule1': framing 'confluent' names no schema of the registry 'a', which is of the kind apicurio"
            ),
        ])
    func refused(yaml: String, words: String) throws {
        let found = try problems(yaml)
        #expect(found.count == 1 && found.first?.hasPrefix(words) == true, "\(found)")
    }
}
