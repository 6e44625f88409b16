import FilterAPI
import Telemetry

/// The metric families of schema validations.
struct ValidationFamilies: Sendable {
    let records: CounterFamily
    let rejections: CounterFamily
    let seconds: HistogramFamily

    /// From a microsecond to a second.
    private static let bounds: [UInt64] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000, 1_000_000,
    ].map { $0 * 1000 }

    init(_ metrics: MetricsRegistry) {
        let labels = ["listener", "filter", "rule"]
        records = metrics.counter(
            "sluice_schema_validation_records_total",
            help: "Records that rules were for: valid, invalid, or unchecked since a registry did not answer.",
            labels: labels + ["result"])
        rejections = metrics.counter(
            "sluice_schema_validation_rejections_total",
            help:
                "Batches that were rejected, or would have been in a dry run, by the reason of their first bad record.",
            labels: labels + ["reason"])
        seconds = metrics.histogram(
            "sluice_schema_validation_seconds",
            help: "Time spent on checking a request, in seconds, without waiting for registries.",
            labels: ["listener", "filter"], unit: .nanoseconds, upperBounds: Self.bounds)
    }
}

/// What was checked and rejected, counted on one event loop.
final class ValidationCounters {
    /// What is counted of one rule.
    private struct OfRule {
        let name: String
        let valid: Counter
        let invalid: Counter
        let unchecked: Counter
        var rejections: [RejectionReason: Counter] = [:]
    }

    private var rules: [OfRule]
    private let seconds: Histogram
    private let labels: [String]
    private let families: ValidationFamilies
    private let shard: MetricsShard
    private var unknownTopics: Counter?

    init(_ families: ValidationFamilies, labels: [String], rules: [String], shard: MetricsShard) {
        self.families = families
        self.labels = labels
        self.shard = shard
        seconds = shard.histogram(families.seconds, labels)
        self.rules = rules.map { name in
            let labels = labels + [name]
            return OfRule(
                name: name, valid: shard.counter(families.records, labels + ["valid"]),
                invalid: shard.counter(families.records, labels + ["invalid"]),
                unchecked: shard.counter(families.records, labels + ["unchecked"]))
        }
    }

    /// Counts records of a batch.
    func count(rule: Int, valid: Int, invalid: Int, unchecked: Int) {
        guard rules.indices.contains(rule) else { return }
        rules[rule].valid.increment(by: UInt64(max(0, valid)))
        rules[rule].invalid.increment(by: UInt64(max(0, invalid)))
        if unchecked > 0 { rules[rule].unchecked.increment(by: UInt64(unchecked)) }
    }

    /// Counts the batch of a partition that was rejected; without a rule for one whose topic is not known.
    func countRejection(rule: Int?, _ reason: RejectionReason) {
        guard let rule, rules.indices.contains(rule) else {
            let counter =
                unknownTopics ?? shard.counter(families.rejections, labels + ["", reason.rawValue])
            unknownTopics = counter
            return counter.increment()
        }
        if let counter = rules[rule].rejections[reason] { return counter.increment() }
        let counter = shard.counter(families.rejections, labels + [rules[rule].name, reason.rawValue])
        rules[rule].rejections[reason] = counter
        counter.increment()
    }

    /// Notes how long the records of a request took.
    func observe(_ time: Duration) {
        let (seconds, attoseconds) = time.components
        self.seconds.observe(
            UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000))
    }
}
