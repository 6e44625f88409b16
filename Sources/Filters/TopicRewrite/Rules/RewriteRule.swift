package import Settings

/// One rule: which names of clients lead to which names at the broker, and for whom.
package struct RewriteRule: Sendable, Hashable {
    /// What it is called, in metrics and at `/filters/FILTER/rules/RULE`; unique in its filter.
    package var name: String
    /// What it renames.
    package var mapping: Mapping
    /// True if names that no rule covers are hidden from the clients that this rule is for.
    package var hidesOthers: Bool
    /// Put behind the group IDs of the clients that the rule is for, so that they are in groups of their own.
    package var groupSuffix: String
    /// For whom it is; nil for all.
    package var when: WhenCondition?

    /// What a rule renames.
    package enum Mapping: Sendable, Hashable {
        /// One topic, to one of a few targets.
        case topic(String, RuleTargets)
        /// All topics whose names begin so, to names that begin otherwise.
        case prefix(String, to: String)
    }

    /// A rule.
    package init(
        name: String, mapping: Mapping, hidesOthers: Bool = false, groupSuffix: String = "", when: WhenCondition? = nil
    ) {
        self.name = name
        self.mapping = mapping
        self.hidesOthers = hidesOthers
        self.groupSuffix = groupSuffix
        self.when = when
    }

    /// The targets that there are to choose from; nil for a rule with only one.
    package var choices: RuleTargets? {
        guard case .topic(_, let targets) = mapping, !targets.isFixed else { return nil }
        return targets
    }
}

/// Where the topic of a rule may lead to.
package struct RuleTargets: Sendable, Hashable {
    /// One of them.
    package struct Target: Sendable, Hashable {
        /// What the configuration calls it; empty for the only target of a rule with `to`.
        package var name: String
        /// The topic at the broker.
        package var topic: String

        /// A target.
        package init(name: String, topic: String) {
            self.name = name
            self.topic = topic
        }
    }

    /// By what a client's target is chosen.
    package enum Choice: Sendable, Hashable {
        /// All clients have the target of this index.
        case active(Int)
        /// Each client has one by its key: so many parts of the sum for each target.
        case weights([Int])
    }

    /// What a weighted choice goes by.
    package enum StickyKey: String, Sendable, Hashable, CaseIterable {
        case clientID = "client_id"
        case principal
        case clientAddress = "client_address"
    }

    /// The targets, in the order of their names, at least one.
    package var targets: [Target]
    /// How one is chosen.
    package var choice: Choice
    /// What a weighted choice goes by.
    package var stickyBy: StickyKey

    /// Targets to choose from.
    package init(_ targets: [Target], choice: Choice, stickyBy: StickyKey = .clientID) {
        self.targets = targets
        self.choice = choice
        self.stickyBy = stickyBy
    }

    /// The only target of a rule with `to`.
    package init(to topic: String) {
        self.init([Target(name: "", topic: topic)], choice: .active(0))
    }

    /// True if there is nothing to choose: the rule was written with `to`.
    package var isFixed: Bool { targets.count == 1 && targets[0].name.isEmpty }
}
