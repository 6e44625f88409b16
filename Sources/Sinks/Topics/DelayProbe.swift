import NIOCore
import Synchronization

/// Measures how long records take to their end: one at a time is timed, by its place among all of them, which is exact
/// as long as they end in the order in which they came.
final class DelayProbe: Sendable {
    private let acceptedCount = Atomic<Int>(0)
    private let endedCount = Atomic<Int>(0)
    /// The place of the record that is timed; 0 for none.
    private let place = Atomic<Int>(0)
    private let since = Atomic<UInt64>(0)

    /// A record is offered.
    @inline(__always)
    func accepted() {
        let count = acceptedCount.add(1, ordering: .relaxed).newValue
        guard place.load(ordering: .relaxed) == 0 else { return }
        // The time first: whoever sees the place sees the time.
        since.store(NIODeadline.now().uptimeNanoseconds, ordering: .relaxed)
        _ = place.compareExchange(expected: 0, desired: count, ordering: .acquiringAndReleasing)
    }

    /// It was not taken after all.
    func takenBack() {
        _ = endedCount.add(1, ordering: .relaxed)
    }

    /// Records have come to their end; on the producer's loop.
    ///
    /// - Returns: when the record was offered that is timed, if it is among them.
    func ended(_ count: Int) -> NIODeadline? {
        let ended = endedCount.add(count, ordering: .relaxed).newValue
        let place = place.load(ordering: .acquiring)
        guard place != 0, ended >= place else { return nil }
        let since = since.load(ordering: .relaxed)
        self.place.store(0, ordering: .releasing)
        return .uptimeNanoseconds(since)
    }
}
