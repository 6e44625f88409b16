extension WireWriter {
    /// Writes the element count of an array: an int32, or an unsigned varint of count + 1 where the version is flexible.
    @inlinable
    @inline(__always)
    public mutating func writeArrayCount(_ count: Int, compact: Bool) {
        if compact {
            writeUnsignedVarint(UInt32(truncatingIfNeeded: count &+ 1))
        } else {
            writeInt32(Int32(truncatingIfNeeded: count))
        }
    }

    /// Writes the count that says "null".
    @inlinable
    @inline(__always)
    public mutating func writeNullArray(compact: Bool) {
        if compact { writeUnsignedVarint(0) } else { writeInt32(-1) }
    }

    /// Writes the marker before a structure that may be null.
    @inlinable
    public mutating func writePresence(_ present: Bool) {
        writeInt8(present ? 1 : -1)
    }

    /// Writes int32s, without a count.
    public mutating func writeInt32s(_ values: [Int32]) {
        reserve(values.count &* 4)
        var position = used
        for value in values {
            unsafe base.storeBytes(of: value.bigEndian, toByteOffset: position, as: Int32.self)
            position &+= 4
        }
        used = position
    }

    /// The error for a value that is null where the version does not allow it.
    @inline(never)
    public func unexpectedNull(_ field: StaticString) -> WireError {
        WireError(.unexpectedNull, at: count, field: field)
    }
}
