package import FilterAPI
import KafkaWire
import Synchronization

/// The filters of a listener, in order: an immutable value, exchanged as a whole.
package struct FilterChain: Sendable {
    /// One filter in its place.
    package struct Entry: Sendable {
        /// Its name in the configuration.
        package let name: String
        /// Its type.
        package let type: String
        package let filter: any Filter
        /// True if it does all but act.
        package let isDryRun: Bool
        /// Which requests it sees; nil for all.
        package let condition: RequestCondition?
        /// Tells this filter from every other one of the process: an entry of another chain with the same number is the
        /// same filter, with the same name, settings and condition.
        package let instance: UInt64
        let interests: [Interest]
        /// Keeps the filter from being shut down; nil if somebody else sees to that.
        private let lease: FilterLease?

        private static let instances = Atomic<UInt64>(0)

        package init(
            name: String, type: String, filter: any Filter, isDryRun: Bool, condition: RequestCondition?,
            lease: FilterLease? = nil
        ) {
            self.name = name
            self.type = type
            self.filter = filter
            self.isDryRun = isDryRun
            self.condition = condition
            self.lease = lease
            instance = Self.instances.add(1, ordering: .relaxed).newValue
            self.interests = filter.interests
        }
    }

    /// Tells one chain from the one that takes its place.
    package let generation: UInt64
    package let entries: [Entry]

    package init(generation: UInt64, entries: [Entry]) {
        self.generation = generation
        self.entries = entries
    }

    /// A chain that lets all pass.
    package static let empty = FilterChain(generation: 0, entries: [])

    /// The deepest that a filter looks into these frames; nil if none does.
    func depth(_ key: APIKey, _ direction: Direction) -> Depth? {
        entries.lazy.flatMap(\.interests).filter { $0.covers(key, direction) }.map(\.depth).max()
    }

    /// The deepest that a filter looks into frames of this version; nil if none does.
    func depth(_ key: APIKey, _ version: Int16, _ direction: Direction) -> Depth? {
        entries.lazy.flatMap(\.interests).filter { $0.covers(key, version, direction) }.map(\.depth).max()
    }

    /// True if a filter wants the names of topics.
    func wantsTopics(_ key: APIKey, _ version: Int16, _ direction: Direction) -> Bool {
        entries.contains { $0.interests.contains { $0.topics && $0.covers(key, version, direction) } }
    }

    /// True if a filter wants requests or responses of the API.
    func isInterested(_ key: APIKey, _ version: Int16) -> Bool {
        entries.contains { entry in
            entry.interests.contains { $0.covers(key, version, .request) || $0.covers(key, version, .response) }
        }
    }
}

/// Which requests a filter sees: a closure over what is known when the header has been read.
package typealias RequestCondition = @Sendable (RequestRecord) -> Bool
