import FilterAPI
import KafkaWire
import Telemetry

/// What is counted of switches. Rare, so that it is counted behind a lock.
struct SwitchMetrics: Sendable {
    private let registry: MetricsRegistry
    private let listener: String
    private let filter: String
    private let switches: CounterFamily
    private let fences: CounterFamily
    private let connections: GaugeFamily

    init(_ context: FilterContext) {
        registry = context.metrics
        listener = context.listener
        filter = context.name
        switches = registry.counter(
            "sluice_topic_rewrite_switches_total", help: "Changes of the targets of a rule.",
            labels: ["listener", "filter", "rule"])
        fences = registry.counter(
            "sluice_topic_rewrite_fences_total",
            help: "Answers that told clients that a topic was switched to another target.",
            labels: ["listener", "filter", "rule", "target", "error"])
        connections = registry.gauge(
            "sluice_topic_rewrite_connections", help: "Connections that use a target of a rule.",
            labels: ["listener", "filter", "rule", "target"])
    }

    /// The targets of a rule were changed.
    func switched(_ rule: RewriteRule) {
        registry.shared.increment(switches, [listener, filter, rule.name])
    }

    /// A client was told.
    ///
    /// - Parameters:
    ///   - rule: of the rule.
    ///   - target: where it leads now.
    ///   - error: by which error; `none` for an empty answer.
    func fenced(_ rule: String, target: String, _ error: ErrorCode) {
        registry.shared.increment(fences, [listener, filter, rule, target, error.description])
    }

    /// A connection uses a target, or no longer does.
    func connections(_ place: TargetCensus.Place, by amount: Int64) {
        registry.shared.add(connections, [listener, filter, place.rule, place.target], amount)
    }
}
