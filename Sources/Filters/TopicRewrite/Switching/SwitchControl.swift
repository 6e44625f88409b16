package import FilterAPI
import KafkaWire
import Logging
package import Settings
import Synchronization

/// Shows operators the rules with their targets, and switches them.
package struct SwitchControl: FilterControl {
    private let views: SwitchedViews
    private let cluster: any ClusterView
    private let logger: Logger
    private let name: String

    init(_ views: SwitchedViews, context: FilterContext) {
        self.views = views
        cluster = context.cluster
        logger = context.logger
        name = context.name
    }

    private var board: SwitchBoard { views.board }

    /// All rules, with the targets of those that have some to choose from.
    package func status() async -> JSONValue {
        .object([.init("rules", .array(board.rules.enumerated().map { status(of: $1, $0) }))])
    }

    private func status(of rule: RewriteRule, _ index: Int) -> JSONValue {
        var members: [JSONValue.Member] = [.init("name", .string(rule.name))]
        switch rule.mapping {
        case .prefix(let prefix, let replacement):
            members += [.init("prefix", .string(prefix)), .init("to_prefix", .string(replacement))]
        case .topic(let topic, let targets):
            members.append(.init("topic", .string(topic)))
            guard let choice = board.choice(of: index) else {
                members.append(.init("to", .string(targets.targets[0].topic)))
                break
            }
            if case .active(let active) = choice, targets.targets.indices.contains(active) {
                members.append(.init("active", .string(targets.targets[active].name)))
            }
            if case .weights(let weights) = choice {
                members.append(
                    .init(
                        "weights",
                        .object(zip(targets.targets, weights).map { .init($0.name, .integer($1)) })))
                members.append(.init("sticky_by", .string(targets.stickyBy.rawValue)))
            }
            members.append(.init("targets", .array(targets.targets.map { status(of: $0, rule) })))
        }
        return .object(members)
    }

    private func status(of target: RuleTargets.Target, _ rule: RewriteRule) -> JSONValue {
        let place = TargetCensus.Place(rule: rule.name, target: target.name)
        let count = board.memory.census.withLock { $0.count(place) }
        return .object([
            .init("name", .string(target.name)), .init("topic", .string(target.topic)),
            .init("connections", .integer(count.connections)), .init("clients", .integer(count.clients)),
        ])
    }

    package func prepare(rule: String, settings: [FilterSetting]) async throws(FilterControlError) -> FilterChange {
        guard let index = board.rules.firstIndex(where: { $0.name == rule }) else {
            throw .unknownRule(board.rules.map(\.name))
        }
        guard let targets = board.rules[index].choices, let before = board.choice(of: index) else {
            throw .invalid("the rule has only one target: it can be changed in the configuration")
        }
        let after = try SwitchRequest(settings, of: targets).choice
        let summary = "\(rule): \(before.text(targets)) -> \(after.text(targets))"
        guard after != before else { return FilterChange(summary: "\(rule) is \(after.text(targets)) already") {} }
        let known = try await describe(targets)
        if let objection = TargetCheck.objection(
            targets.shares(from: before, to: after), isStrict: true, known: { known[$0] ?? .unknown })
        {
            throw .refused(objection)
        }
        return FilterChange(summary: summary) { [self] in
            guard board.choose(after, rule: index) else { return }
            views.metrics.switched(board.rules[index])
            logger.notice("targets switched", metadata: ["filter": "\(name)", "change": "\(summary)"])
        }
    }

    /// What the cluster says of the targets' topics, or if it cannot be asked, what has been seen of them.
    private func describe(_ targets: RuleTargets) async throws(FilterControlError) -> [String: TargetCheck.Known] {
        let topics = targets.targets.map(\.topic)
        do {
            let answers = try await cluster.describe(topics)
            return Dictionary(
                answers.map { ($0.name, $0.error == .none ? .partitions($0.partitions) : .missing($0.error)) },
                uniquingKeysWith: { first, _ in first })
        } catch {
            let seen = topics.compactMap { topic in
                cluster.partitions(of: topic).map { (topic, TargetCheck.Known.partitions($0)) }
            }
            guard seen.count == topics.count else {
                throw .refused("the cluster cannot be asked for the targets: \(error)")
            }
            return Dictionary(seen, uniquingKeysWith: { first, _ in first })
        }
    }
}
