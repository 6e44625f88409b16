/// Writes one line into memory that is already there.
///
/// Nothing is ever written past the end: what has no room is left out and noted, and the line is written again into a
/// larger place.
struct LineCursor {
    /// Longer values are cut, and end in `…`: clients choose them, and a line is not to be as long as they like.
    static let mostValueBytes = 256

    private let start: UnsafeMutableRawPointer
    private let end: UnsafeMutableRawPointer
    private var next: UnsafeMutableRawPointer
    /// True if something had no room.
    private(set) var hasOverflowed = false

    init?(_ memory: UnsafeMutableRawBufferPointer) {
        guard let start = memory.baseAddress else { return nil }
        self.start = start
        self.next = start
        self.end = start + memory.count
    }

    /// How many bytes were written.
    var count: Int { next - start }

    @inline(__always)
    private mutating func hasRoom(for count: Int) -> Bool {
        if end - next >= count { return true }
        hasOverflowed = true
        return false
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        next.storeBytes(of: byte, as: UInt8.self)
        next += 1
    }

    /// One byte.
    @inline(__always)
    mutating func write(byte: UInt8) {
        guard hasRoom(for: 1) else { return }
        put(byte)
    }

    /// Bytes as they are.
    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, hasRoom(for: bytes.count) else { return }
        next.copyMemory(from: source, byteCount: bytes.count)
        next += bytes.count
    }

    /// Text of ours, as it is.
    @inline(__always)
    mutating func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// A whole number.
    mutating func write(_ value: Int) {
        if value < 0 { write(byte: UInt8(ascii: "-")) }
        let value = value.magnitude
        var digits = 1
        var bound: UInt = 10
        while value >= bound {
            digits += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        write(value, digits: digits)
    }

    /// The last digits of a number, with zeros before it.
    @inline(__always)
    mutating func write(_ value: UInt, digits: Int) {
        guard hasRoom(for: digits) else { return }
        var value = value
        var position = digits
        while position > 0 {
            position -= 1
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            next.storeBytes(
                of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: remainder), toByteOffset: position, as: UInt8.self)
            value = quotient
        }
        next += digits
    }

    // MARK: - Text that others chose

    /// Text with everything escaped, as in a JSON string, that would end the string or the line, or that a terminal
    /// would obey.
    mutating func writeEscaped(_ text: String) {
        var text = text
        text.withUTF8 { writeEscaped(UnsafeRawBufferPointer($0)) }
    }

    private mutating func writeEscaped(_ bytes: UnsafeRawBufferPointer) {
        var count = bytes.count
        let isCut = count > Self.mostValueBytes
        if isCut {
            count = Self.mostValueBytes - 3
            while count > 0, bytes[count] & 0xC0 == 0x80 { count -= 1 }
        }
        // Every byte may become six.
        guard hasRoom(for: count * 6 + 3) else { return }
        var position = 0
        while position + 8 <= count {
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            guard Self.isPlain(word) else { break }
            next.storeBytes(of: word, as: UInt64.self)
            next += 8
            position += 8
        }
        while position < count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                put(UInt8(ascii: "\\"))
                put(byte)
            case UInt8(ascii: "\n"):
                put(UInt8(ascii: "\\"))
                put(UInt8(ascii: "n"))
            case UInt8(ascii: "\r"):
                put(UInt8(ascii: "\\"))
                put(UInt8(ascii: "r"))
            case UInt8(ascii: "\t"):
                put(UInt8(ascii: "\\"))
                put(UInt8(ascii: "t"))
            case 0..<0x20, 0x7F:
                putEscape(UInt16(byte))
            case 0xC2 where position + 1 < count && (0x80...0x9F).contains(bytes[position + 1]):
                putEscape(UInt16(bytes[position + 1]))
                position += 1
            case 0xE2 where position + 2 < count && bytes[position + 1] == 0x80 && bytes[position + 2] & 0xFE == 0xA8:
                putEscape(0x2028 | UInt16(bytes[position + 2] & 1))
                position += 2
            default:
                put(byte)
            }
            position += 1
        }
        if isCut { write("…") }
    }

    private mutating func putEscape(_ scalar: UInt16) {
        put(UInt8(ascii: "\\"))
        put(UInt8(ascii: "u"))
        for shift: UInt16 in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: scalar >> shift & 0xF)
            put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// True if none of eight bytes needs a closer look: all are printable ASCII, without `"` and `\`.
    @inline(__always)
    private static func isPlain(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let deletes = word ^ (ones &* 0x7F)
        let found =
            word | ((word &- ones &* 0x20) & ~word) | ((quotes &- ones) & ~quotes)
            | ((backslashes &- ones) & ~backslashes) | ((deletes &- ones) & ~deletes)
        return found & highs == 0
    }
}
