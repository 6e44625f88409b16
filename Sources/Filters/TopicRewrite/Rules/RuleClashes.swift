import Settings

/// Finds rules that clash for sure: of which one can never decide, or whose names would lead to one topic.
enum RuleClashes {
    /// What is wrong with the rules, each issue at the later rule, naming the line of the earlier one.
    static func issues(_ rules: [Located<RewriteRule>]) -> [SettingsIssue] {
        var issues: [SettingsIssue] = []
        for (index, later) in rules.enumerated() {
            for earlier in rules[..<index] {
                guard let message = clash(earlier.value, later.value) else { continue }
                issues.append(
                    SettingsIssue(
                        at: later.mark, path: later.path, message: "\(message) at line \(earlier.mark.line)"))
                break
            }
        }
        return issues
    }

    private static func clash(_ earlier: RewriteRule, _ later: RewriteRule) -> String? {
        if earlier.name == later.name {
            return "two rules are called '\(later.name)': this one, and the one"
        }
        // With other conditions there may be no client that both are for.
        guard let isWider = compares(earlier.when, later.when) else { return nil }
        if isWider, covers(earlier.mapping, later.mapping) {
            return "never decides: what it is for is covered by the rule"
        }
        return leadsToOneTopic(earlier.mapping, later.mapping, isWider: isWider)
    }

    /// Nil if it is not known that there are clients that both conditions are for; else true if the first is for all
    /// clients that the second is for.
    private static func compares(_ first: WhenCondition?, _ second: WhenCondition?) -> Bool? {
        if first == nil || first == second { return true }
        return second == nil ? false : nil
    }

    private static func covers(_ earlier: RewriteRule.Mapping, _ later: RewriteRule.Mapping) -> Bool {
        switch (earlier, later) {
        case (.topic(let first, _), .topic(let second, _)): first == second
        case (.prefix(let prefix, _), .topic(let topic, _)): topic.utf8.starts(with: prefix.utf8)
        case (.prefix(let first, _), .prefix(let second, _)): second.utf8.starts(with: first.utf8)
        case (.topic, .prefix): false
        }
    }

    private static func leadsToOneTopic(
        _ earlier: RewriteRule.Mapping, _ later: RewriteRule.Mapping, isWider: Bool
    ) -> String? {
        switch (earlier, later) {
        case (.topic(_, let first), .topic(_, let second)):
            let topics = Set(first.targets.map(\.topic))
            guard let shared = second.targets.first(where: { topics.contains($0.topic) }) else { return nil }
            return "two names would lead to the topic '\(shared.topic)': this rule's, and that of the rule"
        case (.prefix(_, let first), .prefix(_, let second)):
            guard first.utf8.starts(with: second.utf8) || second.utf8.starts(with: first.utf8) else { return nil }
            let longer = first.utf8.count < second.utf8.count ? second : first
            return "two names would lead to each topic '\(longer)…': one by this rule, and one by the rule"
        case (.prefix(_, let replacement), .topic(_, let targets)):
            // The prefix rule decides first, so that the topic of this one would always be refused.
            guard isWider, let taken = targets.targets.first(where: { $0.topic.utf8.starts(with: replacement.utf8) })
            else { return nil }
            return "two names would lead to the topic '\(taken.topic)': this rule's, and one by the rule"
        case (.topic, .prefix):
            // An exception to the prefix: the one name that would lead to its topic is refused.
            return nil
        }
    }
}
