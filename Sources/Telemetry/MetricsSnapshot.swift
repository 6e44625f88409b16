/// All families with the values of all shards merged, at one moment.
public struct MetricsSnapshot: Sendable {
    /// The value of one series.
    public enum Value: Sendable, Equatable {
        /// A counter's value.
        case counter(UInt64)
        /// A gauge's value.
        case gauge(Int64)
        /// A value that a sampled family gave.
        case sampled(Double)
        /// A histogram: the counts of its buckets (not cumulative, one more than there are bounds) and the sum, in nanoseconds or bytes.
        case histogram(buckets: [UInt64], sum: UInt64)
    }

    /// One series.
    public struct Series: Sendable, Equatable {
        /// As many as the family has labels, in their order.
        public var labelValues: [String]
        /// The value.
        public var value: Value
    }

    /// One family and its series, ordered by label values.
    public struct Family: Sendable {
        /// The declaration.
        public var family: MetricFamily
        /// The series.
        public var series: [Series]
    }

    /// The families, ordered by name.
    public var families: [Family]

    /// The families with some names.
    ///
    /// - Parameter isWanted: whether a name is one of them.
    /// - Returns: a snapshot of these families only.
    public func filtered(by isWanted: (_ name: String) -> Bool) -> MetricsSnapshot {
        MetricsSnapshot(families: families.filter { isWanted($0.family.name) })
    }

    /// The value of one series, mostly for tests.
    ///
    /// - Parameters:
    ///   - name: the family's name.
    ///   - labelValues: as many as the family has labels, in their order.
    /// - Returns: the value, or `nil` if there is no such series.
    public func value(_ name: String, _ labelValues: [String] = []) -> Value? {
        let family = families.first { $0.family.name == name }
        return family?.series.first { $0.labelValues == labelValues }?.value
    }
}
