import FilterAPI
import Synchronization

/// Which target each rule has at this moment: changed by operators, read by all connections.
///
/// A choice that was made by an operator outlives a reload that leaves the rule as it is.
final class SwitchBoard: Sendable {
    /// The rules of the configuration.
    let rules: [RewriteRule]
    let memory: SwitchMemory
    private let choices: Mutex<[RuleTargets.Choice?]>

    /// The board of a filter that starts, or takes the place of another.
    ///
    /// - Parameters:
    ///   - rules: the rules of its configuration.
    ///   - limits: for a filter that starts.
    ///   - former: the board of the filter that is replaced.
    init(_ rules: [RewriteRule], limits: SwitchLimits, replacing former: SwitchBoard? = nil) {
        self.rules = rules
        memory = former?.memory ?? SwitchMemory(limits)
        choices = Mutex(rules.map { rule in former?.keptChoice(of: rule) ?? rule.choices?.choice })
        if former != nil { memory.changed() }
    }

    /// What an operator chose for a rule that is left as it is.
    private func keptChoice(of rule: RewriteRule) -> RuleTargets.Choice? {
        guard let index = rules.firstIndex(where: { $0.name == rule.name }), rules[index].mapping == rule.mapping
        else { return nil }
        return choice(of: index)
    }

    /// How the target of a rule is chosen at this moment; nil for a rule that has only one.
    func choice(of rule: Int) -> RuleTargets.Choice? {
        choices.withLock { $0.indices.contains(rule) ? $0[rule] : nil }
    }

    /// All choices of this moment, by rule, and the number of the latest change.
    var snapshot: (choices: [RuleTargets.Choice?], generation: UInt64) {
        // Under the lock, so that two connections with the same number have the same choices.
        choices.withLock { ($0, memory.generation) }
    }

    /// Makes a choice.
    ///
    /// - Returns: true if it is another than before.
    @discardableResult
    func choose(_ choice: RuleTargets.Choice, rule: Int) -> Bool {
        choices.withLock { choices in
            guard choices.indices.contains(rule), choices[rule] != choice else { return false }
            choices[rule] = choice
            memory.changed()
            return true
        }
    }
}

extension SwitchBoard {
    /// What speaks against taking the place of another board, as far as it is known without asking: a reload that moves
    /// clients to a target that is known to have fewer partitions.
    ///
    /// - Parameters:
    ///   - former: the board of the running filter.
    ///   - cluster: what is known of the topics.
    /// - Returns: a sentence for people; nil if nothing is known that speaks against it.
    func objection(replacing former: SwitchBoard, cluster: any ClusterView) -> String? {
        for (index, rule) in rules.enumerated() {
            guard let targets = rule.choices, let after = choice(of: index),
                let old = former.rules.firstIndex(where: { $0.name == rule.name }),
                let formerTargets = former.rules[old].choices, let before = former.choice(of: old)
            else { continue }
            var shares = targets.shares(from: after, to: after)
            for position in shares.indices {
                let place = formerTargets.targets.firstIndex { $0.topic == shares[position].target.topic }
                shares[position].before = place.map { before.share(of: $0) } ?? 0
            }
            for (place, target) in formerTargets.targets.enumerated()
            where !targets.targets.contains(where: { $0.topic == target.topic }) {
                shares.append(TargetCheck.Share(target: target, before: before.share(of: place), after: 0))
            }
            let objection = TargetCheck.objection(shares, isStrict: false) { topic in
                cluster.partitions(of: topic).map { .partitions($0) } ?? .unknown
            }
            if let objection { return "rule \(rule.name): \(objection)" }
        }
        return nil
    }
}
