import FilterAPI
import Telemetry

/// The metric families of rate limits.
struct RateLimitFamilies: Sendable {
    let allowed: CounterFamily
    let throttled: CounterFamily
    let throttleSeconds: HistogramFamily
    let rejected: CounterFamily
    let buckets: GaugeFamily
    let refusedConnections: CounterFamily
    let openConnections: GaugeFamily

    /// From a millisecond to ten minutes.
    private static let bounds: [UInt64] = [
        1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 600_000,
    ].map { $0 * 1_000_000 }

    init(_ metrics: MetricsRegistry) {
        let labels = ["listener", "filter", "limit"]
        allowed = metrics.counter(
            "sluice_rate_limit_allowed_total", help: "Requests that a limit let pass without slowing the client.",
            labels: labels)
        throttled = metrics.counter(
            "sluice_rate_limit_throttled_total", help: "Requests for which a limit slowed the client.", labels: labels)
        throttleSeconds = metrics.histogram(
            "sluice_rate_limit_throttle_seconds", help: "Time for which limits slowed clients, in seconds.",
            labels: labels, unit: .nanoseconds, upperBounds: Self.bounds)
        rejected = metrics.counter(
            "sluice_rate_limit_rejected_total", help: "Requests that a limit answered with an error.", labels: labels)
        buckets = metrics.gauge(
            "sluice_rate_limit_buckets", help: "Buckets that a limit has at this moment.", labels: labels)
        refusedConnections = metrics.counter(
            "sluice_rate_limit_connections_refused_total",
            help: "Connections that were closed at accept, by the limit that they were over.",
            labels: ["listener", "filter", "reason"])
        openConnections = metrics.gauge(
            "sluice_rate_limit_connections", help: "Connections that a filter has let in and that are open.",
            labels: ["listener", "filter"])
    }
}

/// What one limit has done, counted on one event loop.
final class LimitCounters {
    private let allowed: Counter
    private let throttled: Counter
    private let throttleTime: Histogram
    private let rejected: Counter

    init(_ families: RateLimitFamilies, _ labels: [String], _ shard: MetricsShard) {
        allowed = shard.counter(families.allowed, labels)
        throttled = shard.counter(families.throttled, labels)
        throttleTime = shard.histogram(families.throttleSeconds, labels)
        rejected = shard.counter(families.rejected, labels)
    }

    /// Counts a request that passed.
    ///
    /// - Parameter nanoseconds: how long the client is slowed for it; 0 if it is not.
    @inline(__always)
    func countPassed(slowedFor nanoseconds: Int64) {
        if nanoseconds == 0 { allowed.increment() } else { countSlowed(nanoseconds) }
    }

    /// Counts a request for which the client is slowed.
    func countSlowed(_ nanoseconds: Int64) {
        throttled.increment()
        throttleTime.observe(UInt64(max(0, nanoseconds)))
    }

    /// Counts a request that was answered with an error.
    func countRejected() {
        rejected.increment()
    }
}
