/// What Avro's logical types ask of the bytes of their values.
enum AvroLogicalTypes {
    /// True for the text of a UUID (RFC 9562): 32 hexadecimal digits and four hyphens.
    static func isUUID(_ text: some Sequence<UInt8>) -> Bool {
        var place = 0
        for byte in text {
            switch place {
            case 8, 13, 18, 23: guard byte == UInt8(ascii: "-") else { return false }
            default: guard Unicode.Scalar(byte).properties.isASCIIHexDigit else { return false }
            }
            place += 1
        }
        return place == 36
    }

    /// True if a big-endian two's complement number has at most `precision` decimal digits. Of numbers that may have
    /// more than 38 digits only the presence is checked.
    static func isDecimal(_ bytes: UnsafeBufferPointer<UInt8>, precision: Int) -> Bool {
        guard let first = bytes.first else { return false }
        guard precision <= 38 else { return true }
        let sign: UInt8 = first & 0x80 == 0 ? 0 : 0xFF
        let digits = bytes.drop { $0 == sign }
        guard digits.count <= 16 else { return false }
        if digits.count == 16, let lead = digits.first, (lead ^ sign) & 0x80 != 0 { return false }
        var value: Int128 = sign == 0 ? 0 : -1
        for byte in digits { value = value << 8 | Int128(byte) }
        var limit: Int128 = 1
        for _ in 0..<precision { limit *= 10 }
        return value > -limit && value < limit
    }
}
