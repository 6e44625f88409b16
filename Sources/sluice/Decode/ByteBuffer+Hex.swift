import NIOCore

extension ByteBuffer {
    /// The readable bytes in lower-case hex.
    var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: readableBytes * 2) { text in
            var index = 0
            for byte in readableBytesView {
                text[index] = digits[Int(byte >> 4)]
                text[index + 1] = digits[Int(byte & 0x0F)]
                index += 2
            }
            return index
        }
    }

    /// Reads hex, in lower or upper case; nil for anything else.
    init?(hex: String) {
        let text = hex.utf8
        guard text.count.isMultiple(of: 2) else { return nil }
        self.init()
        reserveCapacity(text.count / 2)
        var high: UInt8?
        for character in text {
            guard let digit = Self.digit(character) else { return nil }
            if let first = high {
                writeInteger(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
