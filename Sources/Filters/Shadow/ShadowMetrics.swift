import FilterAPI
import KafkaClient
import NIOCore
import Telemetry

/// How a batch that was chosen has ended.
enum ShadowResult: String, CaseIterable {
    /// It is in the shadow.
    case delivered
    /// The shadow did not take it.
    case failed
    /// It was not copied, or its copy not sent.
    case dropped
    /// The primary refused it, so that no copy was sent.
    case primaryFailed = "primary_failed"
    /// The connection ended before the primary answered, so that no copy was sent.
    case unanswered
    /// It would have been copied, were this not a dry run.
    case wouldCopy = "would_copy"
}

/// Why a batch was dropped.
enum ShadowDropReason: String, CaseIterable {
    /// As much waits as may.
    case bufferFull = "buffer_full"
    /// The request alone is larger than what may wait. It is not looked into, and counts as one batch.
    case tooLarge = "too_large"
    /// It names its topic by an ID that is not known here.
    case unknownTopic = "unknown_topic"
    /// The name of the copy's topic would be no name of a topic.
    case illegalName = "illegal_name"
    /// Copies go to as many topics already as they may.
    case tooManyTopics = "too_many_topics"
    /// It is of a format before Kafka 0.11.
    case oldFormat = "old_format"
    /// It is no batch of records that a producer may send.
    case unreadable
    /// The shadow ends.
    case shutDown = "shut_down"
}

/// In what the two clusters differ about one batch.
enum ShadowDifference: String, CaseIterable {
    /// The primary has it, and the shadow does not.
    case shadowFailed = "shadow_failed"
    /// The shadow has it, and the primary does not.
    case primaryFailed = "primary_failed"
}

/// What a shadow counts: each batch that is chosen has one result in the end.
final class ShadowMetrics: Sendable {
    private let labels: [String]
    private let registry: MetricsRegistry
    private let batches: CounterFamily
    private let pending: GaugeFamily
    private let buffered: GaugeFamily
    private let records: CounterFamily
    private let bytes: CounterFamily
    private let dropped: CounterFamily
    private let failed: CounterFamily
    private let differences: CounterFamily
    private let delay: HistogramFamily

    /// From a millisecond to two minutes.
    private static let delayBounds: [UInt64] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000,
    ].map { $0 * 1_000_000 }

    init(_ context: FilterContext) {
        labels = [context.listener, context.name]
        registry = context.metrics
        let names = ["listener", "filter"]
        batches = registry.counter(
            "sluice_shadow_batches_total", help: "Batches that shadows have chosen, by how they ended.",
            labels: names + ["result"])
        pending = registry.gauge(
            "sluice_shadow_pending_batches", help: "Batches that shadows have chosen, and that have not ended.",
            labels: names)
        buffered = registry.gauge(
            "sluice_shadow_buffered_bytes", help: "Bytes of the copies that shadows hold.", labels: names)
        records = registry.counter(
            "sluice_shadow_records_total", help: "Records in batches that shadows have delivered.", labels: names)
        bytes = registry.counter(
            "sluice_shadow_bytes_total", help: "Bytes of the batches that shadows have delivered.", labels: names)
        dropped = registry.counter(
            "sluice_shadow_dropped_total", help: "Batches that shadows have dropped, by the reason.",
            labels: names + ["reason"])
        failed = registry.counter(
            "sluice_shadow_failed_total", help: "Copies that a shadow's cluster did not take, by the reason.",
            labels: names + ["reason"])
        differences = registry.counter(
            "sluice_shadow_differences_total",
            help: "Batches that one of the two clusters has taken and the other has not.", labels: names + ["kind"])
        delay = registry.histogram(
            "sluice_shadow_delay_seconds",
            help: "Time from when a copy could be sent until the shadow's cluster had acknowledged it.", labels: names,
            unit: .nanoseconds, upperBounds: Self.delayBounds)
        // So that they are shown before the first batch.
        let shared = registry.shared
        for result in ShadowResult.allCases { shared.increment(batches, labels + [result.rawValue], by: 0) }
        for reason in ShadowDropReason.allCases { shared.increment(dropped, labels + [reason.rawValue], by: 0) }
        for kind in ShadowDifference.allCases { shared.increment(differences, labels + [kind.rawValue], by: 0) }
        shared.increment(records, labels, by: 0)
        shared.increment(bytes, labels, by: 0)
    }

    /// The part of an event loop.
    func counters(_ shard: MetricsShard) -> Counters {
        Counters(
            results: ShadowResult.allCases.map { shard.counter(batches, labels + [$0.rawValue]) },
            dropped: ShadowDropReason.allCases.map { shard.counter(dropped, labels + [$0.rawValue]) },
            pending: shard.gauge(pending, labels), buffered: shard.gauge(buffered, labels))
    }

    // MARK: - From any thread

    /// A copy that was handed to the producer has ended.
    func count(_ outcome: ProducerOutcome) {
        let shared = registry.shared
        shared.add(pending, labels, -1)
        shared.add(buffered, labels, -Int64(clamping: outcome.bytes))
        switch outcome.result {
        case .delivered:
            shared.increment(batches, labels + [ShadowResult.delivered.rawValue])
            shared.increment(records, labels, by: UInt64(clamping: outcome.records))
            shared.increment(bytes, labels, by: UInt64(clamping: outcome.bytes))
            guard let since = outcome.since else { return }
            shared.observe(delay, labels, UInt64(clamping: (NIODeadline.now() - since).nanoseconds))
        case .failed(let failure):
            shared.increment(batches, labels + [ShadowResult.failed.rawValue])
            shared.increment(failed, labels + [failure.kind])
        }
    }

    /// The two clusters differ.
    func count(_ difference: ShadowDifference) {
        registry.shared.increment(differences, labels + [difference.rawValue])
    }

    // MARK: - On an event loop

    /// What one event loop counts, without a lock.
    struct Counters {
        private let results: [Counter]
        private let dropped: [Counter]
        private let pending: Gauge
        private let buffered: Gauge

        fileprivate init(results: [Counter], dropped: [Counter], pending: Gauge, buffered: Gauge) {
            self.results = results
            self.dropped = dropped
            self.pending = pending
            self.buffered = buffered
        }

        /// A copy was made.
        func copied(bytes: Int) {
            pending.increment()
            buffered.increment(by: Int64(bytes))
        }

        /// A copy ends that was not handed to the producer.
        func ended(_ result: ShadowResult, bytes: Int) {
            pending.decrement()
            buffered.increment(by: -Int64(bytes))
            count(result)
        }

        /// A batch ends of which no copy was made.
        func count(_ result: ShadowResult) {
            if let index = ShadowResult.allCases.firstIndex(of: result) { results[index].increment() }
        }

        /// A batch was dropped of which no copy was made.
        func drop(_ reason: ShadowDropReason) {
            note(reason)
            count(.dropped)
        }

        /// Says why a copy ends as dropped.
        func note(_ reason: ShadowDropReason) {
            if let index = ShadowDropReason.allCases.firstIndex(of: reason) { dropped[index].increment() }
        }
    }
}
