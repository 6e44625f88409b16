extension WireWriter {
    /// Writes a big-endian integer of a fixed width.
    @inlinable
    @inline(__always)
    mutating func writeFixedWidth<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer) {
        reserve(MemoryLayout<Integer>.size)
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: used, as: Integer.self)
        used &+= MemoryLayout<Integer>.size
    }

    /// Writes an int8.
    @inlinable
    @inline(__always)
    public mutating func writeInt8(_ value: Int8) { writeFixedWidth(value) }

    /// Writes an int16.
    @inlinable
    @inline(__always)
    public mutating func writeInt16(_ value: Int16) { writeFixedWidth(value) }

    /// Writes an unsigned int16.
    @inlinable
    @inline(__always)
    public mutating func writeUInt16(_ value: UInt16) { writeFixedWidth(value) }

    /// Writes an int32.
    @inlinable
    @inline(__always)
    public mutating func writeInt32(_ value: Int32) { writeFixedWidth(value) }

    /// Writes an unsigned int32.
    @inlinable
    @inline(__always)
    public mutating func writeUInt32(_ value: UInt32) { writeFixedWidth(value) }

    /// Writes an int64.
    @inlinable
    @inline(__always)
    public mutating func writeInt64(_ value: Int64) { writeFixedWidth(value) }

    /// Writes a float64.
    @inlinable
    @inline(__always)
    public mutating func writeFloat64(_ value: Double) { writeFixedWidth(value.bitPattern) }

    /// Writes a bool: 0 or 1.
    @inlinable
    @inline(__always)
    public mutating func writeBool(_ value: Bool) { writeFixedWidth(value ? 1 as UInt8 : 0) }

    /// Writes a UUID: 16 bytes.
    @inlinable
    @inline(__always)
    public mutating func writeUUID(_ value: KafkaUUID) {
        reserve(16)
        unsafe base.storeBytes(of: value.high.bigEndian, toByteOffset: used, as: UInt64.self)
        unsafe base.storeBytes(of: value.low.bigEndian, toByteOffset: used &+ 8, as: UInt64.self)
        used &+= 16
    }

    /// Writes an error code: an int16.
    @inlinable
    @inline(__always)
    public mutating func writeErrorCode(_ value: ErrorCode) { writeFixedWidth(value.rawValue) }

    /// Writes an unsigned varint: 1 to 5 bytes.
    @inlinable
    @inline(__always)
    public mutating func writeUnsignedVarint(_ value: UInt32) {
        if value < 0x80 {
            writeFixedWidth(UInt8(truncatingIfNeeded: value))
        } else {
            writeLongVarint(UInt64(value))
        }
    }

    /// Writes a zig-zag varint: 1 to 5 bytes.
    @inlinable
    public mutating func writeVarint(_ value: Int32) {
        writeUnsignedVarint(UInt32(bitPattern: (value << 1) ^ (value >> 31)))
    }

    /// Writes a zig-zag varlong: 1 to 10 bytes.
    @inlinable
    public mutating func writeVarlong(_ value: Int64) {
        writeLongVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    @usableFromInline
    @inline(never)
    mutating func writeLongVarint(_ value: UInt64) {
        reserve(10)
        var rest = value
        while rest >= 0x80 {
            unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: used, as: UInt8.self)
            used &+= 1
            rest >>= 7
        }
        unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: used, as: UInt8.self)
        used &+= 1
    }
}
