import Synchronization

/// A shard behind a lock, for code that runs on no event loop: configuration, timers, signals.
///
/// Never used for each frame.
public final class SharedMetrics: Sendable {
    private let shard = Mutex(MetricsShard())

    /// Adds to a counter.
    ///
    /// - Parameters:
    ///   - family: the family.
    ///   - labelValues: as many as the family has labels, in their order.
    ///   - amount: what to add, 1 unless told otherwise.
    public func increment(_ family: CounterFamily, _ labelValues: [String] = [], by amount: UInt64 = 1) {
        shard.withLock { $0.counter(family, labelValues).increment(by: amount) }
    }

    /// Adds to a gauge, or takes from it.
    ///
    /// - Parameters:
    ///   - family: the family.
    ///   - labelValues: as many as the family has labels, in their order.
    ///   - amount: what to add; negative to take away.
    public func add(_ family: GaugeFamily, _ labelValues: [String] = [], _ amount: Int64) {
        shard.withLock { $0.gauge(family, labelValues).increment(by: amount) }
    }

    /// Puts a gauge to a value.
    ///
    /// - Parameters:
    ///   - family: the family.
    ///   - labelValues: as many as the family has labels, in their order.
    ///   - value: the new value.
    public func set(_ family: GaugeFamily, _ labelValues: [String] = [], to value: Int64) {
        shard.withLock { $0.gauge(family, labelValues).set(value) }
    }

    /// Counts one observation in a histogram.
    ///
    /// - Parameters:
    ///   - family: the family.
    ///   - labelValues: as many as the family has labels, in their order.
    ///   - value: what was observed, in nanoseconds or bytes.
    public func observe(_ family: HistogramFamily, _ labelValues: [String] = [], _ value: UInt64) {
        shard.withLock { $0.histogram(family, labelValues).observe(value) }
    }

    func perform(_ visit: ShardVisit) -> ShardSnapshot {
        shard.withLock { $0.perform(visit) }
    }
}
