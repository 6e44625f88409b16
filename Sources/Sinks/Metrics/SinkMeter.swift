package import FilterAPI
package import NIOCore
import Telemetry

/// What one filter's sink has taken, written and dropped: every record that is offered is, in the end, either.
package final class SinkMeter: Sendable, LineObserver {
    private let labels: [String]
    private let registry: MetricsRegistry
    private let offered: CounterFamily
    private let written: CounterFamily
    private let writtenBytes: CounterFamily
    private let dropped: CounterFamily
    private let queuedRecords: GaugeFamily
    private let queuedBytes: GaugeFamily
    private let delay: HistogramFamily
    private let errors: CounterFamily

    /// From a millisecond to two minutes.
    private static let delayBounds: [UInt64] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000,
    ].map { $0 * 1_000_000 }

    /// The meter of a filter's sink.
    package init(_ context: FilterContext) {
        labels = [context.listener, context.name]
        registry = context.metrics
        let names = ["listener", "filter"]
        offered = registry.counter(
            "sluice_sink_offered_total", help: "Records that filters have offered to their sinks.", labels: names)
        written = registry.counter(
            "sluice_sink_written_total", help: "Records that sinks have written.", labels: names)
        writtenBytes = registry.counter(
            "sluice_sink_written_bytes_total", help: "Bytes of the records that sinks have written.", labels: names)
        dropped = registry.counter(
            "sluice_sink_dropped_total", help: "Records that sinks have dropped.", labels: names + ["reason"])
        queuedRecords = registry.gauge(
            "sluice_sink_queued", help: "Records that wait in sinks to be written.", labels: names)
        queuedBytes = registry.gauge(
            "sluice_sink_queued_bytes", help: "Bytes that wait in sinks to be written.", labels: names)
        delay = registry.histogram(
            "sluice_sink_delay_seconds",
            help: "Time from the offer of a record until it was written; for each batch, of its oldest record.",
            labels: names, unit: .nanoseconds, upperBounds: Self.delayBounds)
        errors = registry.counter(
            "sluice_sink_errors_total", help: "Failures of writing, opening or rotating what sinks write to.",
            labels: names)
        // So that they are shown before the first record.
        registry.shared.increment(offered, labels, by: 0)
        registry.shared.increment(written, labels, by: 0)
        registry.shared.increment(writtenBytes, labels, by: 0)
        for reason in SinkDropReason.allCases { registry.shared.increment(dropped, labels + [reason.rawValue], by: 0) }
        registry.shared.increment(errors, labels, by: 0)
    }

    /// The part of an event loop.
    func counters(_ shard: MetricsShard) -> Counters {
        Counters(
            offered: shard.counter(offered, labels), queuedRecords: shard.gauge(queuedRecords, labels),
            queuedBytes: shard.gauge(queuedBytes, labels),
            dropped: SinkDropReason.allCases.map { shard.counter(dropped, labels + [$0.rawValue]) }, shard: shard)
    }

    // MARK: - From any thread

    package func written(_ records: Int, bytes: Int, since: NIODeadline?) {
        leave(records, bytes)
        registry.shared.increment(written, labels, by: UInt64(clamping: records))
        registry.shared.increment(writtenBytes, labels, by: UInt64(clamping: bytes))
        guard let since else { return }
        registry.shared.observe(delay, labels, UInt64(clamping: (NIODeadline.now() - since).nanoseconds))
    }

    package func dropped(_ records: Int, bytes: Int, _ reason: SinkDropReason) {
        leave(records, bytes)
        registry.shared.increment(dropped, labels + [reason.rawValue], by: UInt64(clamping: records))
    }

    package func failed() {
        registry.shared.increment(errors, labels)
    }

    private func leave(_ records: Int, _ bytes: Int) {
        registry.shared.add(queuedRecords, labels, -Int64(clamping: records))
        registry.shared.add(queuedBytes, labels, -Int64(clamping: bytes))
    }

    // MARK: - On an event loop

    /// What one event loop counts, without a lock.
    struct Counters {
        private let offered: Counter
        private let queuedRecords: Gauge
        private let queuedBytes: Gauge
        private let dropped: [Counter]
        /// The counters live as long as it does.
        private let shard: MetricsShard

        fileprivate init(
            offered: Counter, queuedRecords: Gauge, queuedBytes: Gauge, dropped: [Counter], shard: MetricsShard
        ) {
            self.offered = offered
            self.queuedRecords = queuedRecords
            self.queuedBytes = queuedBytes
            self.dropped = dropped
            self.shard = shard
        }

        /// A record was taken.
        @inline(__always)
        func accept(bytes: Int) {
            offered.increment()
            queuedRecords.increment()
            queuedBytes.increment(by: Int64(bytes))
        }

        /// A record was not taken after all; ``drop(_:)`` is to say why.
        func takeBack(bytes: Int) {
            offered.value &-= 1
            queuedRecords.decrement()
            queuedBytes.decrement(by: Int64(bytes))
        }

        /// Records were not taken.
        func drop(_ reason: SinkDropReason, _ count: Int = 1) {
            offered.increment(by: UInt64(clamping: count))
            if let index = SinkDropReason.allCases.firstIndex(of: reason) {
                dropped[index].increment(by: UInt64(clamping: count))
            }
        }
    }
}
