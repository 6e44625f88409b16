import Settings
import Sinks
import SluiceConfiguration
import Testing

@Suite("The settings of a sink")
struct SinkSettingsTests {
    private func decode(_ yaml: String) throws -> SettingsResult<SinkConfiguration> {
        let document = YAMLDocument(yaml, file: "c.yaml", environment: .process)
        return SinkConfiguration.settingType.decode(try #require(document.root), issues: document.issues)
    }

    @Test func `are those of a file`() throws {
        let result = try decode("{ file: /var/log/tap.jsonl, rotate: 10MiB, keep: 3, max_buffered: 1MiB }")
        #expect(
            result.value
                == .file(
                    FileSinkConfiguration(
                        path: "/var/log/tap.jsonl", rotate: .mebibytes(10), keep: 3, maxBuffered: .mebibytes(1))))
    }

    @Test func `are those of standard output`() throws {
        #expect(try decode("{ stdout: true }").value == .file(FileSinkConfiguration(path: nil)))
    }

    @Test func `are those of the admin server's stream`() throws {
        #expect(try decode("{ admin: true }").value == .admin)
    }

    @Test func `are those of a topic, by default`() throws {
        let result = try decode("{ cluster: main, topic: tap.orders }")
        #expect(result.value == .topic(TopicSinkConfiguration(cluster: "main", topic: "tap.orders")))
    }

    @Test func `are those of a topic, all of them`() throws {
        var expected = TopicSinkConfiguration(cluster: "main", topic: "t")
        expected.compression = .zstd
        expected.linger = .milliseconds(10)
        expected.acks = .leader
        expected.maxBuffered = .mebibytes(1)
        expected.deliveryTimeout = .seconds(5)
        expected.creation = .init(partitions: 3, replicationFactor: 2)
        let yaml = """
            { cluster: main, topic: t, compression: zstd, linger: 10ms, acks: 1, max_buffered: 1MiB,
              delivery_timeout: 5s, create_topic: { partitions: 3, replication_factor: 2 } }
            """
        #expect(try decode(yaml).value == .topic(expected))
    }

    @Test(arguments: [
        ("{ stdout: false }", "c.yaml:1:11: stdout: must be true"),
        (
            "{ topic: a/b, cluster: x }",
            "c.yaml:1:10: topic: is no name of a topic: those have letters, digits, '.', '_' and '-'"
        ),
        ("{ topic: t }", "c.yaml:1:1: cluster: missing: expected a name of letters, digits, '_', '.' and '-'"),
        ("{ topic: t, cluster: m, acks: 2 }", "c.yaml:1:31: acks: expected all, 1 or 0, found the number 2"),
        ("{ file: a, topic: t }", "c.yaml:1:1: 'file' and 'topic' exclude each other"),
        ("{ file: a, rotate: 1KiB }", "c.yaml:1:20: rotate: must be between 1MiB and 1TiB, not 1KiB"),
    ])
    func `say what is wrong with them`(yaml: String, issue: String) throws {
        #expect(try decode(yaml).issues.map(\.description) == [issue])
    }
}
