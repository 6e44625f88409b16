extension RawSpan {
    /// A byte; the offset has been checked.
    @inlinable
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// A big-endian integer; the offset has been checked.
    @inlinable
    @inline(__always)
    func bigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Integer.Type) -> Integer {
        Integer(bigEndian: unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: type))
    }
}

extension RawSpan {
    /// Whether the bytes of a range, which is within these, are the text.
    func equals(_ text: String, in range: RecordRange) -> Bool {
        guard range.length == text.utf8.count else { return false }
        var offset = range.offset
        for character in text.utf8 {
            guard byte(at: offset) == character else { return false }
            offset += 1
        }
        return true
    }
}
