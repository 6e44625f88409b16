import KafkaMessages
import KafkaWire
import Schemas
import Settings
import Testing

@testable import TapFilter

@Suite("The settings of a tap")
struct TapConfigurationTests {
    @Test func `are read with their defaults`() throws {
        let tap = try #require(try read("sink: { admin: true }\n").value)
        #expect(tap.topics == nil && tap.direction == .produce && tap.mode == .records)
        #expect(tap.sample == Sampling(rate: 1) && tap.maxPerSecond == nil && !tap.hasConnectSchema)
    }

    @Test func `are read in full`() throws {
        let tap = try #require(
            try read(
                """
                topics: [orders, { glob: "pay*" }]
                direction: both
                headers: { kind: vip }
                sample: { rate: 1%, by: key }
                max_per_second: 100
                redact:
                  value: { mask: ["$.card.number"] }
                  key: hash
                  headers: { prefix: auth }
                  secret: { env: PATH }
                connect_schema: true
                max_pending: 1MiB
                sink: { stdout: true }
                """
            ).value)
        #expect(tap.topics?.count == 2 && tap.direction == .both)
        #expect(tap.sample == Sampling(rate: 0.01, by: .key))
        #expect(tap.maxPerSecond == 100 && tap.redaction.key == .hash && tap.redaction.headers.count == 1)
        #expect(!tap.redaction.secret.isEmpty && tap.headers == ["kind": .exact("vip")])
        guard case .mask(let mask) = tap.redaction.value else { throw Unexpected() }
        #expect(mask.paths.map(\.description) == ["$.card.number"])
    }

    private struct Unexpected: Error {}

    @Test func `take bare names with wildcards for globs`() throws {
        let tap = try #require(
            try read("topics: 'pay*'\nredact: { headers: ['x-*', token] }\nsink: { admin: true }\n").value)
        #expect(tap.topics?.map { $0.matches("payments") } == [true])
        #expect(tap.redaction.headers.map { $0.matches("x-token") } == [true, false])
        #expect(tap.redaction.headers.map { $0.matches("x-*") } == [true, false])
        #expect(tap.redaction.headers.map { $0.matches("token") } == [false, true])
    }

    @Test func `hash keys with a secret of their own where none is configured`() throws {
        let yaml = "sink: { admin: true }\nredact: { key: hash }\n"
        let (first, second) = (try #require(try read(yaml).value), try #require(try read(yaml).value))
        #expect(first.redaction.secret.count == 32 && first.redaction.secret != second.redaction.secret)
    }

    @Test func `of messages name APIs`() throws {
        let tap = try #require(try read("mode: messages\napis: [Produce, Metadata]\nsink: { admin: true }\n").value)
        #expect(tap.apis == [.produce, .metadata])
    }

    @Test(arguments: [
        ("sink: { admin: true }\nsample: 200%\n", "sample"),
        ("sink: { admin: true }\napis: [Produce]\n", "'mode: messages' only"),
        ("sink: { admin: true }\nmode: messages\napis: [Prodce]\n", "there is no API 'Prodce'"),
        ("sink: { admin: true }\nmode: messages\nredact: { value: drop }\n", "'mode: records' only"),
        ("sink: { admin: true }\nredact: { value: { mask: ['$..a..b'] } }\n", "not a JSON path"),
        ("topics: [orders]\n", "sink"),
    ])
    func `tell what is wrong`(yaml: String, expected: String) throws {
        let result = try read(yaml)
        #expect(result.value == nil)
        #expect(result.issues.contains { "\($0)".contains(expected) }, "\(result.issues)")
    }
}
