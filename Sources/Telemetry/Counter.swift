/// A number that only grows, kept by one shard.
///
/// Not `Sendable`: it is touched only where its shard lives (an event loop, or under the lock of ``SharedMetrics``), so that counting is one
/// addition in memory, without a lock and without an atomic. A handle into the memory of its shard: it must not be used once the shard is gone.
public struct Counter {
    @usableFromInline let cell: UnsafeMutablePointer<UInt64>

    init(in memory: CellMemory) {
        cell = memory.cells(1)
    }

    /// What has been counted since the start, or since the last reset.
    @inlinable
    public var value: UInt64 {
        get { cell.pointee }
        nonmutating set { cell.pointee = newValue }
    }

    /// Adds to the counter; wraps around at 2^64.
    ///
    /// - Parameter amount: what to add, 1 unless told otherwise.
    @inlinable
    public func increment(by amount: UInt64 = 1) {
        cell.pointee &+= amount
    }
}
