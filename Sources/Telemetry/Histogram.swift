/// Counts observations in buckets with fixed upper bounds, kept by one shard.
///
/// Observations and bounds are whole numbers in the unit of the family: nanoseconds or bytes. Not `Sendable`: it is touched only where its
/// shard lives. A handle as ``Counter`` is.
public struct Histogram {
    /// The number of bounds; there is one bucket more, for what is above the last bound.
    private let boundCount: Int
    /// How many bounds there are at most between a power of two and the next: so many comparisons find a bucket.
    @usableFromInline let steps: Int
    /// For each position of a value's highest bit, the first bucket that may take it.
    @usableFromInline let firstBuckets: UnsafeMutablePointer<UInt64>
    /// The upper bounds, ascending, and after them the largest number as often as there are steps.
    @usableFromInline let bounds: UnsafeMutablePointer<UInt64>
    /// The counts of the buckets.
    @usableFromInline let counts: UnsafeMutablePointer<UInt64>
    /// The sum of all observations, in nanoseconds or bytes; wraps around at 2^64.
    @usableFromInline let total: UnsafeMutablePointer<UInt64>

    init(upperBounds: [UInt64], in memory: CellMemory) {
        boundCount = upperBounds.count
        firstBuckets = memory.cells(UInt64.bitWidth)
        var steps = 0
        for bit in 0..<UInt64.bitWidth {
            // Zero has no highest bit and is looked up as one.
            let lowest: UInt64 = bit == 0 ? 0 : 1 << bit
            let highest = UInt64.max >> (UInt64.bitWidth - 1 - bit)
            firstBuckets[bit] = UInt64(upperBounds.firstIndex { $0 >= lowest } ?? upperBounds.count)
            steps = max(steps, upperBounds.count { (lowest...highest).contains($0) })
        }
        self.steps = steps
        bounds = memory.cells(upperBounds.count + steps)
        bounds.update(repeating: .max, count: upperBounds.count + steps)
        bounds.update(from: upperBounds, count: upperBounds.count)
        counts = memory.cells(upperBounds.count + 1)
        total = memory.cells(1)
    }

    /// The sum of all observations.
    var sum: UInt64 { total.pointee }

    /// Counts one observation in the first bucket whose upper bound is not below it.
    ///
    /// - Parameter value: what was observed, in nanoseconds or bytes.
    @inlinable
    public func observe(_ value: UInt64) {
        // The highest bit leads to within a step or two of the bucket, and each step is an addition: nothing to mispredict.
        var bucket = Int(truncatingIfNeeded: firstBuckets[(value | 1).leadingZeroBitCount ^ 63])
        bucket &+= bounds[bucket] < value ? 1 : 0
        var step = 1
        while step < steps {
            bucket &+= bounds[bucket] < value ? 1 : 0
            step &+= 1
        }
        counts[bucket] &+= 1
        total.pointee &+= value
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
        Array(UnsafeBufferPointer(start: counts, count: boundCount + 1))
    }

    func reset() {
        counts.update(repeating: 0, count: boundCount + 1)
        total.pointee = 0
    }
}
