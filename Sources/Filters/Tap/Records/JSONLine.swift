import NIOCore

/// Writes a JSON document on one line, byte by byte: records are many, and mostly their values are all there is to write.
struct JSONLine {
    private(set) var bytes = ByteBuffer()
    private var needsComma = false

    /// Gives its bytes for others, behind which it goes on: so they are moved, and stay the only ones to refer to their memory.
    mutating func exchange(_ other: inout ByteBuffer) {
        swap(&bytes, &other)
    }

    /// What is done with each byte of a text.
    private static let treatments: [Treatment] = (0..<256).map { byte in
        switch byte {
        case 0x22, 0x5c: .backslash
        case ..<0x20, 0x7f: .code
        // What begins U+0080 to U+009F, U+2028 and U+2029: some read those as the end of a line.
        case 0xc2, 0xe2: .look
        default: .plain
        }
    }
    private static let hexDigits = Array("0123456789abcdef".utf8)
    /// The two digits of each 12 bits in Base64.
    private static let base64Pairs: [UInt16] = {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return (0..<4096).map { UInt16(digits[$0 >> 6]) << 8 | UInt16(digits[$0 & 63]) }
    }()

    private enum Treatment: UInt8 {
        case plain
        /// It has a short escape: a backslash and itself.
        case backslash
        /// It is written as a code, or has a short escape.
        case code
        /// It may begin a character that is written as a code.
        case look
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

    /// A part of a document that ends with the name of a member, whatever is open before it.
    mutating func fragment(_ json: ByteBuffer) {
        bytes.writeImmutableBuffer(json)
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
        bytes.writeDecimal(value)
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
        var index = 0
        while index < text.count {
            // A piece at a time, with room for the longest that may become of it.
            let end = min(text.count, index + Self.piece)
            bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: (end - index) * Self.longestEscape) { target in
                Self.escape(text, &index, to: end, target)
            }
        }
        bytes.writeInteger(UInt8(ascii: "\""))
    }

    /// Bytes in Base64 (RFC 4648).
    mutating func base64(_ data: UnsafeRawBufferPointer) {
        separate()
        let size = (data.count + 2) / 3 * 4
        bytes.writeInteger(UInt8(ascii: "\""))
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { target in
            Self.base64Pairs.withUnsafeBufferPointer { pairs in
                var place = 0
                func write(_ bits: UInt32) {
                    target.storeBytes(of: pairs[Int(bits >> 12 & 4095)].bigEndian, toByteOffset: place, as: UInt16.self)
                    target.storeBytes(of: pairs[Int(bits & 4095)].bigEndian, toByteOffset: place + 2, as: UInt16.self)
                    place += 4
                }
                var start = 0
                // Four bytes are read, of which three are meant.
                while start + 4 <= data.count {
                    write(UInt32(bigEndian: data.loadUnaligned(fromByteOffset: start, as: UInt32.self)) >> 8)
                    start += 3
                }
                while start < data.count {
                    let count = min(3, data.count - start)
                    var bits: UInt32 = 0
                    for offset in 0..<count { bits |= UInt32(data[start + offset]) << UInt32(16 - 8 * offset) }
                    write(bits)
                    for padding in 0..<3 - count { target[place - 1 - padding] = UInt8(ascii: "=") }
                    start += 3
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

    /// How many bytes of a text are written at once.
    private static let piece = 4096
    /// The most bytes that one byte becomes.
    private static let longestEscape = 6

    /// Writes text up to a place, or a little behind it.
    ///
    /// - Returns: how many bytes were written.
    private static func escape(
        _ text: UnsafeRawBufferPointer, _ index: inout Int, to end: Int, _ target: UnsafeMutableRawBufferPointer
    ) -> Int {
        treatments.withUnsafeBufferPointer { treatments in
            var place = 0
            func write(_ byte: UInt8) {
                target[place] = byte
                place += 1
            }
            func write(code: UInt8) {
                let digits = (hexDigits[Int(code >> 4)], hexDigits[Int(code & 15)])
                write(UInt8(ascii: "\\"))
                write(UInt8(ascii: "u"))
                write(UInt8(ascii: "0"))
                write(UInt8(ascii: "0"))
                write(digits.0)
                write(digits.1)
            }
            while index < end {
                let byte = text[index]
                index += 1
                switch treatments[Int(byte)] {
                case .plain: write(byte)
                case .backslash:
                    write(UInt8(ascii: "\\"))
                    write(byte)
                case .code:
                    guard let letter = shortEscape(byte) else {
                        write(code: byte)
                        continue
                    }
                    write(UInt8(ascii: "\\"))
                    write(letter)
                case .look:
                    if byte == 0xc2, index < text.count, text[index] < 0xa0 {
                        // It takes no more room than its two bytes may.
                        write(code: text[index])
                        index += 1
                    } else if byte == 0xe2, index + 1 < text.count, text[index] == 0x80,
                        text[index + 1] == 0xa8 || text[index + 1] == 0xa9
                    {
                        for letter in "\\u202".utf8 { write(letter) }
                        write(text[index + 1] == 0xa8 ? UInt8(ascii: "8") : UInt8(ascii: "9"))
                        index += 2
                    } else {
                        write(byte)
                    }
                }
            }
            return place
        }
    }

    private static func shortEscape(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x0a: UInt8(ascii: "n")
        case 0x0d: UInt8(ascii: "r")
        case 0x09: UInt8(ascii: "t")
        default: nil
        }
    }
}
