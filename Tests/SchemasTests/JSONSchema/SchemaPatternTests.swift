import Testing

@testable import Schemas

@Suite("Patterns")
struct SchemaPatternTests {
    /// Matches with a table and without, which must agree.
    private func occurs(_ pattern: String, _ text: String) throws -> Bool {
        var much = 1_000_000
        var none = 0
        let quick = try SchemaPattern(pattern, tableBytes: &much)
        let slow = try SchemaPattern(pattern, tableBytes: &none)
        return Array(text.utf8).withUnsafeBufferPointer { bytes in
            var steps = Int.max
            let result = quick.occurs(in: bytes, &steps)
            #expect(slow.occurs(in: bytes, &steps) == result, "\(pattern), \(text)")
            return result
        }
    }

    @Test(
        "Patterns match",
        arguments: [
            ("", ""), ("", "a"), ("a", "bab"), ("^a", "ab"), ("b$", "ab"), ("^$", ""), ("^a*$", "aaa"), ("^a+$", "a"),
            ("^(ab|cd)+$", "abcdab"), ("^(?:a|b){2,3}$", "aba"), ("^(?<name>a)b$", "ab"), ("^a{2}$", "aa"),
            ("^a{2,}$", "aaaa"), ("^[a-c-]+$", "a-c"), ("^[^a-c]$", "ü"), ("^.$", "😀"), ("^[😀-😂]$", "😁"), ("^ä$", "ä"),
            ("^\\u{1F600}$", "😀"), ("^\\ud83d\\ude00$", "😀"), ("^\\x41\\u0042\\cJ\\0$", "AB\n\0"),
            ("^\\d\\D\\w\\W\\s\\S$", "1a_- x"), ("^\\s$", "\u{FEFF}"), ("^\\p{Lu}\\P{Lu}$", "Ää"),
            ("^\\p{General_Category=Decimal_Number}+$", "1߀"), ("^[\\p{L}\\d]+$", "ö1"), ("\\bcat\\b", "a cat."),
            ("^\\Bx*", ""), ("a\\Bb", "xaby"), ("(^|,)b($|,)", "a,b"), ("(^|,)b($|,)", "b"), ("a|^b", "xa"),
            ("^(a|b*)*$", "abba"), ("^a{0}b$", "b"), ("^[]a]$|x", "x"), ("^[^]$", "q"), ("^{a}$", "{a}"),
            ("^a{,2}$", "a{,2}"),
            ("^]}$", "]}"), ("^\\-\\/\\.\\@$", "-/.@"), ("^[\\w-.]+$", "a-.b"), ("^[\\b]$", "\u{8}"),
            ("a.{10}b$", "xaaaaaaaaaaab"),
            ("^[a-z]{1,63}(\\.[a-z]{1,63})*$", "www.example.com"), ("x*?y", "xxy"),
            ("^(a?){30}a{30}$", String(repeating: "a", count: 30)),
        ])
    func matching(pattern: String, text: String) throws {
        #expect(try occurs(pattern, text))
    }

    @Test(
        "Patterns do not match",
        arguments: [
            ("a", "b"), ("^a", "ba"), ("a$", "ab"), ("a$", "a\n"), ("^$", "a"), ("^a+$", ""), ("^a{2}$", "aaa"),
            ("^.$", "\n"),
            ("^.$", "\u{2028}"), ("^.$", "ab"), ("^[^ä]$", "ä"), ("^\\w$", "é"), ("^\\d$", "߀"),
            ("\\bcat\\b", "concat"),
            ("a\\bb", "ab"), ("[]", "a"), ("^(a|b)$", "c"), ("^\\p{Lu}$", "a"), ("^a{0}$", "a"), ("a^", "a"),
            ("$a", "a"),
            ("^(a+)+$", String(repeating: "a", count: 5000) + "!"), ("\\b", ""), ("\\B\\b", "a b"),
            ("^(a|aa)+$", String(repeating: "a", count: 2000) + "b"), ("^é$", "e\u{301}"),
        ])
    func notMatching(pattern: String, text: String) throws {
        #expect(try !occurs(pattern, text))
    }

    @Test(
        "What is malformed is refused",
        arguments: [
            "(", ")", "a)", "[", "[a", "*", "+a", "?", "a**", "a{2}{3}", "{2}", "a{3,2}", "a{99999}", "\\", "\\a",
            "\\Z", "\\z",
            "\\x4", "\\u12", "\\u{110000}", "\\u{", "\\c1", "\\p", "\\p{Nope}", "\\pL", "[z-a]", "(?i)a", "(?P<n>a)",
            "(?<n>a)(?<n>b)", "(?<1>a)", "\\1", "(a)\\2", "\\k<n>", "\\01", "^*", "(?#x)",
            String(repeating: "(", count: 100) + String(repeating: ")", count: 100),
        ])
    func malformed(pattern: String) {
        #expect(!SchemaPattern.isPattern(pattern))
        var bytes = 1_000_000
        #expect(throws: PatternError.self) { try SchemaPattern(pattern, tableBytes: &bytes) }
    }

    @Test(
        "What cannot be matched in linear time is known, and refused",
        arguments: ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(a)\\1", "(?<n>a)\\k<n>", "x(?=a)*"])
    func unsupported(pattern: String) {
        #expect(SchemaPattern.isPattern(pattern))
        var bytes = 1_000_000
        #expect(throws: PatternError.self) { try SchemaPattern(pattern, tableBytes: &bytes) }
    }

    @Test(
        "What would be too large is refused",
        arguments: ["((a{1000}){1000}){1000}", "(\\p{L}{100}){100}", "((((a{0,99}){0,99}){0,99}){0,99}){0,99}"])
    func tooLarge(pattern: String) {
        var bytes = 1_000_000
        #expect(throws: PatternError.self) { try SchemaPattern(pattern, tableBytes: &bytes) }
    }

    @Test func `Without steps there is no match, and no end of time either`() throws {
        var bytes = 1_000_000
        // Its table would have a state for each set of places, so there is none.
        let pattern = try SchemaPattern("a.{500}b", tableBytes: &bytes)
        #expect(bytes == 1_000_000)
        var steps = 1000
        let text = Array(String(repeating: "a", count: 100_000).utf8)
        #expect(!text.withUnsafeBufferPointer { pattern.occurs(in: $0, &steps) })
        #expect(steps <= 0)
    }
}
