import NIOCore

/// Knows which target each idempotent producer has written to, and fences it where a switch has moved it.
///
/// A producer's sequence numbers do not carry over to another topic. So the first batches that a switch moves are
/// refused until the producer has given itself a new epoch, whose numbers begin at 0. A producer has one connection for
/// each broker, so that the table is shared by all connections.
struct ProducerFences {
    /// One producer of one topic.
    struct Producer: Hashable {
        /// The topic, as clients call it.
        let topic: String
        /// Given by the broker, 0 or more.
        let id: Int64
    }

    /// What a connection remembers of a producer by itself.
    struct Memory: Equatable {
        /// The topic at the broker that it wrote to.
        var target: String
        /// With this epoch.
        var epoch: Int16
    }

    /// What becomes of a batch.
    enum Verdict: Equatable {
        /// It goes to the target.
        case pass
        /// It is refused: the producer is to give itself a new epoch first.
        case fence
        /// The connection has not heard of the latest switch yet, but another connection of the producer has: it is to
        /// look again.
        case outdated
    }

    private struct Entry {
        var target: String
        /// The switch that was the latest when a batch was last judged.
        var generation: UInt64
        /// The highest epoch that was let pass, or fenced.
        var epoch: Int16
        /// Epochs up to this one belong to the former target; −1 if none does.
        var fencedThrough: Int16 = -1
        var fencedSince: NIODeadline?
    }

    private var entries: RecentTable<Producer, Entry>
    private let fenceTime: TimeAmount

    /// - Parameters:
    ///   - capacity: how many producers are known at once; those forgotten are not fenced.
    ///   - fenceTime: for how long a producer is fenced after one switch. One that keeps its epoch for longer does not
    ///     know how to change it: then its batches pass, and the broker judges them.
    init(capacity: Int, fenceTime: TimeAmount) {
        entries = RecentTable(capacity: capacity)
        self.fenceTime = fenceTime
    }

    /// How many producers are known.
    var count: Int { entries.count }

    /// Judges a batch.
    ///
    /// - Parameters:
    ///   - producer: who wrote it.
    ///   - epoch: the producer's epoch in the batch, 0 or more.
    ///   - target: the topic at the broker that it would go to.
    ///   - generation: the number of the latest switch that the connection has heard of.
    ///   - memory: what the connection remembers, for a producer that the table has forgotten.
    ///   - now: the time.
    /// - Returns: what becomes of it.
    mutating func verdict(
        _ producer: Producer, epoch: Int16, target: String, generation: UInt64, memory: Memory?, now: NIODeadline
    ) -> Verdict {
        let known =
            entries.value(producer)
            ?? memory.map { Entry(target: $0.target, generation: 0, epoch: $0.epoch) }
        guard var entry = known else {
            entries.set(producer, to: Entry(target: target, generation: generation, epoch: epoch))
            return .pass
        }
        guard generation >= entry.generation else { return .outdated }
        if entry.target != target {
            entry.fencedThrough = entry.epoch
            entry.fencedSince = nil
            entry.target = target
        }
        entry.generation = generation
        let isFenced = epoch <= entry.fencedThrough && now < (entry.fencedSince ?? now) + fenceTime
        if isFenced {
            entry.fencedSince = entry.fencedSince ?? now
        } else {
            if epoch <= entry.fencedThrough { entry.fencedThrough = -1 }
            entry.epoch = max(entry.epoch, epoch)
        }
        entries.set(producer, to: entry)
        return isFenced ? .fence : .pass
    }
}
