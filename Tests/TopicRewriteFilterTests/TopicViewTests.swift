import Settings
import Testing

@testable import TopicRewriteFilter

@Suite("The view of a client")
struct TopicViewTests {
    private static let canary = "rules: [{ topic: orders, to: orders.canary }]"
    private static let tenant = "rules: [{ prefix: \"\", to_prefix: \"staging.\", hide_others: true }]"

    @Test("A name leads to the topic of its rule, and the topic is seen under that name")
    func exact() throws {
        let view = try view(Self.canary)
        #expect(view.brokerTopic("orders") == .name("orders.canary", rule: 0))
        #expect(view.clientTopic("orders.canary") == "orders")
        #expect(view.brokerTopic("payments") == .name("payments", rule: nil))
        #expect(view.clientTopic("payments") == "payments")
    }

    @Test("What a name led to before the rule is not seen, and the rule's topic has one name only")
    func oneToOne() throws {
        let view = try view(Self.canary)
        #expect(view.clientTopic("orders") == nil)
        #expect(view.brokerTopic("orders.canary") == .refused(.taken))
    }

    @Test("Two names may change places")
    func swap() throws {
        let view = try view("rules: [{ topic: a, to: b }, { topic: b, to: a }]")
        #expect(view.brokerTopic("a").brokerName == "b")
        #expect(view.brokerTopic("b").brokerName == "a")
        #expect(view.clientTopic("a") == "b")
        #expect(view.clientTopic("b") == "a")
    }

    @Test("A prefix hides what does not begin with it")
    func prefix() throws {
        let view = try view(Self.tenant)
        #expect(view.brokerTopic("orders").brokerName == "staging.orders")
        #expect(view.clientTopic("staging.orders") == "orders")
        #expect(view.clientTopic("orders") == nil)
        #expect(view.clientTopic("__consumer_offsets") == nil)
        // The prefix alone would be a topic without a name.
        #expect(view.clientTopic("staging.") == nil)
        #expect(view.brokerTopic("") == .refused(.illegal))
    }

    @Test("Names that become too long, or that are none, are refused")
    func legality() throws {
        let view = try view(Self.tenant)
        let longest = String(repeating: "a", count: 249 - 8)
        #expect(view.brokerTopic(longest).brokerName == "staging." + longest)
        #expect(view.brokerTopic(longest + "a") == .refused(.illegal))
        #expect(view.brokerTopic("a b") == .refused(.illegal))
        #expect(view.brokerTopic("..") == .refused(.illegal))
    }

    @Test("A rule for one topic is an exception to the prefix behind it")
    func exception() throws {
        let view = try view(
            """
            rules:
              - { topic: shared, to: shared }
              - { topic: orders, to: s.orders.canary }
              - { prefix: "", to_prefix: "s." }
            """)
        #expect(view.brokerTopic("shared") == .name("shared", rule: 0))
        #expect(view.clientTopic("shared") == "shared")
        #expect(view.clientTopic("s.shared") == nil)
        #expect(view.brokerTopic("orders").brokerName == "s.orders.canary")
        #expect(view.clientTopic("s.orders") == nil)
        #expect(view.brokerTopic("orders.canary") == .refused(.taken))
    }

    @Test("Others are hidden where a rule says so")
    func hidden() throws {
        let view = try view("rules: [{ topic: a, to: b, hide_others: true }]")
        #expect(view.brokerTopic("c") == .refused(.hidden))
        #expect(view.clientTopic("c") == nil)
        #expect(view.clientTopic("b") == "a")
    }

    @Test("No rule leads to Kafka's own topics")
    func internals() throws {
        let view = try view("rules: [{ prefix: \"x.\", to_prefix: \"\" }]")
        #expect(view.brokerTopic("x.__consumer_offsets") == .refused(.internal))
        #expect(view.clientTopic("__consumer_offsets") == "__consumer_offsets")
        #expect(view.brokerTopic("__consumer_offsets").brokerName == "__consumer_offsets")
    }

    @Test("Bytes are compared, not what they look like")
    func bytes() throws {
        // U+212A is equal to K for Swift.
        let view = try view("rules: [{ topic: K, to: other }, { prefix: \"K.\", to_prefix: \"p.\" }]")
        #expect(view.brokerTopic("\u{212A}").brokerName == "\u{212A}")
        #expect(view.brokerTopic("\u{212A}.a").brokerName?.utf8.count == 5)
        #expect(view.clientTopic("\u{212A}")?.utf8.count == 3)
    }

    @Test("A condition on topics narrows a rule")
    func conditionOnTopics() throws {
        let view = try view("rules: [{ prefix: \"\", to_prefix: \"s.\", when: { topic: { prefix: \"pay\" } } }]")
        #expect(view.brokerTopic("payments").brokerName == "s.payments")
        #expect(view.brokerTopic("orders").brokerName == "orders")
        #expect(view.clientTopic("s.payments") == "payments")
        #expect(view.clientTopic("payments") == nil)
        #expect(view.clientTopic("s.orders") == "s.orders")
        #expect(view.brokerTopic("s.payments") == .refused(.taken))
    }

    @Test("A condition of the filter on topics holds for all its rules, and nothing else is hidden")
    func filterCondition() throws {
        var settings = try configuration(
            "rules: [{ topic: orders, to: o }, { topic: pay, to: p }, { prefix: ord, to_prefix: x, hide_others: true }]"
        )
        settings.topics = [.prefix("ord"), .exact("secret")]
        let view = TopicView(settings, ViewSelection([0, 0, 0]))
        #expect(view.brokerTopic("orders").brokerName == "o")
        #expect(view.brokerTopic("ordinary").brokerName == "xinary")
        #expect(view.brokerTopic("pay").brokerName == "pay")
        #expect(view.clientTopic("p") == "p")
        #expect(view.brokerTopic("secret") == .refused(.hidden))
        #expect(view.clientTopic("secret") == nil)
        #expect(view.clientTopic("other") == "other")
    }

    @Test("Whatever the rules are, no two names lead to one topic, and each leads to what is seen under it")
    func injective() throws {
        let parts = ["a", "b", "a.", "b.", "a.b", "b.a", ""]
        var random = SystemRandomNumberGenerator()
        let names = [
            "a", "b", "c", "a.", "b.", "a.a", "a.b", "b.a", "b.b", "a.b.a", "a.a.b", "b.a.a", "ab", "ba", "a.c",
        ]
        for _ in 0..<3000 {
            let rules = (0..<Int.random(in: 1...4, using: &random)).map { index in
                let from = parts.randomElement(using: &random) ?? ""
                let to = parts.randomElement(using: &random) ?? ""
                let mapping: RewriteRule.Mapping =
                    Bool.random(using: &random) && !from.isEmpty && !to.isEmpty
                    ? .topic(from, RuleTargets(to: to)) : .prefix(from, to: to)
                return RewriteRule(name: "\(index)", mapping: mapping, hidesOthers: Int.random(in: 0..<5) == 0)
            }
            let view = TopicView(
                TopicRewriteConfiguration(rules: rules), ViewSelection(rules.map { _ in 0 }))
            var seen: [String: String] = [:]
            for name in names {
                guard let broker = view.brokerTopic(name).brokerName else { continue }
                #expect(seen.updateValue(name, forKey: broker) == nil, "\(rules): \(name) → \(broker)")
                #expect(view.clientTopic(broker) == name, "\(rules): \(name) → \(broker)")
            }
            for broker in names {
                guard let client = view.clientTopic(broker) else { continue }
                #expect(view.brokerTopic(client).brokerName == broker, "\(rules): \(broker) is seen as \(client)")
            }
        }
    }

    @Test("Names of groups have a prefix and a suffix, and nothing else is seen")
    func groups() throws {
        let view = try view(
            """
            rules: [{ topic: orders, to: orders.canary, group_suffix: "!" }]
            groups: { prefix: "t1." }
            """)
        #expect(view.groups.brokerName("app") == "t1.app!")
        #expect(view.groups.clientName("t1.app!") == "app")
        #expect(view.groups.clientName("t1.app") == nil)
        #expect(view.groups.clientName("app!") == nil)
        // Prefix and suffix do not share bytes.
        #expect(NameAffixes(prefix: "aa", suffix: "aa").clientName("aaa") == nil)
        #expect(view.transactionalIDs.brokerName("tx") == "t1.tx")
        #expect(view.groups.brokerName([0xFF, 0x41]) == Array("t1.".utf8) + [0xFF, 0x41] + Array("!".utf8))
    }
}

@Suite("Weighted targets")
struct StickyHashTests {
    @Test("Replicas agree: the choice of a key never changes")
    func stable() {
        #expect(StickyHash.hash("".utf8) == 0xefd0_1f60_ba99_2926)
        #expect(StickyHash.hash("checkout-7".utf8) == StickyHash.hash("checkout-7".utf8))
        let targets = (0..<8).map { StickyHash.target(of: "client-\($0)", rule: "payments", weights: [50, 50]) }
        #expect(targets == [0, 0, 1, 0, 1, 0, 1, 0])
    }

    @Test("Each target has its part of the keys", arguments: [[95, 5], [1, 1, 2], [0, 3, 0, 1], [1_000_000, 1]])
    func shares(weights: [Int]) {
        var counts = weights.map { _ in 0 }
        for key in 0..<20_000 {
            counts[StickyHash.target(of: "client-\(key)", rule: "r", weights: weights)] += 1
        }
        let sum = Double(weights.reduce(0, +))
        for (count, weight) in zip(counts, weights) {
            #expect(abs(Double(count) / 20_000 - Double(weight) / sum) < 0.015)
        }
    }

    @Test("A weight that grows takes keys, and gives none away")
    func monotonous() {
        for key in 0..<2000 {
            let before = StickyHash.target(of: "\(key)", rule: "r", weights: [90, 10])
            let after = StickyHash.target(of: "\(key)", rule: "r", weights: [60, 40])
            if before == 1 { #expect(after == 1) }
        }
    }

    @Test("Rules choose apart from each other")
    func independent() {
        let both = (0..<1000).filter { key in
            StickyHash.target(of: "\(key)", rule: "a", weights: [1, 1])
                == StickyHash.target(of: "\(key)", rule: "b", weights: [1, 1])
        }
        #expect((400...600).contains(both.count))
    }
}
