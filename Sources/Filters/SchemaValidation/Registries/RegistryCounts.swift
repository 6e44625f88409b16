import FilterAPI
import Telemetry

/// What is asked of one registry, counted over all event loops: it is not much.
struct RegistryCounts: Sendable {
    private let metrics: MetricsRegistry
    private let requests: CounterFamily
    private let schemas: GaugeFamily
    private let labels: [String]

    init(_ context: FilterContext, registry: String) {
        metrics = context.metrics
        labels = [context.listener, context.name, registry]
        let names = ["listener", "filter", "registry"]
        requests = metrics.counter(
            "sluice_schema_validation_registry_requests_total",
            help: "Requests to schema registries: ok, not_found, refused, error (another status) or unanswered.",
            labels: names + ["result"])
        schemas = metrics.gauge(
            "sluice_schema_validation_cached_schemas", help: "Schemas of a registry that are known.", labels: names)
        for result in ["ok", "unanswered"] { metrics.shared.increment(requests, labels + [result], by: 0) }
    }

    /// Counts a request.
    ///
    /// - Parameter status: of the answer; nil if there was none.
    func countRequest(status: Int?) {
        let result =
            switch status {
            case 200: "ok"
            case 404: "not_found"
            case 401, 403: "refused"
            case nil: "unanswered"
            default: "error"
            }
        metrics.shared.increment(requests, labels + [result])
    }

    /// Notes how many schemas are known.
    func note(schemas count: Int) {
        metrics.shared.set(schemas, labels, to: Int64(count))
    }
}
