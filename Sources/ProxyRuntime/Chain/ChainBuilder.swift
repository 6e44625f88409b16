package import FilterAPI
import KafkaMessages
import Logging
package import Settings
import SluiceConfiguration
import Synchronization
import Telemetry

/// A type of filter that there is: what the list of built-in filters holds.
package struct BuiltInFilter: Sendable {
    /// How its settings are read.
    package let type: FilterType
    private let build: @Sendable (any Sendable, FilterContext) throws -> any Filter

    /// The filters of a factory.
    package init<Factory: FilterFactory>(_ factory: Factory.Type) {
        type = FilterType(name: Factory.type, summary: Factory.summary) { Factory.read(&$0) }
        build = { configuration, context in
            guard let configuration = configuration as? Factory.Configuration else {
                preconditionFailure("settings of \(Factory.type) were read by another filter")
            }
            return try Factory.make(configuration, context: context)
        }
    }

    func make(_ configuration: any Sendable, context: FilterContext) throws -> any Filter {
        try build(configuration, context)
    }
}

/// Builds chains from their configuration.
struct ChainBuilder {
    /// Each chain of the process has a number of its own.
    private static let generations = Atomic<UInt64>(0)

    let filters: [BuiltInFilter]
    let registry: MetricsRegistry
    let logger: Logger
    let inUse: FiltersInUse

    /// What there is to build on: the chain that ran before on the same listener.
    struct Former {
        let chain: FilterChain
        /// The names of the filters that go on as they are.
        let kept: Set<String>
    }

    /// Builds the chain of a listener. Filters that are kept are the same as before; one that has changed is given the
    /// one whose place it takes.
    ///
    /// - Parameters:
    ///   - entries: the filters as configured.
    ///   - listener: the listener's name.
    ///   - cluster: what is known of the cluster behind it.
    ///   - clusters: all clusters by name, for filters that go elsewhere.
    ///   - former: what ran before; nil at start.
    /// - Returns: the chain (the former one if nothing differs), or what each filter that could not be made lacks.
    func build(
        _ entries: [FilterEntry], listener: String, cluster: any ClusterView,
        clusters: [String: any ClusterAccess] = [:], former: Former? = nil
    ) -> Result<FilterChain, ChainError> {
        guard !entries.isEmpty else { return .success(.empty) }
        var built: [FilterChain.Entry] = []
        var failures: [String] = []
        for entry in entries {
            let before = former?.chain.entries.first { $0.name == entry.name && $0.type == entry.type }
            if let before, former?.kept.contains(entry.name) == true {
                built.append(before)
                continue
            }
            guard let type = filters.first(where: { $0.type.name == entry.type }) else { continue }
            let context = FilterContext(
                name: entry.name, listener: listener, metrics: registry, logger: logger, isDryRun: entry.dryRun,
                when: entry.when, cluster: cluster, clusters: clusters, predecessor: before?.filter)
            do {
                let filter = try type.make(entry.configuration, context: context)
                built.append(
                    FilterChain.Entry(
                        name: entry.name, type: entry.type, filter: filter, isDryRun: entry.dryRun,
                        when: entry.when, lease: inUse.lease(filter)))
            } catch {
                failures.append("\(entry.mark): filter '\(entry.name)' of listener '\(listener)': \(error)")
            }
        }
        if !failures.isEmpty { return .failure(ChainError(failures: failures)) }
        if let former, built.map(\.instance) == former.chain.entries.map(\.instance) { return .success(former.chain) }
        let generation = Self.generations.add(1, ordering: .relaxed).newValue
        return .success(FilterChain(generation: generation, entries: built))
    }
}

/// Filters that could not be made.
struct ChainError: Error {
    /// One line for each.
    let failures: [String]
}
