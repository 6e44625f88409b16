import Settings
import Testing

@testable import SASL

@Suite("Base64 and JSON from others")
struct Base64Tests {
    @Test(
        "the vectors of RFC 4648 hold both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
        let unpadded = encoded.replacing("=", with: "")
        #expect(Base64.encode(Array(plain.utf8), .url) == unpadded)
        #expect(Base64.decode(unpadded.utf8, .url) == Array(plain.utf8))
    }

    @Test("all bytes survive both alphabets")
    func allBytes() {
        let bytes = (0...255).map { UInt8($0) } + [251, 255]
        #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
        #expect(Base64.decode(Base64.encode(bytes, .url).utf8, .url) == bytes)
        #expect(Base64.encode([251, 255]) == "+/8=")
        #expect(Base64.encode([251, 255], .url) == "-_8")
    }

    @Test(
        "what could be read in two ways is not read",
        arguments: ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z g=", "Zg==\n", "=", "====", "Zg==Zg==", "Z-==", "Zm8*"])
    func strictness(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test("in base64url, padding and stray bits are refused", arguments: ["Zg==", "Zh", "Zm9", "A", "+/8", "Zm8="])
    func strictnessOfURL(text: String) {
        #expect(Base64.decode(text.utf8, .url) == nil)
    }

    @Test("JSON is read as it is written")
    func json() throws {
        let text = #" {"a":[1,-2.5e1,true,false,null],"b":{"c":"\u00e9\ud83d\ude00\n\/\""}, "d":18446744073709551616} "#
        let value = try JSONText.parse(text.utf8)
        #expect(value["a"] == .array([1, .number(-25), true, false, .null]))
        #expect(value["b"]?["c"] == .string("é😀\n/\""))
        #expect(value["d"] == .number(18_446_744_073_709_551_616))
    }

    @Test(
        "what is not JSON, or has two meanings, is refused",
        arguments: [
            "", "{", "}", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}", "\"\u{1}\"", "\"\\x\"", "\"\\ud83d\"",
            "\"\\udc00\"", "01", "-", "1.e", "+1", "tru", "1 2", "\"a", "nan", "1e999", "{\"a\" 1}", "[1 2]",
            "\"\\u12\"",
            "\"\\u+123\"",
        ])
    func notJSON(text: String) {
        #expect(throws: SASLFailure.self) { try JSONText.parse(text.utf8) }
    }

    @Test("depth is bounded")
    func depth() throws {
        let deepest = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
        _ = try JSONText.parse(deepest.utf8)
        let tooDeep = String(repeating: "[", count: 100_000)
        #expect(throws: SASLFailure.self) { try JSONText.parse(tooDeep.utf8) }
    }
}
