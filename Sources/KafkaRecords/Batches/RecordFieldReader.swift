/// Reads the fields of records; each is checked against what is left.
struct RecordFieldReader: ~Escapable {
    let bytes: RawSpan
    private(set) var offset = 0
    private var end: Int

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
        end = bytes.byteCount
    }

    @inline(__always)
    var remaining: Int { end &- offset }

    /// Makes the bytes end earlier.
    ///
    /// - Parameter newEnd: at or after the offset, at or before the end.
    /// - Returns: where they ended.
    @inline(__always)
    mutating func narrow(to newEnd: Int) -> Int {
        let old = end
        end = newEnd
        return old
    }

    /// Makes the bytes end where they did before ``narrow(to:)``, and goes on at an offset.
    @inline(__always)
    mutating func widen(to oldEnd: Int, at offset: Int) {
        end = oldEnd
        self.offset = offset
    }

    /// Goes to an offset that is within the bytes.
    @inline(__always)
    mutating func skip(to offset: Int) {
        self.offset = offset
    }

    @inline(__always)
    mutating func readInt8() throws(RecordsError) -> Int8 {
        guard remaining >= 1 else { throw truncated(1, "attributes") }
        let value = Int8(bitPattern: bytes.byte(at: offset))
        offset &+= 1
        return value
    }

    @inline(__always)
    mutating func readVarint(_ field: StaticString) throws(RecordsError) -> Int {
        if offset < end {
            let byte = bytes.byte(at: offset)
            if byte < 0x80 {
                offset &+= 1
                return Int(byte >> 1) ^ -Int(byte & 1)
            }
        }
        let value = UInt32(truncatingIfNeeded: try readLongVarint(bits: 32, field))
        return Int(Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1))
    }

    @inline(__always)
    mutating func readVarlong(_ field: StaticString) throws(RecordsError) -> Int64 {
        let value = try readLongVarint(bits: 64, field)
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Reads a length and steps over what it counts.
    @inline(__always)
    mutating func readRange(_ field: StaticString) throws(RecordsError) -> RecordRange {
        let start = offset
        let length = try readVarint(field)
        guard length >= -1 else {
            throw RecordsError(.negativeLength, at: start, expected: -1, actual: length, field: field)
        }
        guard length <= remaining else { throw tooLong(length, at: start, field) }
        let range = RecordRange(offset: offset, length: length)
        offset = range.end
        return range
    }

    /// Reads a count of things that take at least some bytes each.
    @inline(__always)
    mutating func readCount(_ field: StaticString, smallest: Int) throws(RecordsError) -> Int {
        let start = offset
        let count = try readVarint(field)
        guard count >= 0 else { throw RecordsError(.negativeLength, at: start, actual: count, field: field) }
        guard count <= remaining / smallest else {
            throw RecordsError(.countTooLarge, at: start, expected: remaining / smallest, actual: count, field: field)
        }
        return count
    }

    @inline(never)
    private mutating func readLongVarint(bits: Int, _ field: StaticString) throws(RecordsError) -> UInt64 {
        var value: UInt64 = 0
        var shift = 0
        var position = offset
        while true {
            guard position < end else { throw truncated(position &- offset &+ 1, field) }
            let byte = UInt64(bytes.byte(at: position))
            let part = byte & 0x7F
            // The last byte may only carry the bits that are left: 4 of 32, 1 of 64.
            guard shift < bits, bits &- shift >= 7 || part >> UInt64(bits &- shift) == 0 else {
                throw RecordsError(.varintTooLong, at: offset, expected: bits, field: field)
            }
            value |= part << UInt64(shift)
            position &+= 1
            if byte < 0x80 { break }
            shift &+= 7
        }
        offset = position
        return value
    }

    @inline(never)
    private func truncated(_ needed: Int, _ field: StaticString) -> RecordsError {
        RecordsError(.truncated, at: offset, expected: needed, actual: remaining, field: field)
    }

    @inline(never)
    private func tooLong(_ length: Int, at start: Int, _ field: StaticString) -> RecordsError {
        RecordsError(.lengthTooLarge, at: start, expected: remaining, actual: length, field: field)
    }
}
