import KafkaWire
import NIOCore
import Schemas
import Settings
import Sinks
import Telemetry
import Testing

@testable import TapFilter

@Suite("Redaction")
struct RedactionTests {
    private func redacted(_ change: (inout Redaction) throws -> Void, _ records: [Written]) throws -> Tapped {
        var redaction = Redaction()
        try change(&redaction)
        let tapped = try Tapped(TapConfiguration(redaction: redaction, sink: .admin))
        try tapped.send(produce([("orders", [(0, try batch(records))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 0)])]))
        _ = try tapped.counts()
        return tapped
    }

    @Test func `leaves values out, and tells them from tombstones`() throws {
        let tapped = try redacted({ $0.value = .drop }, [Written("a", "secret"), Written("b", nil)])
        #expect(tapped.sink.values == [nil, nil])
        #expect(tapped.sink.header("sluice.redacted") == ["value", nil])
    }

    @Test func `leaves keys out`() throws {
        let tapped = try redacted({ $0.key = .drop }, [Written("a", "1")])
        #expect(tapped.sink.records.first?.key == nil)
    }

    @Test func `hashes keys with the secret`() throws {
        let tapped = try redacted(
            {
                $0.key = .hash
                $0.secret = Array("key".utf8)
            }, [Written("The quick brown fox jumps over the lazy dog", "1"), Written(nil, "2")])
        // The example of HMAC-SHA-256 that is everywhere.
        let expected = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
        #expect(tapped.sink.records.map { $0.key.map { String(buffer: $0) } } == [expected, nil])
    }

    @Test func `hides fields of JSON, and leaves out what is none`() throws {
        let tapped = try redacted(
            { $0.value = .mask(JSONPathMask([try JSONPath(parsing: "$.card.number")])) },
            [
                Written("a", #"{"card":{"number":"4111","holder":"A"},"amount":1}"#), Written("b", #"{"card": {"num"#),
                Written("c", #"{"amount":2}"#), Written("d", nil),
            ])
        #expect(
            tapped.sink.values == [
                #"{"card":{"number":"***","holder":"A"},"amount":1}"#, nil, #"{"amount":2}"#, nil,
            ])
        #expect(tapped.sink.header("sluice.redacted") == [nil, "value", nil, nil])
        #expect(try tapped.counters.valuesDropped.value == 1)
    }

    @Test func `leaves headers out by their names`() throws {
        let tapped = try redacted(
            { $0.headers = [.prefix("auth")] },
            [Written("a", "1", headers: [("authorization", "x"), ("kind", "y"), ("auth", "z")])])
        let names = try #require(tapped.sink.records.first).writtenHeaders.map(\.name)
        #expect(names.first == "kind" && !names.contains("auth"))
    }
}
