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
