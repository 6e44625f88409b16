extension WireReader {
    /// For how many elements an array reserves memory before they are read.
    ///
    /// An element may take many times more memory than bytes on the wire, so longer arrays grow as they are read: what is
    /// allocated follows what is there, not what a count says.
    public static var reservedElements: Int {
        @inlinable get { 1024 }
    }

    /// Reads the element count of an array that is not null.
    ///
    /// - Parameters:
    ///   - compact: whether the version is flexible: an unsigned varint of count + 1 instead of an int32.
    ///   - minimumElementSize: how many bytes an element has at least; the count is checked against what is left.
    /// - Returns: the count, ≥ 0.
    /// - Throws: `unexpectedNull`, `negativeLength`, `countTooLarge`, `truncated`, `varintTooLong`.
    @inlinable
    @inline(__always)
    public mutating func readArrayCount(compact: Bool, minimumElementSize: Int) throws(WireError) -> Int {
        try readNullableArrayCount(compact: compact, minimumElementSize: minimumElementSize, allowed: false)
    }

    /// Reads the element count of an array that may be null.
    ///
    /// - Parameters:
    ///   - compact: whether the version is flexible: an unsigned varint of count + 1 instead of an int32.
    ///   - minimumElementSize: how many bytes an element has at least; the count is checked against what is left.
    ///   - allowed: whether the version allows null.
    /// - Returns: the count, −1 for null.
    /// - Throws: `unexpectedNull`, `negativeLength`, `countTooLarge`, `truncated`, `varintTooLong`.
    @inlinable
    @inline(__always)
    public mutating func readNullableArrayCount(
        compact: Bool,
        minimumElementSize: Int,
        allowed: Bool
    ) throws(WireError) -> Int {
        let start = offset
        let count: Int
        if compact {
            count = Int(try readUnsignedVarint()) &- 1
        } else {
            count = Int(try readInt32())
        }
        if count < 0 {
            if count == -1, allowed { return -1 }
            throw badCount(count, at: start)
        }
        // Neither factor has more than 32 bits.
        guard count &* minimumElementSize <= remaining else { throw tooMany(count, at: start, minimumElementSize) }
        return count
    }

    /// Reads the marker before a structure that may be null.
    ///
    /// - Returns: whether there is one.
    @inlinable
    public mutating func readPresence() throws(WireError) -> Bool {
        let start = offset
        let marker = try readInt8()
        guard marker == 1 || marker == -1 else {
            throw WireError(.invalidMarker, at: start, actual: Int(marker), field: "structure marker")
        }
        return marker == 1
    }

    /// Reads `count` int32s; the count comes from `readArrayCount`.
    public mutating func readInt32s(_ count: Int) throws(WireError) -> [Int32] {
        guard count > 0 else { return [] }
        let (size, overflow) = count.multipliedReportingOverflow(by: 4)
        guard !overflow, size <= remaining else { throw truncated(size, "int32 array") }
        var values: [Int32] = []
        values.reserveCapacity(count)
        for index in 0..<count {
            let value = unsafe bytes.unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset &+ index &* 4, as: Int32.self)
            values.append(Int32(bigEndian: value))
        }
        offset &+= size
        return values
    }

    @usableFromInline
    @inline(never)
    func badCount(_ count: Int, at start: Int) -> WireError {
        WireError(count == -1 ? .unexpectedNull : .negativeLength, at: start, actual: count, field: "array count")
    }

    @usableFromInline
    @inline(never)
    func tooMany(_ count: Int, at start: Int, _ minimumElementSize: Int) -> WireError {
        WireError(
            .countTooLarge, at: start, expected: remaining / max(minimumElementSize, 1), actual: count,
            field: "array count")
    }
}
