import Testing

@testable import Telemetry

@Suite("A bounded regular expression")
struct BoundedRegexTests {
    @Test(
        "finds what it says, anywhere",
        arguments: [
            ("", "anything", true), ("abc", "xabcx", true), ("abc", "abx", false), ("^abc", "abcd", true),
            ("^abc", "xabc", false), ("abc$", "xabc", true), ("abc$", "abcd", false), ("^$", "", true),
            ("^$", "a", false), ("a.c", "abc", true), ("a.c", "ac", false), ("ab*c", "ac", true),
            ("ab*c", "abbbc", true), ("ab+c", "ac", false), ("ab+c", "abbc", true), ("ab?c", "abc", true),
            ("^ab?c$", "abbc", false), ("cat|dog", "hotdog", true), ("^(cat|dog)s?$", "dogs", true),
            ("^(?:cat|dog)s?$", "cows", false), ("[a-c]+z", "xxabcz", true), ("^[^a-c]$", "b", false),
            ("^[^a-c]$", "d", true), ("[]]", "]", true), ("[a-]", "-", true), ("\\.", "x", false), ("\\.", ".", true),
            ("^\\d+$", "123", true), ("^\\w+$", "a_1", true), ("^[\\d_]+$", "1_2", true), ("a||b", "", true),
            ("(a*)*b", "aaab", true), ("(a+)+$", "aaaa", true), ("^(a|b)*abb$", "ababb", true),
            ("sluice_.*_total", "sluice_requests_total", true),
        ] as [(String, String, Bool)])
    func finds(pattern: String, text: String, expected: Bool) throws {
        #expect(try BoundedRegex(pattern).finds(in: text) == expected)
    }

    @Test(
        "refuses what it does not understand, and says where",
        arguments: [
            ("(a", 2), ("a)", 1), ("[a", 2), ("*a", 0), ("a|+", 2), ("a{2}", 1), ("\\", 1), ("\\b", 1), ("[z-a]", 2),
        ] as [(String, Int)])
    func refuses(pattern: String, offset: Int) throws {
        let error = #expect(throws: BoundedRegex.PatternError.self) { try BoundedRegex(pattern) }
        #expect(error?.offset == offset)
    }

    @Test("refuses patterns beyond its bound")
    func refusesLong() {
        #expect(throws: BoundedRegex.PatternError.self) { try BoundedRegex(String(repeating: "a", count: 257)) }
        #expect(throws: Never.self) {
            try BoundedRegex(String(repeating: "(", count: 128) + String(repeating: ")", count: 128))
        }
    }

    @Test("takes time that grows with the text only", .timeLimit(.minutes(1)))
    func takesNoLongerForHostilePatterns() throws {
        let hostile = try BoundedRegex("^(a+)+(a+)+(a*)*(a|a|a)*$")
        #expect(!hostile.finds(in: String(repeating: "a", count: 5_000) + "!"))
    }
}
