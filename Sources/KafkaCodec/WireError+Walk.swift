public import KafkaWire

extension WireError {
    /// The frame ends before what it announces.
    @usableFromInline
    static func truncated(_ needed: Int, left: Int, at offset: Int) -> WireError {
        WireError(.truncated, at: offset, expected: needed, actual: left)
    }

    /// A count of more elements than the frame can hold.
    @usableFromInline
    static func countTooLarge(_ count: Int, left: Int, at offset: Int) -> WireError {
        WireError(.countTooLarge, at: offset, expected: left, actual: count)
    }

    /// A length beyond the frame's end or beyond a bound.
    @usableFromInline
    static func lengthTooLarge(_ length: Int, left: Int, at offset: Int) -> WireError {
        WireError(.lengthTooLarge, at: offset, expected: left, actual: length)
    }

    /// A length or count below −1.
    @usableFromInline
    static func negativeLength(_ length: Int, at offset: Int) -> WireError {
        WireError(.negativeLength, at: offset, expected: -1, actual: length)
    }

    /// A varint that does not end.
    @usableFromInline
    static func varintTooLong(at offset: Int) -> WireError {
        WireError(.varintTooLong, at: offset, expected: 32)
    }
}
