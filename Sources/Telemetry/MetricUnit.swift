/// The unit in which a histogram keeps its observations, and how it is shown.
public enum MetricUnit: Sendable, Hashable {
    /// Kept in nanoseconds, shown in seconds.
    case nanoseconds
    /// Kept and shown in bytes.
    case bytes

    /// A kept value in the base unit that is shown.
    func baseValue(_ value: UInt64) -> Double {
        switch self {
        case .nanoseconds: Double(value) / 1_000_000_000
        case .bytes: Double(value)
        }
    }
}
