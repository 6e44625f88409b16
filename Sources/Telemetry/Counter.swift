/// A number that only grows, kept by one shard.
///
/// Not `Sendable`: it is touched only where its shard lives (an event loop, or under the lock of ``SharedMetrics``), so that counting is one
/// addition in memory, without a lock and without an atomic.
public final class Counter {
    // Why unchecked: two accesses never overlap (one loop, no re-entry), and the run-time check costs more than the addition.
    /// What has been counted since the start, or since the last reset.
    @exclusivity(unchecked) public var value: UInt64 = 0

    @usableFromInline
    init() {}

    /// Adds to the counter; wraps around at 2^64.
    ///
    /// - Parameter amount: what to add, 1 unless told otherwise.
    @inlinable
    public func increment(by amount: UInt64 = 1) {
        value &+= amount
    }
}
