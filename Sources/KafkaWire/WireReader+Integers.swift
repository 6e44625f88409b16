extension WireReader {
    /// Reads a big-endian integer of a fixed width.
    @inlinable
    @inline(__always)
    mutating func readFixedWidth<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ field: StaticString
    ) throws(WireError) -> Integer {
        let size = MemoryLayout<Integer>.size
        guard bytes.byteCount &- offset >= size else { throw truncated(size, field) }
        let value = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Integer.self)
        offset &+= size
        return Integer(bigEndian: value)
    }

    /// Reads an int8.
    @inlinable
    @inline(__always)
    public mutating func readInt8() throws(WireError) -> Int8 { try readFixedWidth("int8") }

    /// Reads an int16.
    @inlinable
    @inline(__always)
    public mutating func readInt16() throws(WireError) -> Int16 { try readFixedWidth("int16") }

    /// Reads an unsigned int16.
    @inlinable
    @inline(__always)
    public mutating func readUInt16() throws(WireError) -> UInt16 { try readFixedWidth("uint16") }

    /// Reads an int32.
    @inlinable
    @inline(__always)
    public mutating func readInt32() throws(WireError) -> Int32 { try readFixedWidth("int32") }

    /// Reads an unsigned int32.
    @inlinable
    @inline(__always)
    public mutating func readUInt32() throws(WireError) -> UInt32 { try readFixedWidth("uint32") }

    /// Reads an int64.
    @inlinable
    @inline(__always)
    public mutating func readInt64() throws(WireError) -> Int64 { try readFixedWidth("int64") }

    /// Reads a float64.
    @inlinable
    @inline(__always)
    public mutating func readFloat64() throws(WireError) -> Double {
        Double(bitPattern: try readFixedWidth("float64"))
    }

    /// Reads a bool: any byte but 0 is true, as in Kafka.
    @inlinable
    @inline(__always)
    public mutating func readBool() throws(WireError) -> Bool {
        let byte: UInt8 = try readFixedWidth("bool")
        return byte != 0
    }

    /// Reads a UUID: 16 bytes.
    @inlinable
    @inline(__always)
    public mutating func readUUID() throws(WireError) -> KafkaUUID {
        guard bytes.byteCount &- offset >= 16 else { throw truncated(16, "uuid") }
        let high = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
        let low = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset &+ 8, as: UInt64.self)
        offset &+= 16
        return KafkaUUID(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }

    /// Reads an error code: an int16.
    @inlinable
    @inline(__always)
    public mutating func readErrorCode() throws(WireError) -> ErrorCode {
        ErrorCode(rawValue: try readFixedWidth("error code"))
    }

    /// Reads an unsigned varint: at most 5 bytes, 32 bits.
    ///
    /// - Throws: `varintTooLong` if there are more, `truncated`.
    @inlinable
    @inline(__always)
    public mutating func readUnsignedVarint() throws(WireError) -> UInt32 {
        if offset < bytes.byteCount {
            let byte = unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            if byte < 0x80 {
                offset &+= 1
                return UInt32(byte)
            }
        }
        return UInt32(truncatingIfNeeded: try readLongVarint(bits: 32))
    }

    /// Reads a zig-zag varint: at most 5 bytes, 32 bits.
    ///
    /// - Throws: `varintTooLong` if there are more, `truncated`.
    @inlinable
    public mutating func readVarint() throws(WireError) -> Int32 {
        let value = try readUnsignedVarint()
        return Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
    }

    /// Reads a zig-zag varlong: at most 10 bytes, 64 bits.
    ///
    /// - Throws: `varintTooLong` if there are more, `truncated`.
    @inlinable
    public mutating func readVarlong() throws(WireError) -> Int64 {
        let value = try readLongVarint(bits: 64)
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Reads an unsigned varint of any length; `bits` is 32 or 64.
    @usableFromInline
    @inline(never)
    mutating func readLongVarint(bits: Int) throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift = 0
        var position = offset
        while true {
            guard position < bytes.byteCount else { throw truncated(position &- offset &+ 1, "varint") }
            let byte = UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self))
            let part = byte & 0x7F
            // The last byte may only carry the bits that are left: 4 of 32, 1 of 64.
            guard shift < bits, bits &- shift >= 7 || part >> UInt64(bits &- shift) == 0 else {
                throw WireError(.varintTooLong, at: offset, expected: bits, field: "varint")
            }
            value |= part << UInt64(shift)
            position &+= 1
            if byte < 0x80 { break }
            shift &+= 7
        }
        offset = position
        return value
    }
}
