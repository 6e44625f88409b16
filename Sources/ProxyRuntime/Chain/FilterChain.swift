package import FilterAPI
import KafkaMessages
import KafkaWire
package import Settings
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
        package let when: WhenCondition?
        /// The same for as long as the filter is the same object: over an exchange of the chain, what it keeps for a
        /// connection is kept.
        package let instance: UInt64
        let interests: [Interest]
        /// Keeps the filter from being shut down; nil if somebody else sees to that.
        private let lease: FilterLease?

        /// An entry.
        ///
        /// - Parameters:
        ///   - name: its name in the configuration.
        ///   - type: its type.
        ///   - filter: the filter.
        ///   - isDryRun: true if it does all but act.
        ///   - when: which requests it sees; nil for all.
        ///   - lease: what keeps the filter from being shut down; nil if somebody else sees to that.
        package init(
            name: String, type: String, filter: any Filter, isDryRun: Bool, when: WhenCondition?,
            lease: FilterLease? = nil
        ) {
            self.name = name
            self.type = type
            self.filter = filter
            self.isDryRun = isDryRun
            self.when = when
            self.lease = lease
            instance = Self.instances.add(1, ordering: .relaxed).newValue
            self.interests = filter.interests
        }

        private static let instances = Atomic<UInt64>(0)

        /// True if the filter has a part in what this client sends.
        func concerns(_ client: ClientIdentity) -> Bool {
            (when?.covers(client) ?? true) && filter.concerns(client)
        }

        /// What the filter wants to see of an API.
        func interests(in key: APIKey, _ direction: Direction) -> [Interest] {
            if let api = when?.api, !api.contains(where: { $0.matches(key.description) }) { return [] }
            return interests.filter { $0.covers(key, direction) }
        }

        /// How deep the filter looks into frames; empty if it has no part in them.
        func depths(_ key: APIKey, _ version: Int16, _ direction: Direction) -> Depths {
            interests(in: key, direction).reduce(into: []) { depths, interest in
                if interest.covers(key, version, direction) { depths.insert(Depths(interest.depth)) }
            }
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

    /// All filters.
    var all: FilterSet { entries.indices.reduce(into: FilterSet()) { $0.insert($1) } }

    /// The filters that have a part in what a client sends.
    func concerned(_ client: ClientIdentity) -> FilterSet {
        entries.indices.reduce(into: FilterSet()) { set, index in
            if entries[index].concerns(client) { set.insert(index) }
        }
    }

    /// The filters among some that want to know of the end of requests of this version.
    func observers(_ key: APIKey, _ version: Int16, among filters: FilterSet) -> FilterSet {
        entries.indices.reduce(into: FilterSet()) { set, index in
            guard filters.contains(index) else { return }
            let depths = entries[index].depths(key, version, .request).union(
                entries[index].depths(key, version, .response))
            if depths.contains(Depths(.completion)) { set.insert(index) }
        }
    }

    /// The filters among some that are shown frames of this version, in the order of the chain.
    func steps(_ key: APIKey, _ version: Int16, _ direction: Direction, among filters: FilterSet) -> [FilterStep] {
        entries.indices.compactMap { index in
            guard filters.contains(index) else { return nil }
            let depths = entries[index].depths(key, version, direction)
            return depths.isDisjoint(with: .all) ? nil : FilterStep(index: index, depths: depths)
        }
    }

    /// The deepest that filters among some look into any version of these frames; nil if none does.
    func depth(_ key: APIKey, _ direction: Direction, among filters: FilterSet) -> Depth? {
        entries.indices.lazy.filter { filters.contains($0) }
            .flatMap { entries[$0].interests(in: key, direction) }.map(\.depth).max()
    }

    /// The filters among some that watch frames of this version, and what any of them is shown.
    func watchers(
        _ key: APIKey, _ version: Int16, _ direction: Direction, among filters: FilterSet
    ) -> (places: FilterSet, roles: FieldRoles) {
        var places = FilterSet()
        var roles: FieldRoles = []
        for index in entries.indices where filters.contains(index) {
            let watched = entries[index].interests(in: key, direction)
                .filter { !$0.watching.isEmpty && $0.covers(key, version, direction) }
            if !watched.isEmpty { places.insert(index) }
            for interest in watched { roles.formUnion(interest.watching) }
        }
        return (places, roles)
    }

    /// True if a filter among some wants the names of topics.
    func wantsTopics(
        _ key: APIKey, _ version: Int16, _ direction: Direction, among filters: FilterSet
    ) -> Bool {
        entries.indices.contains { index in
            filters.contains(index)
                && entries[index].interests(in: key, direction)
                    .contains { $0.topics && $0.covers(key, version, direction) }
        }
    }
}

extension WhenCondition {
    /// True if what is said of clients fits this one. `api` selects among its requests, and `topic` inside of them.
    func covers(_ client: ClientIdentity) -> Bool {
        if let clientID, !clientID.contains(where: { $0.matches(client.clientID ?? "") }) { return false }
        if let principal, !principal.contains(where: { $0.matches(client.principal) }) { return false }
        return coversAddress(client.address)
    }

    /// True if what is said of addresses fits this one.
    func coversAddress(_ text: String) -> Bool {
        guard let clientAddress else { return true }
        guard let address = IPAddress(text) else { return false }
        return clientAddress.contains { $0.matches(address) }
    }
}
