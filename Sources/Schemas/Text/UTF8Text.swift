/// Tells UTF-8 (RFC 3629) from what is not: no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Text {
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// True if the bytes are UTF-8.
    ///
    /// - Parameters:
    ///   - start: The first byte.
    ///   - count: How many bytes there are, not negative.
    // Safety: reads `start[..<count]` only, which the caller has checked to be there.
    @inline(__always)
    static func isValid(_ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        if count >= 8 {
            var position = 0
            let raw = UnsafeRawPointer(start)
            while position &+ 16 <= count {
                let words =
                    raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                    | raw.loadUnaligned(fromByteOffset: position &+ 8, as: UInt64.self)
                guard words & highBits == 0 else { return isValidText(start, count, from: position) }
                position &+= 16
            }
            if position &+ 8 <= count {
                guard raw.loadUnaligned(fromByteOffset: position, as: UInt64.self) & highBits == 0 else {
                    return isValidText(start, count, from: position)
                }
            }
            // The last eight overlap with what is seen to be ASCII.
            if raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self) & highBits == 0 { return true }
            return isValidText(start, count, from: position)
        }
        var bits: UInt8 = 0
        var position = 0
        while position < count {
            bits |= start[position]
            position &+= 1
        }
        return bits < 0x80 || isValidText(start, count, from: 0)
    }

    /// True if the bytes from `first` on, where a character begins, are UTF-8.
    // Safety: each read is behind a comparison of its position with `count`.
    @inline(never)
    private static func isValidText(_ start: UnsafePointer<UInt8>, _ count: Int, from first: Int) -> Bool {
        let raw = UnsafeRawPointer(start)
        var position = first
        while position < count {
            let lead = start[position]
            if lead < 0x80 {
                position &+= 1
                while position &+ 8 <= count,
                    raw.loadUnaligned(fromByteOffset: position, as: UInt64.self) & highBits == 0
                {
                    position &+= 8
                }
                continue
            }
            if lead < 0xE0 {
                guard lead >= 0xC2, position &+ 1 < count, isContinuation(start[position &+ 1]) else { return false }
                position &+= 2
            } else if lead < 0xF0 {
                guard position &+ 2 < count else { return false }
                let second = start[position &+ 1]
                guard isContinuation(second), isContinuation(start[position &+ 2]) else { return false }
                if lead == 0xE0 && second < 0xA0 || lead == 0xED && second > 0x9F { return false }
                position &+= 3
            } else {
                guard lead < 0xF5, position &+ 3 < count else { return false }
                let second = start[position &+ 1]
                guard isContinuation(second), isContinuation(start[position &+ 2]),
                    isContinuation(start[position &+ 3])
                else { return false }
                if lead == 0xF0 && second < 0x90 || lead == 0xF4 && second > 0x8F { return false }
                position &+= 4
            }
        }
        return true
    }

    @inline(__always)
    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
