import Schemas
import Testing

@Suite("Masks by JSON paths")
struct JSONPathMaskTests {
    private let scratch = ValidationScratch()

    private func masked(_ text: String, _ paths: [String]) throws -> String {
        let mask = JSONPathMask(try paths.map { path throws(JSONPathError) in try JSONPath(parsing: path) })
        return String(decoding: try mask.masked(Array(text.utf8).span.bytes, scratch: scratch), as: UTF8.self)
    }

    @Test(
        "Values at a path are replaced, and nothing else changes",
        arguments: [
            ("$.card.number", #"{"card": {"number": "4711", "n": 1 }}"#, #"{"card": {"number": "***", "n": 1 }}"#),
            (
                "$.items[*].name", #"{"items":[{"name":"a"},{"name":{"b":1}},3]}"#,
                #"{"items":[{"name":"***"},{"name":"***"},3]}"#
            ),
            ("$.items[1]", #"{"items":[1, 22 ,3]}"#, #"{"items":[1, "***" ,3]}"#),
            ("$['a.b']", #"{"a.b":1,"a":{"b":2}}"#, #"{"a.b":"***","a":{"b":2}}"#),
            (#"$["it's"]"#, #"{"it's":true}"#, #"{"it's":"***"}"#),
            ("$.*", #"{"a":1,"b":[2]}"#, #"{"a":"***","b":"***"}"#),
            ("$[*]", #"{"a":1}"#, #"{"a":"***"}"#),
            ("$..pin", #"{"pin":1,"a":[{"pin":{"pin":2}}]}"#, #"{"pin":"***","a":[{"pin":"***"}]}"#),
            ("$..a.b", #"{"a":{"b":1,"a":{"b":2}}}"#, #"{"a":{"b":"***","a":{"b":"***"}}}"#),
            ("$", " [1] ", #" "***" "#),
            ("$.a.b", #"{"a":1}"#, #"{"a":1}"#),
            ("$[0]", #"{"0":1}"#, #"{"0":1}"#),
            ("$.größe", #"{"gr\u00f6ße":1}"#, #"{"gr\u00f6ße":"***"}"#),
        ])
    func values(path: String, text: String, expected: String) throws {
        #expect(try masked(text, [path]) == expected)
    }

    @Test func `A name that is there twice, and one that is written with escapes, are all found`() throws {
        #expect(try masked(#"{"a":1,"a":2,"\u0061":3}"#, ["$.a"]) == #"{"a":"***","a":"***","\u0061":"***"}"#)
    }

    @Test func `Where paths meet, the larger value is replaced once`() throws {
        #expect(try masked(#"{"a":{"b":1},"c":2}"#, ["$.a.b", "$.a", "$.c", "$.c"]) == #"{"a":"***","c":"***"}"#)
    }

    @Test("What is not JSON is refused", arguments: ["", "{", #"{"a":1}}"#, #"{"a":1"#, "\u{FEFF}{}"])
    func malformed(text: String) {
        #expect(throws: SchemaViolation.self) { try masked(text, ["$.a"]) }
    }

    @Test(
        "What is not a path is refused",
        arguments: [
            "", "a", "$.", "$a", "$[", "$[a]", "$['a'", "$['a", "$[-1]", "$..", "$..a..b", "$[1:2]", "$[?(@.a)]",
            "$.a b",
            "$[99999999999]", "$" + String(repeating: ".a", count: 65),
        ])
    func notAPath(text: String) {
        #expect(throws: JSONPathError.self) { try JSONPath(parsing: text) }
    }
}
