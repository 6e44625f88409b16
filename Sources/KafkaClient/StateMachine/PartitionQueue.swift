import DequeModule
import NIOCore

/// The batches of one partition in their order, and what of them is on its way.
struct PartitionQueue: Sendable {
    /// The topic, by its place among the producer's.
    let topic: Int
    /// The partition's number.
    let index: Int32
    /// The broker that leads it; −1 if none is known.
    var leader: Int32 = -1
    /// −1 if not known.
    var leaderEpoch: Int32 = -1
    /// Full ones first; the last may still be filled. Those on their way stand in front, except while it settles.
    var batches = Deque<ProducerBatch>()
    /// How many batches are on their way.
    var inFlight = 0
    /// A batch came back: nothing is sent before all others that are on their way have come back as well.
    var isSettling = false
    /// Nothing is sent before.
    var retryAt: NIODeadline?
    /// Under which its sequences are given.
    var identity: ProducerIdentity?
    /// The number of the next record.
    var nextSequence: Int32 = 0
    /// What is known of the sequences at the broker is not what was sent: they begin anew in a higher epoch.
    var needsNewEpoch = false
    /// The bytes of the last batch, before compression.
    var usualSize = 0
    /// Whether it is among the partitions with batches.
    var isActive = false

    /// The place of the batch that is sent next; nil if there is none, or it may not be sent yet.
    func nextToSend(now: NIODeadline, maxInFlight: Int) -> Int? {
        guard inFlight < maxInFlight, !(isSettling && inFlight > 0), inFlight < batches.count else { return nil }
        if let retryAt, retryAt > now { return nil }
        // A batch that came back may be in the log. The broker knows the last five only: were others to go past it while
        // it fails again and again, it would be forgotten, and written twice.
        if inFlight > 0, let first = batches.first, first.failures > 0 { return nil }
        return inFlight
    }

    /// The place of the batch of that number.
    func place(of id: UInt64) -> Int? {
        batches.firstIndex { $0.id == id }
    }

    /// Whether a batch that is not on its way has been given a sequence, so that it may be in the log.
    var hasUnsettledSequence: Bool { batches.contains { !$0.isInFlight && $0.sequence != nil } }

    /// Takes a batch out, wherever it stands.
    mutating func remove(batch place: Int) -> ProducerBatch {
        place == 0 ? batches.removeFirst() : batches.remove(at: place)
    }
}
