import Foundation
import Testing

@testable import Schemas

@Suite("Texts and bytes")
struct TextValidatorTests {
    private func isText(_ bytes: [UInt8]) -> Bool {
        TextValidator().validate(bytes.span.bytes, scratch: ValidationScratch()) == nil
    }

    @Test func `every sequence of up to three bytes is text where the standard library says so`() {
        let interesting: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
            0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for a in interesting {
            for b in interesting {
                for c in interesting {
                    for d in [0x41, 0x80, 0xBF] as [UInt8] {
                        let bytes = [a, b, c, d]
                        #expect(isText(bytes) == (String(validating: bytes, as: UTF8.self) != nil))
                    }
                }
            }
        }
    }

    @Test func `a fault is found wherever it is`() {
        for count in 1..<70 {
            for place in 0..<count {
                var bytes = [UInt8](repeating: 0x61, count: count)
                #expect(isText(bytes))
                bytes[place] = 0xFF
                #expect(!isText(bytes))
                bytes[place] = 0xC3
                if place + 1 < count { bytes[place + 1] = 0xA9 }
                #expect(isText(bytes) == (place + 1 < count))
            }
        }
    }

    @Test(arguments: [(0, "has 0 bytes, fewer than 2"), (2, nil), (4, nil), (5, "has 5 bytes, more than 4")])
    func `lengths have bounds`(count: Int, reason: String?) {
        let bytes = [UInt8](repeating: 0x61, count: count)
        let scratch = ValidationScratch()
        #expect(TextValidator(lengths: 2...4).validate(bytes.span.bytes, scratch: scratch)?.reason == reason)
        #expect(BytesValidator(lengths: 2...4).validate(bytes.span.bytes, scratch: scratch)?.reason == reason)
    }

    @Test func `bytes need not be text`() {
        let bytes: [UInt8] = [0xFF]
        #expect(BytesValidator().validate(bytes.span.bytes, scratch: ValidationScratch()) == nil)
    }
}
