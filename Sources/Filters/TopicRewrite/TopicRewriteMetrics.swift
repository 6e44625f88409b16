import FilterAPI
import Telemetry

/// What topic rewrites count.
struct TopicRewriteMetrics: Sendable {
    private let labels: [String]
    private let rules: [RewriteRule]
    let requests: CounterFamily
    let refused: CounterFamily
    let inconsistentLeaders: CounterFamily

    init(_ configuration: TopicRewriteConfiguration, _ context: FilterContext) {
        labels = [context.listener, context.name]
        rules = configuration.rules
        requests = context.metrics.counter(
            "sluice_topic_rewrite_requests_total",
            help: "Requests that name a topic on which a rule of a topic rewrite decides, by rule and target.",
            labels: ["listener", "filter", "rule", "target"])
        refused = context.metrics.counter(
            "sluice_topic_rewrite_refused_total",
            help: "Requests in which a topic rewrite has refused a name, by the reason.",
            labels: ["listener", "filter", "reason"])
        inconsistentLeaders = context.metrics.counter(
            "sluice_topic_rewrite_inconsistent_leaders_total",
            help: "Leaders of classic groups that were refused since they have no name for a topic of another member.",
            labels: ["listener", "filter"])
        // So that they are shown before the first request.
        for rule in rules {
            for target in rule.targetNames {
                context.metrics.shared.increment(requests, labels + [rule.name, target], by: 0)
            }
        }
        for reason in RefusalReason.allCases {
            context.metrics.shared.increment(refused, labels + [reason.rawValue], by: 0)
        }
        context.metrics.shared.increment(inconsistentLeaders, labels, by: 0)
    }

    /// The counters of one connection.
    func handles(_ shard: MetricsShard) -> Handles {
        Handles(metrics: self, shard: shard)
    }

    /// Why a request was refused, for a label.
    enum RefusalReason: String, CaseIterable {
        case taken
        case hidden
        case illegal
        case `internal`
        case topicID = "topic_id"
        case expression
        case resource

        init(_ refusal: TopicRefusal) {
            self =
                switch refusal {
                case .taken: .taken
                case .hidden: .hidden
                case .illegal: .illegal
                case .internal: .internal
                }
        }
    }

    /// Counters, made when they are first used. Belong to one event loop.
    final class Handles {
        private let metrics: TopicRewriteMetrics
        private let shard: MetricsShard
        private var requests: [Int: Counter] = [:]

        init(metrics: TopicRewriteMetrics, shard: MetricsShard) {
            self.metrics = metrics
            self.shard = shard
        }

        /// Counts a request on which a rule has decided.
        func countRequest(rule: Int, _ view: TopicView) {
            let target = view.selection.target(of: rule) ?? 0
            let key = rule << 16 | target
            if let counter = requests[key] { return counter.increment() }
            guard metrics.rules.indices.contains(rule) else { return }
            let names = metrics.rules[rule].targetNames
            let labels = [metrics.rules[rule].name, names.indices.contains(target) ? names[target] : ""]
            let counter = shard.counter(metrics.requests, metrics.labels + labels)
            requests[key] = counter
            counter.increment()
        }

        /// Counts a request of which something was refused.
        func countRefused(_ reason: RefusalReason) {
            shard.counter(metrics.refused, metrics.labels + [reason.rawValue]).increment()
        }

        /// Counts a leader that cannot assign.
        func countInconsistentLeader() {
            shard.counter(metrics.inconsistentLeaders, metrics.labels).increment()
        }
    }
}

extension RewriteRule {
    /// What its targets are called in metrics: for a rule with one it is the topic, or what names begin with.
    var targetNames: [String] {
        switch mapping {
        case .prefix(_, let replacement): [replacement]
        case .topic(_, let targets): targets.targets.map { $0.name.isEmpty ? $0.topic : $0.name }
        }
    }
}
