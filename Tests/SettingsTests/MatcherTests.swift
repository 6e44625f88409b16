import Settings
import Testing

@Suite struct MatcherTests {
    @Test(arguments: [
        ("orders", "orders", true), ("orders", "order", false), ("*", "", true), ("*", "abc", true),
        ("a*", "abc", true),
        ("a*c", "abbc", true), ("a*c", "abb", false), ("?", "", false), ("?", "ä", true), ("a?c", "abc", true),
        ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), (#"a\*"#, "a*", true), (#"a\*"#, "ab", false),
        ("**", "x", true), ("[a]", "[a]", true), ("[a]", "a", false),
    ])
    func aGlobDescribesAWholeString(glob: String, text: String, matches: Bool) throws {
        #expect(try GlobPattern(parsing: glob).matches(text) == matches)
    }

    @Test(.timeLimit(.minutes(1))) func manyStarsTakeNoLongTime() throws {
        let glob = try GlobPattern(parsing: String(repeating: "a*", count: 200) + "b")
        #expect(!glob.matches(String(repeating: "a", count: 2000)))
    }

    @Test(arguments: [
        ("abc", "abc", true), ("abc", "abcd", false), ("abc", "xabc", false), (".*b", "ab", true), ("a|b", "b", true),
        ("a|b|cd", "cd", true), ("(a|b)c", "bc", true), ("(?:a|b)+", "abba", true), ("a?", "", true),
        ("a?", "aa", false),
        ("a{2}", "aa", true), ("a{2}", "aaa", false), ("a{2,}", "aaaa", true), ("a{1,2}", "aaa", false),
        ("a*?b", "aab", true), ("[a-c]+", "abc", true), ("[^a-c]", "d", true), ("[^a-c]", "a", false),
        ("[]]", "]", true),
        ("[a-]", "-", true), (#"[\d_]+"#, "12_3", true), (#"\w+\s\d"#, "ab 1", true), (#"\D\W\S"#, "a-b", true),
        (#"\."#, ".", true), (#"\."#, "x", false), (#"\x41\x{1F600}"#, "A😀", true), ("^a$", "a", true),
        ("a^b", "ab", false),
        ("(?i)ABC", "aBc", true), ("(?i)[a-c]", "B", true), ("(?i)[^a-c]", "B", false), (".", "\n", false),
        ("ä", "ä", true),
        ("", "", true), ("a|", "", true), ("()*", "", true), ("(a*)*", "aaa", true), (#"\{\}"#, "{}", true),
        ("checkout-(blue|green)-[0-9]{1,3}", "checkout-green-12", true), ("a{0}", "", true), ("a{0,0}b", "b", true),
    ])
    func anExpressionDescribesAWholeString(expression: String, text: String, matches: Bool) throws {
        #expect(try RegularExpression(parsing: expression).matches(text) == matches)
    }

    @Test(arguments: [
        ("a(b", "'(' without ')', at character 4"), ("a)b", "')' without '(', at character 2"),
        ("*a", "'*' with nothing to repeat before it, at character 1"),
        ("a**", "'*' behind a repetition, at character 3"),
        ("a++", "'+' behind a repetition, at character 3"), ("[a", "'[' without ']', at character 3"),
        ("[z-a]", "a range in '[ ]' must go up, from one character to another, at character 5"),
        (#"\1"#, #"'\1' is not known here, at character 2"#), (#"\b"#, #"'\b' is not known here, at character 2"#),
        ("(?=a)", "only (?: ) and, at the front, (?i) are known of the groups that begin with '(?', at character 2"),
        ("a{2,1}", "a repetition must go up, to at most 1000, at character 6"),
        ("a{1001}", "a repetition must go up, to at most 1000, at character 7"),
        ("a{", "expected a number behind '{' (write \\{ for the brace itself), at character 3"),
        ("a{1", "expected '}', at character 4"), ("a\\", "'\\' at the end, at character 3"),
        (#"\xZ"#, #"expected hexadecimal digits behind '\x', at character 3"#),
        (#"\x{D800}"#, #"expected hexadecimal digits behind '\x', at character 9"#),
        ("[[:alpha:]]", "classes such as [:alpha:] are not known, at character 3"),
    ])
    func whatIsNoExpressionIsRefused(expression: String, problem: String) {
        #expect(throws: SettingProblem("not a regular expression: " + problem)) {
            try RegularExpression(parsing: expression)
        }
    }

    @Test(arguments: ["((a{1000}){1000}){1000}", "(a|b){1000}{2}", String(repeating: "abc|", count: 2000)])
    func anExpressionIsOfBoundedSize(expression: String) {
        #expect(throws: SettingProblem.self) { try RegularExpression(parsing: expression) }
    }

    @Test func groupsAreNestedToABound() {
        let deep = String(repeating: "(", count: 100_000)
        #expect(throws: SettingProblem.self) { try RegularExpression(parsing: deep) }
    }

    @Test(arguments: [
        ("^00-", "00-ab", true), ("^00-", "x00-", false), ("b", "abc", true), ("d", "abc", false), ("c$", "abc", true),
        ("b$", "abc", false), ("", "abc", true), ("^$", "a", false), ("b+c", "abbc", true),
    ])
    func anExpressionMayOccurAnywhere(expression: String, text: String, occurs: Bool) throws {
        #expect(try RegularExpression(parsing: expression).occurs(in: text) == occurs)
    }

    @Test(.timeLimit(.minutes(1))) func anEvilExpressionTakesLinearTime() throws {
        let evil = try RegularExpression(parsing: "(a*)*(a|aa)+((){1000}){1000}b")
        #expect(!evil.matches(String(repeating: "a", count: 10_000)))
    }

    @Test(
        arguments: [
            (["orders"], "orders", true), (["orders"], "Orders", false), (["cafe\u{301}"], "caf\u{e9}", false),
        ] as [([String], String, Bool)])
    func anExactMatcherComparesBytes(wanted: [String], text: String, matches: Bool) {
        #expect(wanted.allSatisfy { StringMatcher.exact($0).matches(text) } == matches)
    }

    @Test func aMatcherIsBareOrHasAKey() throws {
        let type = SettingType<StringMatcher>.matcher
        #expect(type.decode("orders").value == .exact("orders"))
        #expect(type.decode(["prefix": "o"]).value?.matches("orders") == true)
        #expect(type.decode(["glob": "o*s"]).value?.matches("orders") == true)
        #expect(type.decode(["regex": "o.+"]).value?.matches("orders") == true)
        #expect(type.decode(["prefix": "x"]).value?.matches("orders") == false)
        #expect(type.decode(["prefx": "x"]).issues.first?.suggestion == "prefix")
        #expect(type.problem(["glob": "x\\"]) == "the glob ends in '\\', with nothing to take as it is")
    }

    @Test func aConditionNamesWhatMustMatch() throws {
        let type = SettingType<WhenCondition>.when(apis: ["Produce", "Fetch"])
        let result = type.decode([
            "client_id": ["glob": "batch-*"], "api": ["Produce", "Fetch"],
            "client_address": ["10.0.0.0/8", ["prefix": "f"]],
        ])
        let condition = try #require(result.value)
        #expect(condition.clientID?.contains { $0.matches("batch-1") } == true)
        #expect(condition.api == [.exact("Produce"), .exact("Fetch")])
        let address = try #require(IPAddress("10.1.1.1"))
        #expect(condition.clientAddress?.first?.matches(address) == true)
        #expect(condition.principal == nil)
    }

    @Test func aConditionWithASlipIsAnError() {
        let type = SettingType<WhenCondition>.when(apis: ["Produce", "Fetch"])
        #expect(
            type.issues(["api": "Prodce", "topics": "x", "principal": .empty]) == [
                "test.yaml:1:9: api: there is no API 'Prodce' (did you mean 'Produce'?)",
                "test.yaml:2:1: topics: unknown key (did you mean 'topic'?)",
                "test.yaml:3:1: principal: has no value: expected a string, or a mapping with one of the keys "
                    + "prefix, glob, regex, or a list of them",
            ]
        )
        #expect(type.problem([:]) == "names no condition")
        #expect(SettingType<WhenCondition>.when().problem(["api": "Anything"]) == nil)
    }

    @Test(
        arguments: [
            ("prots", "ports"), ("Ports", "ports"), ("on-unknown", "on_unknown"), ("zzz", nil), ("", nil),
            ("prot", "ports"),
            ("onunknwon", "on_unknown"),
        ] as [(String, String?)])
    func theNearestNameIsFound(name: String, nearest: String?) {
        #expect(NearestName.of(name, among: ["ports", "on_unknown", "mode"]) == nearest)
    }

    @Test func jsonIsEscaped() {
        let value: JSONValue = [
            "a\"\\\n\u{1}": [1, true, .null, .number(0.5), "ä", .number(.infinity)], "b": [:], "c": [],
        ]
        #expect(value.description == #"{"a\"\\\n\u0001":[1,true,null,0.5,"ä",null],"b":{},"c":[]}"#)
        #expect((["a": [1]] as JSONValue).prettyPrinted == "{\n  \"a\": [\n    1\n  ]\n}")
    }
}
