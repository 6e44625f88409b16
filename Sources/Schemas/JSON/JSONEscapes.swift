/// The escapes of JSON strings (RFC 8259, section 7).
enum JSONEscapes {
    /// Decodes what is between the quotes of a string into the arena.
    ///
    /// A surrogate that stands alone, which the grammar allows, becomes its three bytes, which no other string has.
    static func decode(
        _ content: UnsafeBufferPointer<UInt8>, _ arena: inout ScratchArena
    ) -> UnsafeBufferPointer<UInt8> {
        // No escape is shorter than what it stands for.
        let out = arena.allocate(content.count)
        var written = 0
        var at = 0
        while at < content.count {
            let byte = content[at]
            guard byte == UInt8(ascii: "\\"), at + 1 < content.count else {
                out[written] = byte
                written += 1
                at += 1
                continue
            }
            let escape = content[at + 1]
            at += 2
            guard escape == UInt8(ascii: "u") else {
                out[written] = simple(escape)
                written += 1
                continue
            }
            var scalar = unit(content, at)
            at += 4
            if scalar & 0xFC00 == 0xD800, at + 6 <= content.count, content[at] == UInt8(ascii: "\\"),
                content[at + 1] == UInt8(ascii: "u")
            {
                let low = unit(content, at + 2)
                if low & 0xFC00 == 0xDC00 {
                    scalar = 0x10000 + (scalar & 0x3FF) << 10 + low & 0x3FF
                    at += 6
                }
            }
            written = write(scalar, out, written)
        }
        return UnsafeBufferPointer(start: out.baseAddress, count: written)
    }

    private static func simple(_ escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: escape
        }
    }

    /// The value of four hexadecimal digits, which the parser has seen.
    private static func unit(_ content: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32 {
        guard at + 4 <= content.count else { return 0xFFFD }
        var value: UInt32 = 0
        for byte in content[at..<at + 4] {
            let digit = byte < 0x40 ? byte &- 0x30 : (byte | 0x20) &- 0x57
            value = value << 4 | UInt32(digit & 15)
        }
        return value
    }

    private static func write(_ scalar: UInt32, _ out: UnsafeMutableBufferPointer<UInt8>, _ at: Int) -> Int {
        switch scalar {
        case 0..<0x80:
            out[at] = UInt8(truncatingIfNeeded: scalar)
            return at + 1
        case 0x80..<0x800:
            out[at] = 0xC0 | UInt8(truncatingIfNeeded: scalar >> 6)
            out[at + 1] = 0x80 | UInt8(truncatingIfNeeded: scalar & 63)
            return at + 2
        case 0x800..<0x10000:
            out[at] = 0xE0 | UInt8(truncatingIfNeeded: scalar >> 12)
            out[at + 1] = 0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 63)
            out[at + 2] = 0x80 | UInt8(truncatingIfNeeded: scalar & 63)
            return at + 3
        default:
            out[at] = 0xF0 | UInt8(truncatingIfNeeded: scalar >> 18)
            out[at + 1] = 0x80 | UInt8(truncatingIfNeeded: scalar >> 12 & 63)
            out[at + 2] = 0x80 | UInt8(truncatingIfNeeded: scalar >> 6 & 63)
            out[at + 3] = 0x80 | UInt8(truncatingIfNeeded: scalar & 63)
            return at + 4
        }
    }
}
