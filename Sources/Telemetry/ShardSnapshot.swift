/// The values of one shard at one moment, to be carried off its loop.
public struct ShardSnapshot: Sendable {
    /// The series of one family: label values and numbers at the same positions.
    struct Series<Value: Sendable>: Sendable {
        // Shared with the shard until it gets another series, so that a scrape copies numbers only.
        var labelValues: [[String]]
        var values: [Value]
    }

    /// The numbers of one histogram.
    struct HistogramValue: Sendable {
        var buckets: [UInt64]
        var sum: UInt64
    }

    var counters: [Int: Series<UInt64>] = [:]
    var gauges: [Int: Series<Int64>] = [:]
    var histograms: [Int: Series<HistogramValue>] = [:]

    /// A snapshot without series: what a shard that is gone answers.
    public init() {}
}
