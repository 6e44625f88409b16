public import NIOCore

extension WireWriter {
    /// Writes a string with its length before it: an int16, or an unsigned varint of length + 1 where the version is
    /// flexible.
    ///
    /// - Throws: `lengthTooLarge` for more than 32,767 bytes, in either form, as Kafka.
    public mutating func writeString(_ value: String, compact: Bool) throws(WireError) {
        let characters = value.utf8
        let length = characters.count
        guard length <= Int(Int16.max) else {
            throw WireError(
                .lengthTooLarge, at: count, expected: Int(Int16.max), actual: length, field: "string length")
        }
        if compact {
            writeUnsignedVarint(UInt32(truncatingIfNeeded: length &+ 1))
        } else {
            writeInt16(Int16(truncatingIfNeeded: length))
        }
        reserve(length)
        let target = unsafe base + used
        let copied: Void? = characters.withContiguousStorageIfAvailable { source in
            guard let start = source.baseAddress else { return }
            unsafe target.copyMemory(from: start, byteCount: length)
        }
        if copied == nil {
            for (index, byte) in characters.enumerated() {
                unsafe target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
            }
        }
        used &+= length
    }

    /// Writes a string that may be null.
    public mutating func writeNullableString(_ value: String?, compact: Bool) throws(WireError) {
        guard let value else {
            if compact { writeUnsignedVarint(0) } else { writeInt16(-1) }
            return
        }
        try writeString(value, compact: compact)
    }

    /// Writes bytes, or records, with their length before them: an int32, or an unsigned varint of length + 1 where
    /// the version is flexible.
    ///
    /// - Throws: `lengthTooLarge` from 2 GiB on.
    public mutating func writeBytes(_ value: ByteBuffer, compact: Bool) throws(WireError) {
        let length = value.readableBytes
        guard length < Int(Int32.max) else {
            throw WireError(
                .lengthTooLarge, at: count, expected: Int(Int32.max), actual: length, field: "bytes length")
        }
        if compact {
            writeUnsignedVarint(UInt32(truncatingIfNeeded: length &+ 1))
        } else {
            writeInt32(Int32(truncatingIfNeeded: length))
        }
        writeRaw(value)
    }

    /// Writes bytes, or records, that may be null.
    public mutating func writeNullableBytes(_ value: ByteBuffer?, compact: Bool) throws(WireError) {
        guard let value else {
            if compact { writeUnsignedVarint(0) } else { writeInt32(-1) }
            return
        }
        try writeBytes(value, compact: compact)
    }

    /// Writes the readable bytes of a buffer as they are.
    public mutating func writeRaw(_ value: ByteBuffer) {
        let length = value.readableBytes
        reserve(length)
        let target = unsafe base + used
        unsafe value.withUnsafeReadableBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe target.copyMemory(from: start, byteCount: length)
        }
        used &+= length
    }
}
