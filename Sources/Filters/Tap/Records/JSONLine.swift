import NIOCore

/// Writes a JSON document on one line, byte by byte: records are many, and mostly their values are all there is to write.
struct JSONLine {
    private(set) var bytes = ByteBuffer()
    private var needsComma = false

    /// True for bytes that are not written as they are, or may begin such a character.
    private static let isSpecial: [Bool] = (0..<256).map { byte in
        // Quotes, backslashes, control characters, and what begins U+0080 to U+009F, U+2028 and U+2029: some read those as
        // the end of a line.
        byte < 0x20 || byte == 0x22 || byte == 0x5c || byte == 0x7f || byte == 0xc2 || byte == 0xe2
    }
    private static let digits = Array("0123456789abcdef".utf8)
    private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    // MARK: - Structure

    mutating func begin(_ bracket: Unicode.Scalar = "{") {
        separate()
        bytes.writeInteger(UInt8(ascii: bracket))
        needsComma = false
    }

    mutating func end(_ bracket: Unicode.Scalar = "}") {
        bytes.writeInteger(UInt8(ascii: bracket))
        needsComma = true
    }

    /// The name of the member whose value is written next, in quotes and with its colon; with a comma before it, unless the
    /// member is the first one.
    mutating func name(_ name: StaticString) {
        bytes.writeStaticString(name)
        needsComma = false
    }

    /// JSON that is there already.
    mutating func raw(_ json: String) {
        separate()
        bytes.writeString(json)
    }

    // MARK: - Values

    mutating func null() {
        separate()
        bytes.writeStaticString("null")
    }

    mutating func integer(_ value: Int64?) {
        guard let value else { return null() }
        separate()
        bytes.writeString(String(value))
    }

    mutating func string(_ text: String?) {
        guard var text else { return null() }
        text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    /// Text.
    ///
    /// - Parameter text: valid UTF-8.
    mutating func string(_ text: UnsafeRawBufferPointer) {
        separate()
        bytes.writeInteger(UInt8(ascii: "\""))
        var start = 0
        var index = 0
        while index < text.count {
            guard Self.isSpecial[Int(text[index])], let length = Self.escapedLength(text, index) else {
                index += 1
                continue
            }
            bytes.writeBytes(UnsafeRawBufferPointer(rebasing: text[start..<index]))
            escape(text, index, length)
            index += length
            start = index
        }
        bytes.writeBytes(UnsafeRawBufferPointer(rebasing: text[start...]))
        bytes.writeInteger(UInt8(ascii: "\""))
    }

    /// Bytes in Base64 (RFC 4648).
    mutating func base64(_ data: UnsafeRawBufferPointer) {
        separate()
        let size = (data.count + 2) / 3 * 4
        bytes.writeInteger(UInt8(ascii: "\""))
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { target in
            Self.base64Digits.withUnsafeBufferPointer { digits in
                var place = 0
                for start in stride(from: 0, to: data.count, by: 3) {
                    let count = min(3, data.count - start)
                    var group = UInt32(data[start]) << 16
                    if count > 1 { group |= UInt32(data[start + 1]) << 8 }
                    if count > 2 { group |= UInt32(data[start + 2]) }
                    for digit in 0..<4 {
                        target[place] =
                            digit <= count
                            ? digits[Int(group >> UInt32(18 - 6 * digit) & 63)] : UInt8(ascii: "=")
                        place += 1
                    }
                }
            }
            return size
        }
        bytes.writeInteger(UInt8(ascii: "\""))
    }

    private mutating func separate() {
        if needsComma { bytes.writeInteger(UInt8(ascii: ",")) }
        needsComma = true
    }

    // MARK: - Characters

    /// How many bytes the character at a place has that is to be escaped; nil if it is not.
    private static func escapedLength(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        switch text[index] {
        case 0xc2:
            guard index + 1 < text.count else { return nil }
            return text[index + 1] < 0xa0 ? 2 : nil
        case 0xe2:
            guard index + 2 < text.count, text[index + 1] == 0x80 else { return nil }
            return text[index + 2] == 0xa8 || text[index + 2] == 0xa9 ? 3 : nil
        default: return 1
        }
    }

    private mutating func escape(_ text: UnsafeRawBufferPointer, _ index: Int, _ length: Int) {
        switch (text[index], length) {
        case (0x22, _): bytes.writeStaticString("\\\"")
        case (0x5c, _): bytes.writeStaticString("\\\\")
        case (0x0a, _): bytes.writeStaticString("\\n")
        case (0x0d, _): bytes.writeStaticString("\\r")
        case (0x09, _): bytes.writeStaticString("\\t")
        case (_, 3):
            bytes.writeStaticString("\\u202")
            bytes.writeInteger(text[index + 2] == 0xa8 ? UInt8(ascii: "8") : UInt8(ascii: "9"))
        default:
            let scalar = length == 2 ? text[index + 1] : text[index]
            bytes.writeStaticString("\\u00")
            bytes.writeInteger(Self.digits[Int(scalar >> 4)])
            bytes.writeInteger(Self.digits[Int(scalar & 15)])
        }
    }
}
