import Synchronization

/// Owns the families and knows how to reach the shards.
///
/// Declaring a family a second time in the same words gives the first one back; in other words, or with what no scraper would take, is a mistake
/// of ours and traps.
public final class MetricsRegistry: Sendable {
    /// How many client-chosen label values (or combinations) a family keeps apart unless it says otherwise.
    public static let defaultCap = 1_000

    /// Runs a visit on a shard's loop and brings back what the shard answered.
    public typealias Visitor = @Sendable (ShardVisit) async -> ShardSnapshot
    /// Gives the series of a sampled family.
    public typealias Sampler = @Sendable () async -> [MetricSample]

    private struct State {
        var families: [MetricFamily] = []
        var definitions: [String: (definition: MetricDefinition, id: Int)] = [:]
        var visitors: [Visitor] = []
        var samplers: [Int: Sampler] = [:]
    }

    /// The metrics of code that runs on no loop.
    public let shared = SharedMetrics()
    private let state = Mutex(State())

    /// Makes a registry without families.
    public init() {}

    // MARK: Families

    /// Declares a family of counters.
    ///
    /// - Parameters:
    ///   - name: the full name, with its base unit, ending in `_total`.
    ///   - help: one sentence for people.
    ///   - labels: the names of the labels.
    ///   - clientChosen: those among them whose values clients choose.
    ///   - cap: how many client-chosen values (or combinations) are kept apart.
    /// - Returns: the family, to get handles with.
    public func counter(
        _ name: String, help: String, labels: [String] = [], clientChosen: [String] = [], cap: Int = defaultCap
    ) -> CounterFamily {
        let definition = MetricDefinition(
            name: name, help: help, kind: .counter, labelNames: labels, clientChosenLabels: clientChosen, cap: cap)
        return CounterFamily(family: declare(definition))
    }

    /// Declares a family of gauges.
    ///
    /// - Parameters:
    ///   - name: the full name, with its base unit.
    ///   - help: one sentence for people.
    ///   - labels: the names of the labels.
    ///   - clientChosen: those among them whose values clients choose.
    ///   - cap: how many client-chosen values (or combinations) are kept apart.
    /// - Returns: the family, to get handles with.
    public func gauge(
        _ name: String, help: String, labels: [String] = [], clientChosen: [String] = [], cap: Int = defaultCap
    ) -> GaugeFamily {
        let definition = MetricDefinition(
            name: name, help: help, kind: .gauge, labelNames: labels, clientChosenLabels: clientChosen, cap: cap)
        return GaugeFamily(family: declare(definition))
    }

    /// Declares a family of histograms.
    ///
    /// - Parameters:
    ///   - name: the full name, ending in `_seconds` or `_bytes`.
    ///   - help: one sentence for people.
    ///   - labels: the names of the labels.
    ///   - clientChosen: those among them whose values clients choose.
    ///   - cap: how many client-chosen values (or combinations) are kept apart.
    ///   - unit: what observations are given in.
    ///   - upperBounds: the buckets' upper bounds in that unit, ascending.
    /// - Returns: the family, to get handles with.
    public func histogram(
        _ name: String, help: String, labels: [String] = [], clientChosen: [String] = [], cap: Int = defaultCap,
        unit: MetricUnit, upperBounds: [UInt64]
    ) -> HistogramFamily {
        let definition = MetricDefinition(
            name: name, help: help, kind: .histogram, labelNames: labels, clientChosenLabels: clientChosen, cap: cap,
            upperBounds: upperBounds, unit: unit)
        return HistogramFamily(family: declare(definition))
    }

    /// Declares a family whose series are asked for whenever it is read; declaring it again replaces the closure.
    ///
    /// - Parameters:
    ///   - name: the full name, with its base unit; ends in `_total` if it only grows.
    ///   - help: one sentence for people.
    ///   - labels: the names of the labels.
    ///   - sample: gives the series. It must bound their number itself, and is not called on a loop.
    public func sampled(
        _ name: String, help: String, labels: [String] = [], sample: @escaping Sampler
    ) {
        let kind: MetricFamily.Kind = name.hasSuffix("_total") ? .counter : .gauge
        let family = declare(MetricDefinition(name: name, help: help, kind: kind, labelNames: labels))
        state.withLock { $0.samplers[family.id] = sample }
    }

    private func declare(_ definition: MetricDefinition) -> MetricFamily {
        definition.check()
        return state.withLock { state in
            if let known = state.definitions[definition.name] {
                precondition(known.definition == definition, "\(definition.name) is declared twice, differently")
                return state.families[known.id]
            }
            let family = MetricFamily(id: state.families.count, definition: definition)
            state.definitions[definition.name] = (definition, family.id)
            state.families.append(family)
            return family
        }
    }

    /// All families, in the order in which they were declared.
    public var families: [MetricFamily] {
        state.withLock(\.families)
    }

    // MARK: Shards

    /// Makes a shard known, for good.
    ///
    /// - Parameter visitor: runs ``MetricsShard/perform(_:)`` on the shard's loop and gives back the answer (an empty one if the loop is gone).
    public func attach(_ visitor: @escaping Visitor) {
        state.withLock { $0.visitors.append(visitor) }
    }

    /// The merged values of all shards and of all sampled families.
    ///
    /// - Returns: the values; those of one shard are from one moment, those of two are not.
    public func gather() async -> MetricsSnapshot {
        var merged = ShardMerge()
        for snapshot in await visit(.snapshot) {
            merged.add(snapshot)
        }
        let (families, samplers) = state.withLock { ($0.families, $0.samplers) }
        var samples: [Int: [MetricSample]] = [:]
        for (id, sampler) in samplers {
            samples[id] = await sampler()
        }
        return merged.snapshot(of: families, samples: samples)
    }

    /// Puts all counters and histograms to zero; gauges and sampled families stay.
    public func resetCounters() async {
        _ = await visit(.reset)
    }

    /// Forgets the series with these label values, as when a broker is gone. Handles to it that are still held count into nothing.
    ///
    /// - Parameters:
    ///   - family: the family, by the `family` of its handle type.
    ///   - labelValues: as many as the family has labels, in their order.
    public func remove(_ family: MetricFamily, _ labelValues: [String]) async {
        _ = await visit(.remove(family: family, labelValues: labelValues))
    }

    private func visit(_ action: ShardVisit.Action) async -> [ShardSnapshot] {
        let visit = ShardVisit(action: action)
        let visitors = state.withLock(\.visitors)
        return await withTaskGroup(of: ShardSnapshot.self) { group in
            for visitor in visitors {
                group.addTask { await visitor(visit) }
            }
            var snapshots = [shared.perform(visit)]
            for await snapshot in group {
                snapshots.append(snapshot)
            }
            return snapshots
        }
    }
}
