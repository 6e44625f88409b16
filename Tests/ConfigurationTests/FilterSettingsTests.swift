import Settings
import SluiceConfiguration
import Testing

/// Settings of the kinds that filters have, each declared once: that the mechanism carries them.
@Suite struct FilterSettingsTests {
    /// Reads `yaml` as a value of `type`.
    private func decode<Value>(_ type: SettingType<Value>, _ yaml: String) throws -> SettingsResult<Value> {
        let document = YAMLDocument(yaml, file: "c.yaml", environment: .of(variables: ["HASH_KEY": "k"]))
        let root = try #require(document.root)
        return type.decode(root, environment: .of(variables: ["HASH_KEY": "k"]), issues: document.issues)
    }

    // MARK: - Limits by what requests have in common

    enum Dimension: String, Sendable, CaseIterable {
        case clientID = "client_id"
        case principal
        case topic
    }

    struct Limit: Sendable {
        var per: [Dimension]
        var when: WhenCondition?
        var requests: Rate?
        var produceBytes: ByteRate?
        var burst: Duration
    }

    static let limits = SettingType<[Limit]>.structure { reader in
        reader.required(
            "limits",
            .list(
                of: .structure { reader in
                    let limit = Limit(
                        per: reader.value(
                            "per", .list(of: .choice(), count: 1...3), default: [.clientID], "What shares."),
                        when: reader.optional("when", .when(), "Which requests."),
                        requests: reader.optional("requests", .rate(0.001...1_000_000), "How many."),
                        produceBytes: reader.optional(
                            "produce_bytes", .byteRate(.bytes(1)...(.gibibytes(100))), "Bytes."),
                        burst: reader.value(
                            "burst", .duration(.zero...(.seconds(60))), default: .seconds(1), "Saved up.")
                    )
                    if limit.requests == nil, limit.produceBytes == nil { reader.report("limits nothing") }
                    return limit
                },
                count: 1...100
            ),
            "The limits."
        )
    }

    @Test func aListOfLimitsIsRead() throws {
        let yaml = """
            limits:
              - per: [client_id, topic]
                when: { client_id: { glob: "batch-*" } }
                requests: 1000/s
                produce_bytes: 20MiB/s
                burst: 2s
              - requests: 60/m
            """
        let limits = try #require(try decode(Self.limits, yaml).value)
        #expect(limits.map(\.per) == [[.clientID, .topic], [.clientID]])
        #expect(limits.first?.produceBytes?.bytesPerSecond == 20_971_520)
        #expect(limits.last?.requests?.perSecond == 1)
        #expect(limits.last?.burst == .seconds(1))
    }

    @Test func mistakesInALimitAreFound() throws {
        let yaml = """
            limits:
              - per: [client_ip]
                burst: 2
              - {}
            """
        #expect(
            try decode(Self.limits, yaml).issues.map(\.description) == [
                "c.yaml:2:5: limits[0]: limits nothing",
                "c.yaml:2:11: limits[0].per[0]: expected one of client_id, principal, topic, found 'client_ip' "
                    + "(did you mean 'client_id'?)",
                "c.yaml:3:12: limits[0].burst: expected a duration such as 250ms or 5s, found the number 2",
                "c.yaml:4:5: limits[1]: limits nothing",
            ]
        )
    }

    // MARK: - Rules in one of several forms

    enum Rule: Sendable, Equatable {
        case topic(String, targets: [String: Int])
        case prefix(String, to: String)
    }

    static let rule = SettingType<Rule>.oneOf([
        SettingVariant("topic", "One topic.") { reader in
            let topic = reader.required("topic", .string(), "Its name.")
            let weights = reader.required("weights", .dictionary(of: .integer(0...100), count: 1...10), "Shares.")
            guard let topic, let weights else { return nil }
            if weights.values.reduce(0, +) != 100 { reader.report("must add up to 100", at: "weights") }
            return .topic(topic, targets: weights)
        },
        SettingVariant("prefix", "Topics with a prefix.") { reader in
            let prefix = reader.required("prefix", .string(0...249), "The prefix.")
            let to = reader.required("to_prefix", .string(0...249), "What takes its place.")
            guard let prefix, let to else { return nil }
            return .prefix(prefix, to: to)
        },
    ])

    @Test func rulesAreToldByTheirKeys() throws {
        let yaml = """
            - { topic: payments, weights: { blue: 95, green: 5 } }
            - { prefix: "", to_prefix: staging. }
            """
        #expect(
            try decode(.list(of: Self.rule), yaml).value == [
                .topic("payments", targets: ["blue": 95, "green": 5]), .prefix("", to: "staging."),
            ]
        )
        #expect(
            try decode(Self.rule, "{ topic: a, weights: { blue: 95 } }").issues.map(\.description) == [
                "c.yaml:1:22: weights: must add up to 100"
            ]
        )
    }

    // MARK: - A word, or a mapping

    struct Redaction: Sendable, Equatable {
        var keep: Bool
        var mask: [String]
    }

    static let redaction = SettingType<Redaction>.either(
        .choice(["keep": Redaction(keep: true, mask: []), "drop": Redaction(keep: false, mask: [])]),
        or: .structure { reader in
            reader.required("mask", .list(of: .string(), count: 1...100), "JSON paths.").map {
                Redaction(keep: true, mask: $0)
            }
        }
    )

    @Test func aSettingMayBeAWordOrAMapping() throws {
        #expect(try decode(Self.redaction, "drop").value == Redaction(keep: false, mask: []))
        #expect(
            try decode(Self.redaction, "{ mask: [$.card.number] }").value
                == Redaction(keep: true, mask: ["$.card.number"]))
        #expect(
            try decode(Self.redaction, "dorp").issues.map(\.description) == [
                "c.yaml:1:1: expected one of keep, drop, found 'dorp' (did you mean 'drop'?)"
            ]
        )
        #expect(
            try decode(Self.redaction, "[a]").issues.map(\.description) == [
                "c.yaml:1:1: expected one of keep, drop, or a mapping, found a list"
            ]
        )
    }

    // MARK: - Patterns, percentages, secrets

    struct Tap: Sendable {
        var headers: [String: RegularExpression]
        var sample: Percentage
        var key: Secret?
    }

    static let tap = SettingType<Tap>.structure { reader in
        Tap(
            headers: reader.value("headers", .dictionary(of: .regularExpression), default: [:], "Required headers."),
            sample: reader.value("sample", .percentage, default: Percentage(100), "How many."),
            key: reader.optional("hash_key", .secret, "Of the HMAC.")
        )
    }

    @Test func patternsAndSecretsAreRead() throws {
        let result = try decode(Self.tap, "{ headers: { traceparent: ^00- }, sample: 1%, hash_key: { env: HASH_KEY } }")
        let tap = try #require(result.value)
        #expect(tap.headers["traceparent"]?.occurs(in: "00-4bf9") == true)
        #expect(tap.sample.fraction == 0.01)
        #expect(tap.key?.revealed == "k")
        #expect(
            result.effective.description
                == #"{"headers":{"traceparent":"^00-"},"sample":"1%","hash_key":"[redacted]"}"#
        )
    }

    // MARK: - Input that nobody meant

    /// Whatever a file holds, reading it ends in a configuration or in an error.
    @Test func noBytesStopTheReader() {
        var random = SplitMix64(state: 7)
        let seed = Array(minimal.utf8)
        let bits = Array("{}[]:,-&*!|>'\"%@`#?\n \t${x}<<: ~\u{1}é".utf8)
        for _ in 0..<500 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.remove(at: index)
                case 1: bytes[index] = bits.randomElement(using: &random) ?? 0
                default: bytes.insert(bits.randomElement(using: &random) ?? 0, at: index)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            for issue in issues(text) { #expect(issue.hasPrefix("c.yaml:")) }
        }
    }
}

/// A small generator of numbers that look random.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
