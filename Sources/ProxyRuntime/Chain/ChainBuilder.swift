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

    /// Builds the chain of a listener.
    ///
    /// - Throws: what a filter cannot do without.
    func build(_ entries: [FilterEntry], listener: String, cluster: any ClusterView) throws -> FilterChain {
        guard !entries.isEmpty else { return .empty }
        let built = try entries.compactMap { (entry: FilterEntry) throws -> FilterChain.Entry? in
            guard let filter = filters.first(where: { $0.type.name == entry.type }) else { return nil }
            let context = FilterContext(
                name: entry.name, listener: listener, metrics: registry, logger: logger, isDryRun: entry.dryRun,
                cluster: cluster)
            return FilterChain.Entry(
                name: entry.name, type: entry.type, filter: try filter.make(entry.configuration, context: context),
                isDryRun: entry.dryRun, when: entry.when)
        }
        let generation = Self.generations.add(1, ordering: .relaxed).newValue
        return FilterChain(generation: generation, entries: built)
    }
}
