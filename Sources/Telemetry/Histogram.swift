/// Counts observations in buckets with fixed upper bounds, kept by one shard.
///
/// Observations and bounds are whole numbers in the unit of the family: nanoseconds or bytes. Not `Sendable`: it is touched only where its
/// shard lives.
public final class Histogram {
    /// The number of bounds; there is one bucket more, for what is above the last bound.
    @usableFromInline let boundCount: Int
    /// The upper bounds, ascending, and after them the counts of the buckets: one block of memory, so that an observation stays in few cache lines.
    @usableFromInline let storage: UnsafeMutablePointer<UInt64>
    // Why unchecked: see ``Counter/value``.
    /// The sum of all observations, in nanoseconds or bytes; wraps around at 2^64.
    @exclusivity(unchecked) @usableFromInline var sum: UInt64 = 0

    init(upperBounds: [UInt64]) {
        boundCount = upperBounds.count
        storage = .allocate(capacity: upperBounds.count * 2 + 1)
        storage.initialize(repeating: 0, count: upperBounds.count * 2 + 1)
        for (index, bound) in upperBounds.enumerated() {
            storage[index] = bound
        }
    }

    deinit {
        storage.deallocate()
    }

    /// Counts one observation in the first bucket whose upper bound is not below it.
    ///
    /// - Parameter value: what was observed, in nanoseconds or bytes.
    @inlinable
    public func observe(_ value: UInt64) {
        // A binary search whose steps depend on the number of bounds only: each step is a conditional move, not a branch to mispredict.
        var base = 0
        var length = boundCount
        while length > 1 {
            let half = length / 2
            base = storage[base &+ half &- 1] < value ? base &+ half : base
            length &-= half
        }
        let bucket = storage[base] < value ? base &+ 1 : base
        storage[boundCount &+ bucket] &+= 1
        sum &+= value
    }

    /// Counts one observation of a time; a negative one counts as zero, as clocks may step.
    ///
    /// - Parameter duration: what was observed.
    @inlinable
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
        observe(UInt64(max(0, nanoseconds)))
    }

    /// The counts of the buckets, not cumulative; the last one is for what is above the last bound.
    var bucketCounts: [UInt64] {
        Array(UnsafeBufferPointer(start: storage + boundCount, count: boundCount + 1))
    }

    func reset() {
        (storage + boundCount).update(repeating: 0, count: boundCount + 1)
        sum = 0
    }
}
