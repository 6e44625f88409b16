/// A place in bytes that are read once, forward.
// Safety: `base` is good for `end` bytes while a validator's call lasts, and nothing keeps a cursor longer. Each read is
// behind a comparison of its place with `end`; `position` never passes `end`.
struct ByteCursor {
    let base: UnsafePointer<UInt8>
    var end: Int
    var position = 0

    @inline(__always)
    init(_ base: UnsafePointer<UInt8>, count: Int) {
        self.base = base
        end = count
    }

    @inline(__always) var remaining: Int { end &- position }

    /// Reads a varint of at most ten bytes and 64 bits; false, at the same place, if there is none.
    @inline(__always)
    mutating func varint(_ value: inout UInt64) -> Bool {
        guard position < end else { return false }
        let first = base[position]
        if first < 0x80 {
            position &+= 1
            value = UInt64(first)
            return true
        }
        if position &+ 1 < end {
            let second = base[position &+ 1]
            if second < 0x80 {
                position &+= 2
                value = UInt64(first & 0x7F) | UInt64(second) &<< 7
                return true
            }
        }
        return longVarint(&value)
    }

    @inline(never)
    private mutating func longVarint(_ value: inout UInt64) -> Bool {
        var bits: UInt64 = 0
        var shift: UInt64 = 0
        var place = position
        while place < end {
            let byte = base[place]
            place &+= 1
            bits |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 {
                // The tenth byte has room for one bit.
                guard shift < 63 || byte <= 1 else { return false }
                position = place
                value = bits
                return true
            }
            shift &+= 7
            guard shift < 70 else { return false }
        }
        return false
    }

    /// Reads a zigzag varint of 64 bits; false, at the same place, if there is none.
    @inline(__always)
    mutating func zigzag(_ value: inout Int64) -> Bool {
        var bits: UInt64 = 0
        guard varint(&bits) else { return false }
        value = Int64(bitPattern: bits &>> 1) ^ (0 &- Int64(bitPattern: bits & 1))
        return true
    }

    /// Steps over `count` bytes; false, at the same place, if there are not so many. `count` is not negative.
    @inline(__always)
    mutating func skip(_ count: Int) -> Bool {
        guard count <= end &- position else { return false }
        position &+= count
        return true
    }

    /// True if a varint at the place is cut off by the end, not longer than it may be.
    @inline(never)
    func isCutOff() -> Bool {
        end &- position < 10 && (position..<end).allSatisfy { base[$0] >= 0x80 }
    }
}
