import Settings
import Testing

@Suite("Regular expressions with groups")
struct CapturingExpressionTests {
    private func groups(_ expression: String, _ text: String, isWhole: Bool) throws -> [String?]? {
        let scalars = Array(text.unicodeScalars)
        let read = try CapturingExpression(parsing: expression)
        let match = isWhole ? read.wholeMatch(of: scalars) : read.firstMatch(in: scalars, from: 0)
        return match?.map { range in range.map { String(String.UnicodeScalarView(scalars[$0])) } }
    }

    @Test(
        "groups hold what Perl and Java find first",
        arguments: [
            ("(a*)(a*)", "aaa", ["aaa", "aaa", ""]), ("(a*?)(a*)", "aaa", ["aaa", "", "aaa"]),
            ("(a|ab)(c|bcd)", "abcd", ["abcd", "a", "bcd"]), ("(a{1,2}?)(a*)", "aaa", ["aaa", "a", "aa"]),
            ("(?:x(a))?b", "b", ["b", nil]), ("((a)|b)+", "ab", ["ab", "b", "a"]),
            ("(a??)(.*)", "ab", ["ab", "", "ab"]),
            ("^(.*?),(.*)$", "a,b,c", ["a,b,c", "a", "b,c"]),
        ] as [(String, String, [String?])])
    func whole(expression: String, text: String, expected: [String?]) throws {
        #expect(try groups(expression, text, isWhole: true) == expected)
    }

    @Test(
        "the first place counts, and there what is liked best",
        arguments: [
            ("a(b*)", "xxabba", ["abb", "bb"]), ("a(b*?)", "xxabba", ["a", ""]), ("b|ab", "ab", ["ab"]),
            ("(b)$", "abab", ["b", "b"]), ("x*", "aax", [""]),
        ] as [(String, String, [String?])])
    func first(expression: String, text: String, expected: [String?]) throws {
        #expect(try groups(expression, text, isWhole: false) == expected)
    }

    @Test("what does not match has no groups", arguments: [("(a)b", "abc"), ("^a", "ba"), ("(a|b)+", "abc")])
    func none(expression: String, text: String) throws {
        #expect(try groups(expression, text, isWhole: true) == nil)
    }
}
