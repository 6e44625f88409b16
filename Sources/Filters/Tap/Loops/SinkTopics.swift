import Synchronization

/// The topics that taps of this process write to: what is in them is never tapped.
final class SinkTopics: Sendable {
    /// A topic of a cluster, by the names in the configuration and at the brokers.
    struct Place: Hashable, Sendable {
        var cluster: String
        var topic: String
    }

    /// Those of the process.
    static let shared = SinkTopics()

    private let places = Mutex<[Place: Int]>([:])
    private let changes = Atomic<Int>(0)

    /// Another number after each change.
    var generation: Int { changes.load(ordering: .acquiring) }

    /// A tap begins to write to a topic.
    func add(_ place: Place) {
        places.withLock { $0[place, default: 0] += 1 }
        changes.add(1, ordering: .acquiringAndReleasing)
    }

    /// A tap writes to a topic no more.
    func remove(_ place: Place) {
        places.withLock { places in
            let count = (places[place] ?? 0) - 1
            places[place] = count > 0 ? count : nil
        }
        changes.add(1, ordering: .acquiringAndReleasing)
    }

    /// True if a tap writes to the topic.
    func contains(_ place: Place) -> Bool {
        places.withLock { $0[place] != nil }
    }
}
