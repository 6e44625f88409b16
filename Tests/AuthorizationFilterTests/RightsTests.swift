import KafkaMessages
import KafkaWire
import Settings
import Testing

@testable import AuthorizationFilter

@Suite("Rules")
struct RightsTests {
    private func may(
        _ operation: Operation, _ type: ResourceType, _ name: String, _ rules: String,
        principal: String = "User:alice", address: String = "10.0.0.1"
    ) throws -> Bool {
        let book = RuleBook(try configuration(rules))
        return book.rights(principal: principal, address: address).operations(on: type, name).contains(operation)
    }

    @Test("Nothing is allowed that no rule allows")
    func defaultDeny() throws {
        #expect(try !may(.read, .topic, "a", "rules: []"))
        #expect(try !may(.read, .topic, "b", "rules: [{ allow: Read, principal: User:alice, topic: a }]"))
        #expect(try may(.read, .topic, "a", "rules: [{ allow: Read, principal: User:alice, topic: a }]"))
        #expect(try !may(.write, .topic, "a", "rules: [{ allow: Read, principal: User:alice, topic: a }]"))
        #expect(try !may(.read, .group, "a", "rules: [{ allow: Read, principal: User:alice, topic: a }]"))
    }

    @Test(
        "A denial outweighs what allows, in whichever order and pattern they stand",
        arguments: ["a-1", "'*'", "{ prefix: a- }", "{ prefix: '' }", "{ glob: 'a-?' }", "{ regex: 'a-[0-9]' }"],
        ["a-1", "'*'", "{ prefix: a- }", "{ prefix: '' }", "{ glob: 'a-?' }", "{ regex: 'a-[0-9]' }"])
    func denyWins(allowed: String, denied: String) throws {
        let allow = "{ allow: All, principal: User:alice, topic: \(allowed) }"
        let deny = "{ deny: Write, principal: 'User:*', topic: \(denied) }"
        for rules in ["rules: [\(allow), \(deny)]", "rules: [\(deny), \(allow)]"] {
            #expect(try !may(.write, .topic, "a-1", rules))
            #expect(try may(.read, .topic, "a-1", rules))
            // What is denied implies nothing: Describe is allowed with the rest.
            #expect(try may(.describe, .topic, "a-1", rules))
        }
    }

    @Test(
        "What is allowed with something else",
        arguments: [
            ("Read", [.read, .describe]), ("Write", [.write, .describe]), ("Delete", [.delete, .describe]),
            ("Alter", [.alter, .describe]), ("AlterConfigs", [.alterConfigs, .describeConfigs]),
            ("Create", [.create]), ("Describe", [.describe]), ("DescribeConfigs", [.describeConfigs]),
            ("All", Operation.allCases),
        ] as [(String, [Operation])])
    func implications(word: String, expected: [Operation]) throws {
        let rules = "rules: [{ allow: \(word), principal: User:alice, topic: a }]"
        for operation in Operation.allCases {
            #expect(try may(operation, .topic, "a", rules) == expected.contains(operation), "\(operation)")
        }
        let denied = """
            rules:
              - { allow: All, principal: User:alice, topic: a }
              - { deny: All, principal: User:alice, topic: a }
            """
        for operation in Operation.allCases { #expect(try !may(operation, .topic, "a", denied)) }
    }

    @Test("Names are compared by their bytes, and patterns cover what they say")
    func patterns() throws {
        func covers(_ pattern: String, _ name: String) throws -> Bool {
            try may(.read, .group, name, "rules: [{ allow: Read, principal: User:alice, group: \(pattern) }]")
        }
        #expect(try covers("'*'", "any") && covers("'*'", ""))
        #expect(try covers("{ prefix: a- }", "a-") && covers("{ prefix: a- }", "a-b") && !covers("{ prefix: a- }", "a"))
        #expect(try covers("{ glob: '*-eu' }", "x-eu") && !covers("{ glob: '*-eu' }", "x-eu2"))
        #expect(try covers("[a, b]", "b") && !covers("[a, b]", "c"))
        // The same characters, written with other code points.
        #expect(try covers("\"caf\\u00e9\"", "caf\u{e9}") && !covers("\"caf\\u00e9\"", "cafe\u{301}"))
        #expect(
            try !may(
                .read, .topic, "x", "rules: [{ allow: Read, principal: \"User:\\u00e9\", topic: x }]",
                principal: "User:e\u{301}"))
    }

    @Test("Principals are exact, everybody of a type, or of a form")
    func principals() throws {
        func isFor(_ matcher: String, _ principal: String) throws -> Bool {
            try may(
                .read, .topic, "a", "rules: [{ allow: Read, principal: \(matcher), topic: a }]", principal: principal)
        }
        #expect(try isFor("User:alice", "User:alice") && !isFor("User:alice", "User:alice2"))
        #expect(try isFor("'User:*'", "User:ANONYMOUS") && !isFor("'User:*'", "Group:x"))
        #expect(try isFor("{ prefix: 'User:svc-' }", "User:svc-a") && !isFor("{ prefix: 'User:svc-' }", "User:a"))
        #expect(try isFor("{ glob: 'User:*@eu' }", "User:a@eu") && isFor("{ regex: 'User:[ab]' }", "User:b"))
        #expect(try isFor("[User:a, User:b]", "User:b") && !isFor("[User:a, User:b]", "User:c"))
    }

    @Test("Hosts are addresses and networks; what is no address is only in all of them")
    func hosts() throws {
        func isFor(_ host: String, _ address: String) throws -> Bool {
            try may(
                .read, .topic, "a", "rules: [{ allow: Read, principal: User:alice, host: \(host), topic: a }]",
                address: address)
        }
        #expect(try isFor("10.0.0.1", "10.0.0.1") && !isFor("10.0.0.1", "10.0.0.2"))
        #expect(try isFor("10.0.0.0/8", "10.9.9.9") && !isFor("10.0.0.0/8", "11.0.0.1"))
        #expect(try isFor("10.0.0.0/8", "::ffff:10.1.2.3"))
        #expect(try isFor("'2001:db8::/32'", "2001:db8::1") && !isFor("'2001:db8::/32'", "2001:db9::1"))
        #expect(try isFor("'*'", "not an address") && !isFor("0.0.0.0/0", "not an address"))
        #expect(try isFor("[10.0.0.1, 10.0.0.2]", "10.0.0.2"))
    }

    @Test("Super users may do everything, whatever is denied")
    func superUsers() throws {
        let rules = "super_users: [User:admin]\nrules: [{ deny: All, principal: 'User:*', topic: '*' }]"
        #expect(try may(.write, .topic, "a", rules, principal: "User:admin"))
        #expect(try !may(.write, .topic, "a", rules, principal: "User:admin2"))
        let book = RuleBook(try configuration(rules))
        #expect(book.rights(principal: "User:admin", address: "x").decision(.fetch, 12) == .pass)
    }

    @Test(
        "A right to any topic is there if some topic may be left that no rule denies",
        arguments: [
            ("{ allow: Write, principal: User:alice, topic: a }", true),
            ("{ allow: Write, principal: User:alice, topic: '*' }", true),
            ("{ allow: Write, principal: User:alice, topic: { prefix: a } }", true),
            ("{ allow: Write, principal: User:alice, topic: { glob: 'a*' } }", true),
            (
                "{ allow: Write, principal: User:alice, topic: { prefix: a } }, { deny: All, principal: 'User:*', topic: '*' }",
                false
            ),
            ("{ allow: Read, principal: User:alice, topic: '*' }", false),
            (
                "{ allow: Write, principal: User:alice, topic: a }, { deny: Write, principal: 'User:*', topic: '*' }",
                false
            ),
            ("{ allow: Write, principal: User:alice, topic: a }, { deny: All, principal: 'User:*', topic: a }", false),
            (
                "{ allow: Write, principal: User:alice, topic: ab }, { deny: Write, principal: 'User:*', topic: { prefix: a } }",
                false
            ),
            (
                "{ allow: Write, principal: User:alice, topic: { prefix: ab } }, { deny: Write, principal: 'User:*', topic: { prefix: a } }",
                false
            ),
            (
                "{ allow: Write, principal: User:alice, topic: { prefix: a } }, { deny: Write, principal: 'User:*', topic: { prefix: ab } }",
                true
            ),
            (
                "{ allow: Write, principal: User:alice, topic: [a, b] }, { deny: Write, principal: 'User:*', topic: a }",
                true
            ),
        ])
    func anyTopic(rules: String, expected: Bool) throws {
        let rights = RuleBook(try configuration("rules: [\(rules)]")).rights(
            principal: "User:alice", address: "1.1.1.1")
        #expect(rights.allowsAny(.write, .topic) == expected)
    }

    @Test("What passes at its header needs nothing that could be denied")
    func headers() throws {
        func decision(_ rules: String, _ key: APIKey, _ version: Int16) throws -> Rights.HeaderDecision {
            RuleBook(try configuration(rules)).rights(principal: "User:alice", address: "1.1.1.1").decision(
                key, version)
        }
        let all = "rules: [{ allow: [Write], principal: User:alice, topic: '*', transactional_id: '*' }]"
        #expect(try decision(all, .produce, 9) == .pass)
        #expect(try decision(all, .fetch, 9) == .inspect)
        #expect(try decision(all, .listOffsets, 5) == .pass)
        let butOne = all.dropLast() + ", { deny: Write, principal: 'User:*', topic: x }]"
        #expect(try decision(String(butOne), .produce, 9) == .inspect)
        #expect(try decision(all, .apiVersions, 3) == .pass)
        #expect(try decision(all, APIKey(rawValue: 999), 0) == .denied)
        #expect(try decision(all, .produce, 99) == .denied)
        #expect(try decision("api: { deny: [Fetch] }", .fetch, 4) == .denied)
        #expect(try decision("api: { deny: [Fetch] }", .produce, 4) == .pass)
        #expect(try decision("api: { allow: [Fetch] }", .produce, 4) == .denied)
        #expect(try decision("api: { allow: [Fetch] }", .apiVersions, 3) == .pass)
    }

    @Test("The rule that decided is named: the first that denies, else the first that allows")
    func names() throws {
        let rights = RuleBook(
            try configuration(
                """
                rules:
                  - { allow: Read, principal: User:bob, topic: a }
                  - { allow: [Read, Write], principal: User:alice, topic: a }
                  - { name: freeze, deny: [Write], principal: 'User:*', topic: '*' }
                """)
        ).rights(principal: "User:alice", address: "1.1.1.1")
        #expect(rights.ruleName(.read, .topic, "a") == "rules[1]")
        #expect(rights.ruleName(.describe, .topic, "a") == "rules[1]")
        #expect(rights.ruleName(.write, .topic, "a") == "freeze")
        #expect(rights.ruleName(.delete, .topic, "a") == "default")
    }

    @Test("Decisions are kept for a bounded number of resources")
    func cache() throws {
        let rights = RuleBook(try configuration("rules: [{ allow: Read, principal: User:alice, topic: '*' }]"))
            .rights(principal: "User:alice", address: "1.1.1.1")
        var cache = DecisionCache()
        for number in 0..<(DecisionCache.most * 2 + 5) {
            #expect(cache.operations(rights, .topic, "t\(number)").contains(.read))
            #expect(cache.count <= DecisionCache.most)
        }
    }
}

@Suite("Settings of an authorization filter")
struct AuthorizationConfigurationTests {
    @Test(
        "What is wrong is said",
        arguments: [
            ("{}", "decides on nothing: give it 'rules', 'api' or both"),
            ("rules: [{ principal: a, topic: b }]", "neither allows nor denies anything"),
            ("rules: [{ allow: Read, deny: Read, principal: a, topic: b }]", "must not both allow and deny"),
            ("rules: [{ allow: Read, principal: a }]", "names no resources"),
            ("rules: [{ allow: Raed, principal: a, topic: b }]", "there is no operation 'Raed'"),
            ("rules: [{ allow: Write, principal: a, group: b }]", "the operation Write is not one for Group"),
            ("rules: [{ allow: Read, principal: a, topic: b, host: nowhere }]", "is not an address or a network"),
            ("api: { deny: [Fetsh] }", "there is no API 'Fetsh'"), ("api: {}", "names no API"),
            ("rules: [{ allow: Read, topic: b }]", "missing"), ("rules: []\nlog: some", "expected one of"),
        ])
    func issues(yaml: String, message: String) throws {
        let issues = try read(yaml).issues.map(\.description)
        #expect(issues.contains { $0.contains(message) }, "\(issues)")
    }

    @Test("All is read")
    func everything() throws {
        let read = try configuration(
            """
            super_users: [User:admin]
            log: all
            log_rate: 5/m
            missing_topics: unknown
            api: { allow: [Fetch], deny: [Produce] }
            rules:
              - name: a
                allow: [Read, Describe]
                principal: [User:a, { prefix: 'User:svc-' }]
                host: [10.0.0.0/8, "::1"]
                topic: { prefix: eu- }
                group: "*"
              - deny: All
                principal: User:*
                cluster: true
            """)
        var expected = AuthorizationConfiguration(rules: [
            Rule(
                name: "a", .allow, principals: [.exact("User:a"), .prefix("User:svc-")],
                hosts: [
                    .network(try NetworkPrefix(parsing: "10.0.0.0/8")), .network(try NetworkPrefix(parsing: "::1")),
                ],
                operations: [.init(.read), .init(.describe)],
                resources: [.init(.topic, .prefix("eu-")), .init(.group, .exact("*"))]),
            Rule(
                name: "rules[1]", .deny, principals: [.exact("User:*")], operations: .all,
                resources: [.init(.cluster, .exact("*"))]),
        ])
        expected.superUsers = ["User:admin"]
        expected.log = .all
        expected.logRate = Rate(5, per: .minute)
        expected.missingTopics = .unknown
        expected.apis = APILists(allowed: [.fetch], denied: [.produce])
        #expect(read == expected)
    }
}
