public import NIOCore

extension WireReader {
    /// Reads the length before a string: an int16, or an unsigned varint of length + 1 where the version is flexible.
    ///
    /// - Returns: −1 for null.
    @inlinable
    @inline(__always)
    public mutating func readStringLength(compact: Bool) throws(WireError) -> Int {
        let start = offset
        let length: Int
        if compact {
            length = Int(try readUnsignedVarint()) &- 1
        } else {
            length = Int(try readInt16())
            if length < -1 { throw WireError(.negativeLength, at: start, actual: length, field: "string length") }
        }
        guard length <= remaining else { throw tooLong(length, at: start, "string length") }
        return length
    }

    /// Reads the length before bytes or records: an int32, or an unsigned varint of length + 1 where the version is
    /// flexible.
    ///
    /// - Returns: −1 for null.
    @inlinable
    @inline(__always)
    public mutating func readBytesLength(compact: Bool) throws(WireError) -> Int {
        let start = offset
        let length: Int
        if compact {
            length = Int(try readUnsignedVarint()) &- 1
        } else {
            length = Int(try readInt32())
            if length < -1 { throw WireError(.negativeLength, at: start, actual: length, field: "bytes length") }
        }
        guard length <= remaining else { throw tooLong(length, at: start, "bytes length") }
        return length
    }

    /// Reads a string that is not null.
    public mutating func readString(compact: Bool) throws(WireError) -> String {
        let start = offset
        let length = try readStringLength(compact: compact)
        guard length >= 0 else { throw WireError(.unexpectedNull, at: start, field: "string") }
        return try readCharacters(length)
    }

    /// Reads a string that may be null.
    public mutating func readNullableString(compact: Bool) throws(WireError) -> String? {
        let length = try readStringLength(compact: compact)
        guard length >= 0 else { return nil }
        return try readCharacters(length)
    }

    /// Reads bytes, or records, that are not null, as a slice.
    public mutating func readBytes(compact: Bool) throws(WireError) -> ByteBuffer {
        let start = offset
        let length = try readBytesLength(compact: compact)
        guard length >= 0 else { throw WireError(.unexpectedNull, at: start, field: "bytes") }
        return try readSlice(length)
    }

    /// Reads bytes, or records, that may be null, as a slice.
    public mutating func readNullableBytes(compact: Bool) throws(WireError) -> ByteBuffer? {
        let length = try readBytesLength(compact: compact)
        guard length >= 0 else { return nil }
        return try readSlice(length)
    }

    /// Takes the next bytes as a slice of the buffer.
    ///
    /// - Throws: `truncated` if fewer are left, `negativeLength`.
    @inlinable
    public mutating func readSlice(_ length: Int) throws(WireError) -> ByteBuffer {
        guard length >= 0 else { throw WireError(.negativeLength, at: offset, actual: length, field: "slice") }
        guard length <= remaining, let slice = buffer.getSlice(at: buffer.readerIndex &+ offset, length: length) else {
            throw truncated(length, "slice")
        }
        offset &+= length
        return slice
    }

    /// Reads UTF-8; the length has been checked.
    @inline(__always)
    private mutating func readCharacters(_ length: Int) throws(WireError) -> String {
        let characters = Span<UInt8>(_bytes: bytes.extracting(offset..<offset &+ length))
        do {
            let text = String(copying: try UTF8Span(validating: characters))
            offset &+= length
            return text
        } catch {
            throw WireError(.invalidUTF8, at: offset, actual: length, field: "string")
        }
    }

    @usableFromInline
    @inline(never)
    func tooLong(_ length: Int, at start: Int, _ field: StaticString) -> WireError {
        WireError(.lengthTooLarge, at: start, expected: remaining, actual: length, field: field)
    }
}
