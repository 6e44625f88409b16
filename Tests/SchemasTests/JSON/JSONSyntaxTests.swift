import Foundation
import Testing

@testable import Schemas

@Suite("The syntax of JSON")
struct JSONSyntaxTests {
    private let scratch = ValidationScratch()

    private func check(_ bytes: [UInt8], _ limits: JSONLimits = JSONLimits()) -> SchemaViolation? {
        JSONSyntaxValidator(limits: limits).validate(bytes.span.bytes, scratch: scratch)
    }

    private func check(_ text: String, _ limits: JSONLimits = JSONLimits()) -> SchemaViolation? {
        check(Array(text.utf8), limits)
    }

    @Test(
        "Documents are taken",
        arguments: [
            "null", "true", "false", "0", "-0", "-0.0", "1e5", "1E+5", "1.5e-5", "\"\"", "[]", "{}", " [ ] ",
            "\n{\t}\r",
            "[[],{}]", #"{"a":1,"a":2}"#, #"{"":{"":[]}}"#, #"["\"\\\/\b\f\n\r\t\u00e9"]"#, #""\ud83d\ude00""#,
            #""\ud800""#, "\"\u{7F}\u{2028}😀\"", "\"a\" \n", #"["ends with a backslash\\"  ,  "b"]"#,
            "123456789012345678901234567890", "-18446744073709551616", "1e400", "1e-400",
            "0.1234567890123456789012345678901234567890", "1e99999999999999999999",
        ])
    func documents(text: String) {
        #expect(check(text) == nil)
    }

    @Test(
        "What is no document is refused",
        arguments: [
            "", " ", "\n", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5",
            "1e",
            "1e+", "0x1", "1a", "1 2", "[1 2]", "[1,]", "[,1]", "[,]", "[", "]", "[1", "[1}", "{", "}", "{1:2}",
            #"{"a"}"#,
            #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#, #"{"a":1 "b":2}"#, #"{,"a":1}"#, #"{"a"::1}"#, "{true:1}", "{[]:1}",
            #"{"a":1]"#, "[]]", "{}{}", "[] []", #"""#, #""a"#, #""a"b"#, #""a""b""#, #""\"#, #""\x""#, #""\u12""#,
            #""\u12G4""#, #""\"#, "'a'", #"true"a""#, #"1"a""#, "[1\u{C}]", "{\"a\"\u{1A}1}", "\"a\nb\"", "\"a\tb\"",
            "\"\u{0}\"", "// a\n1", "/* */1", "\u{FEFF}1", "[1\u{A0}]", "\\", #"\"a""#, "[\\]", "nul\0",
        ])
    func noDocuments(text: String) {
        #expect(check(text) != nil)
    }

    @Test(
        "Bytes that are not UTF-8 are refused, in strings and outside",
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x5B, 0x80, 0x5D], [0x31, 0xC3],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        #expect(check(bytes) != nil)
    }

    @Test func `Nothing behind the bytes is read, not even up to the end of a block`() throws {
        let page = Int(getpagesize())
        let map = mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        let base = try #require(map != MAP_FAILED ? map : nil)
        defer { munmap(base, 2 * page) }
        // Whoever reads from the second page dies.
        #expect(mprotect(base + page, page, PROT_NONE) == 0)
        let texts = [#"["a\u00e4 ä", 1.5e3, true, {"name": "value"}, "#, "123456", #""ä"#, "[{}", "tru", #""\"#]
        for text in texts {
            var bytes: [UInt8] = []
            while bytes.count < 400 {
                bytes += text.utf8
                let end = UnsafeMutableRawBufferPointer(start: base + page - bytes.count, count: bytes.count)
                end.copyBytes(from: bytes)
                let scratch = JSONScratch()
                _ = scratch.withDocument(
                    UnsafeRawBufferPointer(end), JSONLimits(), { _, _ in true }, refused: { _ in false })
            }
        }
    }

    @Test func `What is behind the bytes makes no difference`() {
        let text = Array(#"[1, "a", true]   12345"#.utf8)
        for count in 0...text.count {
            let isValid = check(Array(text[..<count])) == nil
            let ofLarger = JSONSyntaxValidator().validate(text.span.extracting(..<count).bytes, scratch: scratch)
            #expect((ofLarger == nil) == isValid, "\(count) bytes")
        }
    }

    @Test func `Levels are counted up to the limit`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(check(nested(64)) == nil)
        #expect(check(nested(65))?.reason == "not JSON: more than 64 levels of arrays and objects")
        #expect(check(nested(3), JSONLimits(maxDepth: 2)) != nil)
        #expect(check("[[],[],[[]]]", JSONLimits(maxDepth: 3)) == nil)
        #expect(check(nested(1024), JSONLimits(maxDepth: 5000)) == nil)
        #expect(check(nested(1025), JSONLimits(maxDepth: 5000)) != nil)
        #expect(check(String(repeating: "[", count: 100_000)) != nil)
    }

    @Test func `A document may be as large as the limit`() {
        #expect(check("[1,23]", JSONLimits(maxBytes: 6)) == nil)
        #expect(check("[1,234]", JSONLimits(maxBytes: 6))?.reason == "the JSON document is larger than 6 bytes")
    }

    @Test func `A parser takes small documents behind large ones`() {
        let large = "[" + String(repeating: "\"0123456789\",", count: 50_000) + "0]"
        for text in ["1", large, "[2]", large, #"{"a":[true]}"#] { #expect(check(text) == nil) }
    }

    @Test(
        "Names that are there twice are refused on request",
        arguments: [
            (#"{"a":1,"b":2}"#, nil), (#"{"a":1,"a":2}"#, "/a"), (#"{"a":{"a":1}}"#, nil),
            (#"[{"x":{"b":1,"c":2,"b":3}}]"#, "/0/x/b"), (#"{"a":1,"\u0061":2}"#, "/a"),
            (#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"h":9}"#, "/h"),
            (#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}"#, nil),
            (#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10}"#, nil),
        ] as [(String, String?)])
    func duplicates(text: String, path: String?) {
        #expect(check(text) == nil)
        let violation = check(text, JSONLimits(refusesDuplicateNames: true))
        #expect(violation?.place == path.map { .path($0) })
    }

    @Test func `A violation says where, and nothing of what is there`() {
        let violation = check(#"{"secret": 12x}"#)
        #expect(violation?.description == "byte 11: not JSON: a malformed number")
    }
}
