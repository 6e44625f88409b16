import Settings
import Testing

@testable import TopicRewriteFilter

@Suite("Regular expressions for topics")
struct RegexTranslationTests {
    private static let tenant = "rules: [{ prefix: \"\", to_prefix: \"staging.\", hide_others: true }]"

    @Test(
        "Behind a prefix they stay as they are",
        arguments: [
            ("orders.*", "staging\\.orders.*"),
            ("^orders.*$", "staging\\.orders.*"),
            ("\\Aorders.*\\z", "staging\\.orders.*"),
            (".*", "staging\\..*"),
            ("orders", "staging\\.orders"),
            ("orders|payments", "staging\\.orders|staging\\.payments"),
            ("a.*|^b.*$", "staging\\.a.*|staging\\.b.*"),
            ("(a|b).*", "staging\\.(a|b).*"),
            // As librdkafka writes a subscription to ^cf.* and ^x$.
            ("(^cf.*)|(^x$)", "staging\\.cf.*|staging\\.x"),
            ("((^a|^b.*))", "staging\\.a|staging\\.b.*"),
            ("(^a|b)c", "staging\\.(a|b)c"),
            ("a(b$|c$)", "staging\\.a(b|c)"),
            ("(?:^a.$)", "staging\\.a."),
            ("((?i)A)|b.*", "staging\\.(?:(?i)A)|staging\\.b.*"),
            ("(?i)orders|payments", "staging\\.(?:(?i)orders|payments)"),
            ("(?i:orders).*", "staging\\.(?i:orders).*"),
            ("ab+", "staging\\.ab+"),
            ("a\\.b?", "staging\\.a\\.b?"),
            ("a\\.?", "staging\\.a\\.?"),
            ("\\Qa.b\\E.*", "staging\\.a\\.b.*"),
            ("[^]a]+", "staging\\.[^]a]+"),
            ("[[:alpha:]()|]+", "staging\\.[[:alpha:]()|]+"),
            ("(?P<name>a)b", "staging\\.(?P<name>a)b"),
            ("\\pL+", "staging\\.\\pL+"),
            ("\\p{Greek}|\\x{10FFFF}", "staging\\.\\p{Greek}|staging\\.\\x{10FFFF}"),
            ("a{2,3}", "staging\\.a{2,3}"),
            ("\\\\b?", "staging\\.\\\\b?"),
            ("a\\(b", "staging\\.a\\(b"),
            // A name that leads to nothing matches nothing.
            ("orders|..", "staging\\.orders|staging\\..."),
            ("orders|\\.\\.", "staging\\.orders"),
            ("\\.", "\\."),
        ])
    func tenant(expression: String, expected: String) throws {
        #expect(try RegexTranslation(view(Self.tenant)).topics(expression) == expected)
    }

    @Test(
        "What cannot be parted from what stands before is refused",
        arguments: [
            "a)|(b", "(a", "a\\", "[a", "(a", "a^b", "a$b", "a(^b|c)", "(a$)b", "(a$|b)c", "(^a)*b", "(^a)+", "(a$)?",
            "a$+", String(repeating: "(", count: 60), "\\ba", "a\\B", "(?=a)b", "(?<!a)b", "\\1a",
            "^*a", "*a", "a|+b", "\\A+a", "a\\zb", "[\\Qa\\E]", "\\Qa b\\E", "(?P<a", "\\p{Greek", "(?x)a", "\\ya",
        ])
    func refused(expression: String) throws {
        let view = try view(Self.tenant)
        #expect(throws: RegexShape.Problem.self) { try RegexTranslation(view).topics(expression) }
    }

    @Test(
        "With rules for single topics, those that meet none of them stay, and the others are refused",
        arguments: [
            ("pay.*", "pay.*" as String?), ("orders", "orders\\.canary"),
            ("(^orders)|(^pay.*)", "orders\\.canary|pay.*"), ("(?i)pay", "(?:(?i)pay)"),
            ("orders|pay.*", "orders\\.canary|pay.*"),
            ("ord.*", nil), (".*", nil), ("orders[.].*", nil), ("orders\\.canary", "\\."), ("[p-z].*", "[p-z].*"),
        ])
    func canary(expression: String, expected: String?) throws {
        let translation = RegexTranslation(try view("rules: [{ topic: orders, to: orders.canary }]"))
        #expect((try? translation.topics(expression)) == expected)
    }

    @Test(
        "With rules for a part of the names",
        arguments: [
            ("team\\.a.*", "t7\\.a.*" as String?), ("team.a.*", nil), ("x.*", "x.*"), (".*", nil), ("t7.*", nil),
            ("te.*", nil),
            ("team\\..*|x", "t7\\..*|x"),
        ])
    func part(expression: String, expected: String?) throws {
        let translation = RegexTranslation(try view("rules: [{ prefix: team., to_prefix: t7. }]"))
        #expect((try? translation.topics(expression)) == expected)
    }

    @Test("Targets that were not chosen are matched by none")
    func otherTargets() throws {
        let translation = RegexTranslation(
            try view("rules: [{ topic: pay, targets: { a: v1.pay, b: v2.pay }, active: a }]"))
        #expect((try? translation.topics("v2.*")) == nil)
        #expect((try? translation.topics("v1.*")) == nil)
        #expect(try translation.topics("v3.*") == "v3.*")
        #expect(try translation.topics("pay") == "v1\\.pay")
    }

    @Test("Where all else is hidden, it is known which names match")
    func finite() throws {
        let translation = RegexTranslation(
            try view("rules: [{ topic: orders, to: o.1, hide_others: true }, { topic: order-items, to: o.2 }]"))
        #expect(try translation.topics("order.*") == "o\\.1|o\\.2")
        #expect(try translation.topics("orders.*") == "o\\.1")
        #expect(try translation.topics("x.*") == "\\.")
    }

    @Test("The problem does not name what the client has no name for")
    func discretion() throws {
        let view = try view("rules: [{ topic: orders, to: secret.canary }]")
        let problem = #expect(throws: RegexShape.Problem.self) { try RegexTranslation(view).topics("secret.*") }
        #expect(problem?.message.contains("canary") == false)
    }

    @Test("A translated expression is shown as what it was made of, any other not at all")
    func back() throws {
        let translation = RegexTranslation(try view(Self.tenant))
        for expression in ["orders.*", ".*", "[a-z]+", "(a|b)"] {
            let there = try translation.topics(expression)
            let back = try #require(translation.clientTopics(there))
            #expect(try translation.topics(back) == there)
        }
        #expect(translation.clientTopics("other\\..*") == nil)
    }

    @Test(
        "The broker's names that match are those whose clients' names match",
        arguments: ["a.*", "(?i)A|b", "a|b.*", "[ab]\\.[^a]*", "a\\..?|.*b"])
    func exact(expression: String) throws {
        let view = try view(
            "rules: [{ topic: a.b, to: b.b }, { prefix: \"\", to_prefix: \"a.\", hide_others: true }]")
        guard let translated = try? RegexTranslation(view).topics(expression) else { return }
        let original = try RegularExpression(parsing: expression)
        // The engine knows flags at the front only, where they hold for a prefix without letters all the same.
        let flags = translated.contains("(?i)") ? "(?i)" : ""
        let result = try RegularExpression(parsing: flags + translated.replacing("(?i)", with: ""))
        for broker in ["a", "b", "a.a", "a.b", "b.b", "a.a.b", "a.b.a", "b.a", "a.B", "a.A", "a.a.B", "b.b.b", "a.b.b"]
        {
            let seen = view.clientTopic(broker).map { original.matches($0) } ?? false
            #expect(result.matches(broker) == seen, "\(expression) → \(translated): \(broker)")
        }
    }
}
