import FilterAPI
import KafkaWire
import NIOCore
import Synchronization
import Telemetry

/// What became of a right that was asked for.
enum DecisionResult: String, CaseIterable {
    case allowed
    case denied
    /// What lacks it was left out of an answer, or marked in it.
    case hidden
}

/// What one authorization filter has decided, on all event loops and over reloads.
final class DecisionAccount: Sendable {
    private let filter: String
    private let metrics: MetricsRegistry
    private let decisions: CounterFamily
    private let denials: CounterFamily
    private let dropped: CounterFamily
    private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<LoopDecisions>]>([:])

    init(_ context: FilterContext) {
        filter = context.name
        metrics = context.metrics
        decisions = metrics.counter(
            "sluice_authorization_decisions_total",
            help: "Rights that authorization filters have decided on: allowed, denied, or hidden in an answer.",
            labels: ["filter", "result", "operation"])
        denials = metrics.counter(
            "sluice_authorization_denials_total",
            help: "Requests of which authorization filters have denied something, or would have in a dry run.",
            labels: ["filter", "api"])
        dropped = metrics.counter(
            "sluice_authorization_log_lines_dropped_total",
            help: "Decisions that were not logged since there were more than log_rate.", labels: ["filter"])
        // So that they are shown before the first decision.
        metrics.shared.increment(dropped, [filter], by: 0)
        for result in [DecisionResult.allowed, .denied] {
            metrics.shared.increment(decisions, [filter, result.rawValue, Operation.describe.name], by: 0)
        }
    }

    /// Counts a line that was not written.
    func countDropped() {
        metrics.shared.increment(dropped, [filter])
    }

    /// What counts on an event loop; called on it.
    func onLoop(_ loop: any EventLoop) -> LoopDecisions {
        let key = ObjectIdentifier(loop)
        if let known = loops.withLock({ $0[key] }) { return known.value }
        let own = LoopDecisions(filter: filter, decisions: decisions, denials: denials)
        let bound = NIOLoopBound(own, eventLoop: loop)
        loops.withLock { $0[key] = bound }
        metrics.attach { visit in
            let snapshot = try? await loop.submit { bound.value.shard.perform(visit) }.get()
            return snapshot ?? ShardSnapshot()
        }
        return own
    }
}

/// Counts on one event loop.
final class LoopDecisions {
    let shard = MetricsShard()
    private let filter: String
    private let decisions: CounterFamily
    private let denials: CounterFamily
    private var byOperation: [Counter?]
    private var byAPI: [APIKey: Counter] = [:]

    init(filter: String, decisions: CounterFamily, denials: CounterFamily) {
        self.filter = filter
        self.decisions = decisions
        self.denials = denials
        byOperation = Array(repeating: nil, count: DecisionResult.allCases.count * 32)
    }

    /// Counts a decision on a right.
    func count(_ result: DecisionResult, _ operation: Operation) {
        let row = result == .allowed ? 0 : result == .denied ? 1 : 2
        let place = row * 32 + Int(operation.rawValue)
        if let counter = byOperation[place] { return counter.increment() }
        let counter = shard.counter(decisions, [filter, result.rawValue, operation.name])
        byOperation[place] = counter
        counter.increment()
    }

    /// Counts a request of which something was denied.
    func countDenial(_ key: APIKey) {
        if let counter = byAPI[key] { return counter.increment() }
        let counter = shard.counter(denials, [filter, "\(key)"])
        byAPI[key] = counter
        counter.increment()
    }
}
