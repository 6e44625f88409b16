/// What ``MetricsRegistry`` asks of every shard, on the shard's own loop.
public struct ShardVisit: Sendable {
    enum Action: Sendable {
        case snapshot
        case reset
        case remove(family: MetricFamily, labelValues: [String])
    }

    let action: Action
}
