public import NIOCore

/// Reads Kafka's primitive types from the readable bytes of a buffer.
///
/// Nothing that the bytes say is trusted: every length is checked before it is used, and every mistake is a `WireError`
/// with the offset of the field that holds it. After an error the position is unspecified.
///
/// The reader borrows the buffer's memory, so reading a field is a comparison and a load; fields of bytes and records are
/// slices of the buffer, which they keep alive.
public struct WireReader: ~Escapable {
    @usableFromInline let bytes: RawSpan
    /// The buffer that `bytes` are in; slices are taken from it.
    @usableFromInline let buffer: ByteBuffer
    @usableFromInline var offset: Int

    /// Creates a reader of the buffer's readable bytes.
    ///
    /// - Parameter buffer: must stay as it is while the reader is in use, which the compiler checks.
    @inlinable
    @_lifetime(borrow buffer)
    public init(_ buffer: borrowing ByteBuffer) {
        self.bytes = buffer.readableBytesSpan
        self.buffer = copy buffer
        self.offset = 0
    }

    /// How many bytes have been read: the offset of the next field.
    @inlinable
    public var position: Int { offset }

    /// How many bytes are left.
    @inlinable
    public var remaining: Int { bytes.byteCount &- offset }

    /// What is left, as a slice; the position stays.
    @inlinable
    public var rest: ByteBuffer {
        buffer.getSlice(at: buffer.readerIndex &+ offset, length: remaining) ?? ByteBuffer()
    }

    /// Moves to an offset.
    ///
    /// - Throws: `truncated` if it is not within the bytes.
    @inlinable
    public mutating func seek(to position: Int) throws(WireError) {
        guard position >= 0, position <= bytes.byteCount else {
            throw WireError(.truncated, at: offset, expected: position, actual: bytes.byteCount)
        }
        offset = position
    }

    /// Steps over bytes.
    ///
    /// - Throws: `truncated` if fewer are left, `negativeLength` for a count below 0.
    @inlinable
    public mutating func skip(_ count: Int) throws(WireError) {
        guard count >= 0 else { throw WireError(.negativeLength, at: offset, actual: count, field: "skip") }
        guard count <= remaining else { throw truncated(count, "skipped bytes") }
        offset &+= count
    }

    @usableFromInline
    @inline(never)
    func truncated(_ needed: Int, _ field: StaticString) -> WireError {
        WireError(.truncated, at: offset, expected: needed, actual: remaining, field: field)
    }
}
