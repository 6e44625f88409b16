package import FilterAPI
import KafkaMessages
import KafkaWire
import Logging
import Telemetry

/// Views whose targets can be changed under running clients.
package final class SwitchedViews: ViewSource {
    let board: SwitchBoard
    let selector: RuleSelector
    let cache: ViewCache
    let metrics: SwitchMetrics
    /// The rules with targets to choose from.
    let switched: Set<Int>
    /// By topic at the broker, the rules that may lead there.
    let rulesByTarget: [String: [Int]]
    /// Their topics, as clients call them.
    let switchedTopics: [String]
    private let logger: Logger
    private let registry: MetricsRegistry
    private let conflictsTotal: CounterFamily
    private let labels: [String]

    /// Views of a configuration.
    ///
    /// - Parameters:
    ///   - configuration: the settings.
    ///   - context: of the filter.
    ///   - former: the views of the filter that is replaced at a reload: what it knows of clients is taken over, and what
    ///     operators chose for rules that stay as they are.
    package init(
        _ configuration: TopicRewriteConfiguration, context: FilterContext, replacing former: SwitchedViews? = nil
    ) {
        board = SwitchBoard(configuration.rules, limits: configuration.switching, replacing: former?.board)
        selector = RuleSelector(configuration)
        cache = ViewCache(configuration)
        metrics = SwitchMetrics(context)
        var switched: Set<Int> = []
        var rulesByTarget: [String: [Int]] = [:]
        for (index, rule) in configuration.rules.enumerated() {
            guard let targets = rule.choices else { continue }
            switched.insert(index)
            for target in targets.targets { rulesByTarget[target.topic, default: []].append(index) }
        }
        self.switched = switched
        self.rulesByTarget = rulesByTarget
        switchedTopics = switched.sorted().compactMap { index in
            guard case .topic(let topic, _) = configuration.rules[index].mapping else { return nil }
            return topic
        }
        logger = context.logger
        registry = context.metrics
        labels = [context.listener, context.name]
        conflictsTotal = registry.counter(
            "sluice_topic_rewrite_group_conflicts_total",
            help: "Members that could not join since another group of their client has another target.",
            labels: ["listener", "filter"])
    }

    /// True if a rule with targets may apply to requests of the client.
    func concerns(_ client: ClientIdentity) -> Bool {
        switched.contains { board.rules[$0].when?.covers(client, api: nil) ?? true }
    }

    /// A member cannot join: another group of the same client has chosen another target.
    func conflicts(group: String, with other: String, topic: String, client: ClientKey) {
        registry.shared.increment(conflictsTotal, labels)
        logger.warning(
            "two groups of one client have different targets: give their consumers different client IDs",
            metadata: [
                "topic": "\(topic)", "group": "\(group)", "other": "\(other)", "client_id": "\(client.clientID ?? "")",
                "address": "\(client.address)",
            ])
    }

    package func makeConnectionViews(_ connection: ConnectionContext) -> any ConnectionViews {
        SwitchedConnectionViews(self, connection)
    }

    package func makeConnectionViews(
        _ connection: ConnectionContext, replacing former: any ConnectionViews
    ) -> any ConnectionViews {
        let views = SwitchedConnectionViews(self, connection)
        if let former = former as? SwitchedConnectionViews { views.takeOver(former) }
        return views
    }
}
