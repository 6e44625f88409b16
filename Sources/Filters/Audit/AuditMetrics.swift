import FilterAPI
import Telemetry

/// What audits count, beside what their sinks do.
final class AuditMetrics: Sendable {
    private let labels: [String]
    private let events: CounterFamily
    private let refused: CounterFamily
    private let unrecorded: CounterFamily

    init(_ context: FilterContext) {
        labels = [context.listener, context.name]
        let names = ["listener", "filter"]
        events = context.metrics.counter(
            "sluice_audit_events_total", help: "Events that audits have recorded or tried to.",
            labels: names + ["class"])
        refused = context.metrics.counter(
            "sluice_audit_refused_total",
            help: "Requests that were refused since no record of them could be made durable.", labels: names)
        unrecorded = context.metrics.counter(
            "sluice_audit_outcomes_not_durable_total",
            help: "Responses that left before the record of their outcome was durable.", labels: names)
        context.metrics.shared.increment(refused, labels, by: 0)
        context.metrics.shared.increment(unrecorded, labels, by: 0)
    }

    /// The counters of an event loop.
    func counters(_ shard: MetricsShard) -> Counters {
        Counters(
            events: AuditClass.allCases.map { shard.counter(events, labels + [$0.rawValue]) },
            refused: shard.counter(refused, labels), unrecorded: shard.counter(unrecorded, labels))
    }

    struct Counters {
        private let events: [Counter]
        let refused: Counter
        let unrecorded: Counter

        fileprivate init(events: [Counter], refused: Counter, unrecorded: Counter) {
            self.events = events
            self.refused = refused
            self.unrecorded = unrecorded
        }

        func countEvent(_ auditClass: AuditClass) {
            if let index = AuditClass.allCases.firstIndex(of: auditClass) { events[index].increment() }
        }
    }
}
