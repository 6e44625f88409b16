import NIOCore

extension ByteBuffer {
    /// Writes a number in decimal digits.
    mutating func writeDecimal(_ value: Int64) {
        if value < 0 { writeInteger(UInt8(ascii: "-")) }
        var magnitude = value.magnitude
        let count = Self.digits(of: magnitude)
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            for place in stride(from: count - 1, through: 0, by: -1) {
                target[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
                magnitude /= 10
            }
            return count
        }
    }

    /// Writes a number as records have it: a zig-zag varint.
    mutating func writeVarint(_ value: Int) {
        var rest = UInt64(bitPattern: Int64(value << 1 ^ value >> 63))
        while rest >= 0x80 {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    /// How many decimal digits a number has.
    static func digits(of magnitude: UInt64) -> Int {
        var count = 1
        var bound: UInt64 = 10
        while magnitude >= bound, count < 20 {
            count += 1
            let (product, isTooLarge) = bound.multipliedReportingOverflow(by: 10)
            if isTooLarge { return count }
            bound = product
        }
        return count
    }
}
