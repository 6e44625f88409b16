import Settings
import Testing

@testable import TopicRewriteFilter

@Suite("Settings of a topic rewrite")
struct ConfigurationTests {
    @Test("All forms of rules are read")
    func forms() throws {
        let read = try configuration(
            """
            rules:
              - topic: orders
                to: orders.canary
                when: { client_id: { prefix: "checkout-canary" } }
                group_suffix: .canary
              - topic: payments
                targets: { green: payments.v2, blue: payments.v1 }
                weights: { blue: 95, green: 5 }
                sticky_by: principal
              - topic: users
                name: people
                targets: { old: users.v1, new: users.v2 }
                active: new
              - prefix: ""
                to_prefix: "staging."
                hide_others: true
            groups: { prefix: "staging." }
            """)
        #expect(read.rules.map(\.name) == ["orders", "payments", "people", "all"])
        #expect(read.rules.map(\.groupSuffix) == [".canary", "", "", ""])
        #expect(read.rules.map(\.hidesOthers) == [false, false, false, true])
        #expect(read.rules[0].mapping == .topic("orders", RuleTargets(to: "orders.canary")))
        #expect(
            read.rules[1].mapping
                == .topic(
                    "payments",
                    RuleTargets(
                        [.init(name: "blue", topic: "payments.v1"), .init(name: "green", topic: "payments.v2")],
                        choice: .weights([95, 5]), stickyBy: .principal)))
        #expect(read.rules[2].choices?.choice == .active(0))
        #expect(read.rules[0].choices == nil)
        #expect(read.rules[3].mapping == .prefix("", to: "staging."))
        #expect(read.groupPrefix == "staging.")
    }

    @Test(
        "What is wrong with a rule is said where it stands",
        arguments: [
            ("- { topic: a }", "rules[0].to: missing: a rule for a topic needs 'to' or 'targets'"),
            (
                "- { topic: a, to: b, targets: { x: c }, active: x }",
                "rules[0].to: 'to' and 'targets' exclude each other"
            ),
            (
                "- { topic: a, targets: { x: c, y: d } }",
                "rules[0].targets: missing: 'targets' need 'active' or 'weights'"
            ),
            (
                "- { topic: a, targets: { x: c, y: d }, active: z }",
                "rules[0].active: there is no target 'z': expected one of x, y (did you mean 'x'?)"
            ),
            (
                "- { topic: a, targets: { blue: c, y: d }, weights: { blu: 3 } }",
                "rules[0].weights: there is no target 'blu': expected one of blue, y (did you mean 'blue'?)"
            ),
            (
                "- { topic: a, targets: { x: c, y: d }, weights: { x: 0 } }",
                "rules[0].weights: one weight must be more than 0"
            ),
            (
                "- { topic: a, targets: { x: c, y: d }, weights: { x: 1 }, active: x }",
                "rules[0].weights: 'active' and 'weights' exclude each other"
            ),
            (
                "- { topic: a, targets: { x: c, y: c }, active: x }",
                "rules[0].targets: 'c' is the topic of two targets"
            ),
            (
                "- { topic: a, to: b, sticky_by: principal }",
                "rules[0].sticky_by: is used with 'targets' only"
            ),
            (
                "- { topic: a b, to: b }",
                "rules[0].topic: must be a topic's name: 1 to 249 characters of a-z, A-Z, 0-9, '.', '_' and '-'"
            ),
            (
                "- { topic: a, to: __consumer_offsets }",
                "rules[0].to: is one of Kafka's own topics, which cannot be renamed"
            ),
            ("- { prefix: \"\", to_prefix: \"\" }", "rules[0].to_prefix: renames nothing"),
            (
                "- { topic: a, targets: { x: c, y: d }, active: x, group_suffix: s }",
                "rules[0].group_suffix: is not used with 'targets': the members of one group have one target"
            ),
        ])
    func mistakes(rule: String, issue: String) throws {
        let found = try issues("rules:\n  \(rule)\n")
        #expect(found.map { $0.drop { $0 != " " }.dropFirst() } == [issue[...]])
        #expect(found.allSatisfy { $0.hasPrefix("c.yaml:2:") })
    }

    @Test(
        "Rules that clash for sure are an error with both lines",
        arguments: [
            // One name that two rules are for.
            ("- { topic: a, to: b }", "- { topic: a, to: c, name: second }", true),
            ("- { prefix: x., to_prefix: y. }", "- { topic: x.a, to: b }", true),
            ("- { prefix: \"\", to_prefix: y. }", "- { prefix: a, to_prefix: b }", true),
            // Two names for one topic.
            ("- { topic: a, to: c }", "- { topic: b, to: c }", true),
            ("- { topic: a, to: c }", "- { topic: b, targets: { x: d, y: c }, active: x }", true),
            ("- { topic: a, to: c, when: { client_id: x } }", "- { topic: b, to: c }", true),
            ("- { prefix: a., to_prefix: c. }", "- { prefix: b., to_prefix: c.d. }", true),
            ("- { prefix: a., to_prefix: c. }", "- { topic: b, to: c.x }", true),
            ("- { topic: a, to: b, name: one }", "- { topic: c, to: d, name: one }", true),
            // No clash, or not for sure.
            ("- { topic: a, to: b }", "- { topic: b, to: a }", false),
            ("- { topic: a, to: c, when: { client_id: x } }", "- { topic: b, to: c, when: { client_id: y } }", false),
            ("- { topic: a, to: c, when: { client_id: x } }", "- { topic: a, to: d, name: rest }", false),
            // An exception to a prefix.
            ("- { topic: a, to: s.b }", "- { prefix: \"\", to_prefix: s. }", false),
        ])
    func clashes(first: String, second: String, isClash: Bool) throws {
        let found = try issues("rules:\n  \(first)\n  \(second)\n")
        #expect(found.isEmpty == !isClash)
        if isClash {
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("c.yaml:3:") ?? false)
            #expect(found.first?.hasSuffix("at line 2") ?? false)
        }
    }
}
