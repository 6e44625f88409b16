import FilterAPI
import Telemetry

/// Why a tap itself did not offer a copy to its sink.
enum TapDropReason: String, CaseIterable {
    /// The record is a copy of a tap, or its topic is one that a tap writes to.
    case loop
    /// More copies in a second than there may be.
    case maxPerSecond = "max_per_second"
    /// Too much waits for acknowledgements.
    case pendingFull = "pending_full"
    /// The batch cannot be opened or read.
    case unreadable
    /// Nobody watches.
    case noWatcher = "no_watcher"
}

/// What taps count, beside what their sinks do: what matches is, in the end, sampled out, dropped here, or offered to the
/// sink.
final class TapMetrics: Sendable {
    private let labels: [String]
    private let matched: CounterFamily
    private let sampledOut: CounterFamily
    private let dropped: CounterFamily
    private let rejected: CounterFamily
    private let valuesDropped: CounterFamily
    private let pending: GaugeFamily

    init(_ context: FilterContext) {
        labels = [context.listener, context.name]
        let names = ["listener", "filter"]
        matched = context.metrics.counter(
            "sluice_tap_matched_total", help: "Records, or exchanges of messages, that taps are for.", labels: names)
        sampledOut = context.metrics.counter(
            "sluice_tap_sampled_out_total", help: "Of what taps are for, what sampling has left out.", labels: names)
        dropped = context.metrics.counter(
            "sluice_tap_dropped_total", help: "Of what taps are for, what they have not offered to their sinks.",
            labels: names + ["reason"])
        rejected = context.metrics.counter(
            "sluice_tap_rejected_total",
            help: "Records that taps would have been for, but the broker did not acknowledge them.", labels: names)
        valuesDropped = context.metrics.counter(
            "sluice_tap_values_dropped_total",
            help: "Values that were left out of copies since they are no JSON in which fields could be hidden.",
            labels: names)
        pending = context.metrics.gauge(
            "sluice_tap_pending_bytes", help: "Bytes of copies that wait for acknowledgements.", labels: names)
        let shared = context.metrics.shared
        for family in [matched, sampledOut, rejected, valuesDropped] { shared.increment(family, labels, by: 0) }
        for reason in TapDropReason.allCases { shared.increment(dropped, labels + [reason.rawValue], by: 0) }
    }

    /// The counters of an event loop.
    func counters(_ shard: MetricsShard) -> Counters {
        Counters(
            matched: shard.counter(matched, labels), sampledOut: shard.counter(sampledOut, labels),
            rejected: shard.counter(rejected, labels), valuesDropped: shard.counter(valuesDropped, labels),
            pendingBytes: shard.gauge(pending, labels),
            dropped: TapDropReason.allCases.map { shard.counter(dropped, labels + [$0.rawValue]) }, shard: shard)
    }

    struct Counters {
        let matched: Counter
        let sampledOut: Counter
        let rejected: Counter
        let valuesDropped: Counter
        let pendingBytes: Gauge
        private let dropped: [Counter]
        /// The counters live as long as it does.
        private let shard: MetricsShard

        fileprivate init(
            matched: Counter, sampledOut: Counter, rejected: Counter, valuesDropped: Counter, pendingBytes: Gauge,
            dropped: [Counter], shard: MetricsShard
        ) {
            self.matched = matched
            self.sampledOut = sampledOut
            self.rejected = rejected
            self.valuesDropped = valuesDropped
            self.pendingBytes = pendingBytes
            self.dropped = dropped
            self.shard = shard
        }

        /// How many were dropped.
        func dropped(_ reason: TapDropReason) -> UInt64 {
            TapDropReason.allCases.firstIndex(of: reason).map { dropped[$0].value } ?? 0
        }

        func drop(_ reason: TapDropReason, _ count: Int = 1) {
            guard let index = TapDropReason.allCases.firstIndex(of: reason) else { return }
            dropped[index].increment(by: UInt64(clamping: count))
        }
    }
}
