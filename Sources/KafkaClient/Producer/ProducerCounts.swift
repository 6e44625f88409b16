import Synchronization

/// What a producer has done so far. At rest, `accepted` is `delivered` and `failed` together.
package struct ProducerCounts: Sendable, Equatable {
    /// Records that were taken.
    package var accepted = 0
    /// Their keys, values and headers, and 28 bytes for each, in bytes; of a whole batch, its bytes.
    package var acceptedBytes = 0
    /// Records that were not taken, by the reason; a whole batch counts as one.
    package var dropped: [DropReason: Int] = [:]
    /// Records that are in the log.
    package var delivered = 0
    /// Records that were taken and not delivered.
    package var failed = 0
    /// Batches that were sent again.
    package var retries = 0
    /// What of `acceptedBytes` is neither delivered nor failed.
    package var bufferedBytes = 0

    /// Records that are neither delivered nor failed.
    package var bufferedRecords: Int { accepted - delivered - failed }
}

/// What one stage has taken and dropped. Its loop writes, anybody reads.
final class StageCounts: Sendable {
    private let records = Atomic(0)
    private let bytes = Atomic(0)
    private let full = Atomic(0)
    private let large = Atomic(0)
    private let late = Atomic(0)
    private let unusable = Atomic(0)

    /// Only the stage's loop adds, so that loading and storing is enough, and costs less than adding in one step.
    @inline(__always)
    private static func add(_ amount: Int, to counter: borrowing Atomic<Int>) {
        counter.store(counter.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    @inline(__always)
    func accepted(_ count: Int, cost: Int) {
        Self.add(count, to: records)
        Self.add(cost, to: bytes)
    }

    func dropped(_ reason: DropReason) {
        switch reason {
        case .bufferFull: Self.add(1, to: full)
        case .recordTooLarge: Self.add(1, to: large)
        case .shuttingDown: Self.add(1, to: late)
        case .unusableBatch: Self.add(1, to: unusable)
        }
    }

    func add(to counts: inout ProducerCounts) {
        counts.accepted += records.load(ordering: .relaxed)
        counts.acceptedBytes += bytes.load(ordering: .relaxed)
        counts.dropped[.bufferFull, default: 0] += full.load(ordering: .relaxed)
        counts.dropped[.recordTooLarge, default: 0] += large.load(ordering: .relaxed)
        counts.dropped[.shuttingDown, default: 0] += late.load(ordering: .relaxed)
        counts.dropped[.unusableBatch, default: 0] += unusable.load(ordering: .relaxed)
    }
}

/// What a producer's loop has brought to an end. It writes, anybody reads.
final class EndCounts: Sendable {
    let delivered = Atomic(0)
    let failed = Atomic(0)
    let bytes = Atomic(0)
    let retries = Atomic(0)
}
