import KafkaRecords
import NIOCore
import Testing

@testable import SchemaValidationFilter

/// One rule, records that pass, and records that do not with what their producer is told.
private struct RuleCase: Sendable, CustomTestStringConvertible {
    let rule: String
    let passes: @Sendable () throws -> [ByteBuffer]
    let rejected: @Sendable () throws -> [(ByteBuffer, String)]

    var testDescription: String { rule }

    init(
        _ rule: String, passes: @escaping @Sendable () throws -> [TestRecord],
        rejected: @escaping @Sendable () throws -> [(TestRecord, String)]
    ) {
        self.rule = rule
        self.passes = { try passes().map { try batch([$0]) } }
        self.rejected = {
            try rejected().map { record, words in (try batch([record]), "rule 'r': record 0: \(words)") }
        }
    }
}

@Suite("Rules")
struct RuleTests {
    private static let cases = [
        RuleCase(
            "key_required: true", passes: { [TestRecord("v")] },
            rejected: { [(TestRecord("v", key: nil), "has no key")] }),
        RuleCase(
            "tombstones: deny", passes: { [TestRecord("")] }, rejected: { [(TestRecord(nil), "has a null value")] }),
        RuleCase("tombstones: allow", passes: { [TestRecord(nil)] }, rejected: { [] }),
        RuleCase(
            "max_record_size: 10B", passes: { [TestRecord("123456789")] },
            rejected: {
                [
                    (TestRecord("1234567890"), "has 11 bytes, at most 10 are allowed"),
                    (TestRecord("1234", headers: ["a": "bcd"]), "has 11 bytes, at most 10 are allowed"),
                ]
            }),
        RuleCase(
            "max_timestamp_ahead: 1s",
            passes: { [TestRecord("v", timestamp: now + 1000), TestRecord("v", timestamp: 0)] },
            rejected: {
                [
                    (TestRecord("v", timestamp: now + 1001), "has a timestamp too far ahead of the clock"),
                    (TestRecord("v", timestamp: .max), "has a timestamp too far ahead of the clock"),
                ]
            }),
        RuleCase(
            "max_timestamp_age: 1s",
            passes: { [TestRecord("v", timestamp: now - 1000), TestRecord("v", timestamp: .max)] },
            rejected: {
                [
                    (TestRecord("v", timestamp: now - 1001), "has a timestamp too far behind the clock"),
                    (TestRecord("v", timestamp: -1), "has a timestamp too far behind the clock"),
                ]
            }),
        RuleCase(
            #"headers: { required: { traceparent: "^00-", any: "" } }"#,
            passes: { [TestRecord("v", headers: ["any": nil, "traceparent": "x", "traceparent": "00-1"])] },
            rejected: {
                [
                    (TestRecord("v", headers: ["traceparent": "00-1"]), "lacks the header 'any'"),
                    (TestRecord("v", headers: ["any": ""]), "lacks the header 'traceparent'"),
                    (
                        TestRecord("v", headers: ["any": "", "traceparent": "00-", "traceparent": "01-"]),
                        "has a header 'traceparent' that is not as it must be"
                    ),
                    (
                        TestRecord("v", headers: ["any": "", "traceparent": nil]),
                        "has a header 'traceparent' that is not as it must be"
                    ),
                ]
            }),
        RuleCase(
            #"headers: { forbidden: ["internal-*", exact] }"#,
            passes: { [TestRecord("v", headers: ["an-internal-one": "", "exactly": ""])] },
            rejected: {
                [
                    (TestRecord("v", headers: ["a": "", "internal-a": ""]), "has a header that is forbidden"),
                    (TestRecord("v", headers: ["exact": ""]), "has a header that is forbidden"),
                ]
            }),
        RuleCase(
            "key: { format: utf8, max_bytes: 3B }",
            passes: { [TestRecord("v", key: "äa"), TestRecord("v", key: nil)] },
            rejected: { [(TestRecord("v", key: "abcd"), "key has 4 bytes, at most 3 are allowed")] }),
        RuleCase(
            "value: { format: utf8, min_bytes: 2B }", passes: { [TestRecord("ab"), TestRecord(nil)] },
            rejected: {
                [
                    (TestRecord("a"), "value has 1 bytes, at least 2 are allowed"),
                    (TestRecord(bytes: [0x61, 0xFF]), "value is not UTF-8"),
                ]
            }),
        RuleCase(
            "value: { format: bytes, min_bytes: 1B, max_bytes: 2B }", passes: { [TestRecord(bytes: [0xFF])] },
            rejected: {
                [
                    (TestRecord(bytes: []), "value has 0 bytes, at least 1 are allowed"),
                    (TestRecord(bytes: [1, 2, 3]), "value has 3 bytes, at most 2 are allowed"),
                ]
            }),
        RuleCase("value: { format: none }", passes: { [TestRecord(bytes: [0xFF])] }, rejected: { [] }),
    ]

    @Test("let pass what they ask for, and say why they reject", arguments: cases)
    private func rule(_ rule: RuleCase) throws {
        let client = try Validated("rules: [{ name: r, topics: [t], \(rule.rule) }]")
        for batch in try rule.passes() { #expect(try client.rejection(batch: batch) == nil) }
        for (batch, words) in try rule.rejected() { #expect(try client.rejection(batch: batch) == words) }
    }

    @Test("see the codec of a batch", arguments: CompressionCodec.allCases)
    func codecs(codec: CompressionCodec) throws {
        let client = try Validated("rules: [{ topics: [t], codecs: [none, zstd] }]")
        let isAllowed = codec == .none || codec == .zstd
        #expect(
            try client.rejection(batch: try batch([TestRecord("v")], codec: codec))
                == (isAllowed ? nil : "rule 'rule1': compression '\(codec.name)' is not allowed"))
    }

    @Test("find bad records in batches of every codec", arguments: CompressionCodec.allCases)
    func everyCodec(codec: CompressionCodec) throws {
        let client = try Validated("rules: [{ topics: [t], value: { format: json } }]")
        let good = (0..<100).map { TestRecord(#"{"number": \#($0)}"#) }
        #expect(try client.rejection(batch: try batch(good, codec: codec)) == nil)
        let words = try client.rejection(batch: try batch(good + [TestRecord("{")] + good, codec: codec))
        #expect(words?.hasPrefix("rule 'rule1': record 100: value") == true)
    }

    @Test("are taken in their order: the first whose topics match is for a topic")
    func order() throws {
        let client = try Validated(
            """
            rules:
              - { name: one, topics: [{ prefix: "a." }], value: { format: bytes, max_bytes: 1B } }
              - { name: two, topics: ["a.*", "b?"], value: { format: bytes, max_bytes: 2B } }
            """)
        #expect(client.filter.book.rule(for: "a.x")?.name == "one")
        #expect(client.filter.book.rule(for: "bx")?.name == "two")
        #expect(client.filter.book.rule(for: "b")?.name == nil)
        #expect(client.filter.book.rule(for: "c")?.name == nil)
    }
}
