public import NIOCore

/// Writes Kafka's primitive types at the end of a buffer that it owns.
///
/// A write is a capacity check and a store: the address of the free memory is kept, and asked for again only when the
/// buffer grows. `finish` gives the buffer back without a copy.
public struct WireWriter: ~Copyable {
    @usableFromInline var buffer: ByteBuffer
    /// The first free byte of `buffer`.
    ///
    /// Safety: `buffer` is the only reference to its storage (growing makes it so, and nobody else gets it before
    /// `finish`), so that the memory neither moves nor goes before the next growth.
    @usableFromInline var base: UnsafeMutableRawPointer
    /// How many bytes are free from `base` on.
    @usableFromInline var capacity: Int
    /// How many bytes have been written from `base` on that `buffer` does not know of yet.
    @usableFromInline var used: Int
    /// How many bytes have been written before `base`.
    @usableFromInline var flushed: Int

    /// Creates a writer that appends to a buffer.
    ///
    /// - Parameters:
    ///   - buffer: what it holds stays before what is written; its storage is used if nobody else has it.
    ///   - minimumCapacity: how many bytes can be written before the buffer grows, at least.
    @inlinable
    public init(appendingTo buffer: consuming ByteBuffer, minimumCapacity: Int = 256) {
        self.buffer = buffer
        self.buffer.reserveCapacity(minimumWritableBytes: max(minimumCapacity, 16))
        (base, capacity) = Self.freeMemory(of: &self.buffer)
        used = 0
        flushed = 0
    }

    /// Creates a writer of a new buffer.
    @inlinable
    public init(minimumCapacity: Int = 256) {
        self.init(appendingTo: ByteBuffer(), minimumCapacity: minimumCapacity)
    }

    /// How many bytes have been written.
    @inlinable
    public var count: Int { flushed &+ used }

    /// Ends writing.
    ///
    /// - Returns: the buffer, with all that was written at its end.
    @inlinable
    public consuming func finish() -> ByteBuffer {
        buffer.moveWriterIndex(forwardBy: used)
        return buffer
    }

    /// Makes sure that `size` more bytes can be written.
    @inlinable
    @inline(__always)
    mutating func reserve(_ size: Int) {
        if capacity &- used < size { grow(size) }
    }

    @usableFromInline
    @inline(never)
    mutating func grow(_ size: Int) {
        buffer.moveWriterIndex(forwardBy: used)
        flushed += used
        used = 0
        buffer.reserveCapacity(minimumWritableBytes: max(size, buffer.readableBytes))
        (base, capacity) = Self.freeMemory(of: &buffer)
    }

    @usableFromInline
    @inline(never)
    static func freeMemory(of buffer: inout ByteBuffer) -> (UnsafeMutableRawPointer, Int) {
        unsafe buffer.withUnsafeMutableWritableBytes { free in
            guard let base = free.baseAddress else { preconditionFailure("capacity was reserved") }
            return (base, free.count)
        }
    }
}
