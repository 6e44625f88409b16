import FilterAPI
import Telemetry

/// Counts what the filters of a listener do, on one event loop.
final class FilterActions {
    private struct Key: Hashable {
        let filter: String
        let action: String
    }

    private let listener: String
    private let shard: MetricsShard
    private let family: CounterFamily
    private var counters: [Key: Counter] = [:]

    init(listener: String, shard: MetricsShard, metrics: CoreMetrics) {
        self.listener = listener
        self.shard = shard
        self.family = metrics.filterActionsTotal
    }

    /// Counts what a filter did with a request. Requests that it let pass as they were are not counted.
    func count(_ filter: String, _ action: RequestAction, changed: Bool, dryRun: Bool) {
        let name: String
        switch action {
        case .forward:
            guard changed else { return }
            name = "change"
        case .answer: name = "answer"
        case .hold: name = "hold"
        case .inspect: return
        case .close: name = "close"
        }
        count(filter, dryRun ? "would_\(name)" : name)
    }

    /// Counts what a filter did with a response.
    func count(_ filter: String, _ action: ResponseAction, changed: Bool, dryRun: Bool) {
        let name: String
        switch action {
        case .forward:
            guard changed else { return }
            name = "change"
        case .hold: name = "hold"
        case .close: name = "close"
        }
        count(filter, dryRun ? "would_\(name)" : name)
    }

    /// Counts one action by its name.
    func count(_ filter: String, _ action: String) {
        let key = Key(filter: filter, action: action)
        if let counter = counters[key] { return counter.increment() }
        let counter = shard.counter(family, [listener, filter, action])
        counters[key] = counter
        counter.increment()
    }
}
