import Settings

/// One rule as it applies to a client: with its target chosen.
struct TopicMapping: Sendable {
    private enum Kind: Sendable {
        case exact(client: String, broker: String)
        case prefix(client: String, broker: String)
    }

    private let kind: Kind
    /// Conditions on the clients' names, each of which must be met; none for a rule that is for all that it names.
    private let topics: [[StringMatcher]]
    /// The rule's targets that were not chosen: no client sees them, so that a switch takes no name away.
    let otherTargets: [String]
    /// The index of the rule in the configuration.
    let rule: Int

    /// A rule with its target; nil if the rule is for one topic, which a condition leaves out.
    ///
    /// - Parameters:
    ///   - rule: the rule.
    ///   - index: its index in the configuration.
    ///   - target: the index of its target.
    ///   - topics: the topics that the whole filter is for; nil for all.
    init?(_ rule: RewriteRule, index: Int, target: Int, topics: [StringMatcher]?) {
        self.rule = index
        var conditions = [rule.when?.topic, topics].compactMap(\.self)
        var otherTargets: [String] = []
        switch rule.mapping {
        case .topic(let name, let targets):
            guard conditions.allSatisfy({ $0.contains { $0.matches(name) } }) else { return nil }
            conditions = []
            otherTargets = targets.targets.indices.filter { $0 != target }.map { targets.targets[$0].topic }
            kind = .exact(client: name, broker: targets.targets[min(target, targets.targets.count - 1)].topic)
        case .prefix(let prefix, let replacement):
            kind = .prefix(client: prefix, broker: replacement)
        }
        self.otherTargets = otherTargets
        self.topics = conditions
    }

    /// The two names of a rule for one topic; nil for all other rules.
    var exactNames: (client: String, broker: String)? {
        guard case .exact(let client, let broker) = kind else { return nil }
        return (client, broker)
    }

    /// The topics at the broker that a rule for one topic leads to, or may after a switch; none for all other rules.
    var brokerNames: [String] {
        exactNames.map { [$0.broker] + otherTargets } ?? []
    }

    /// The two beginnings of a rule for a prefix that has no conditions on topics; nil for all other rules.
    var prefixes: (client: String, broker: String)? {
        guard case .prefix(let client, let broker) = kind, topics.isEmpty else { return nil }
        return (client, broker)
    }

    /// True if the rule is for this name of a client's.
    func covers(_ name: String) -> Bool {
        switch kind {
        case .exact(let client, _): guard name.utf8.elementsEqual(client.utf8) else { return false }
        case .prefix(let client, _): guard name.utf8.starts(with: client.utf8) else { return false }
        }
        return topics.allSatisfy { $0.contains { $0.matches(name) } }
    }

    /// What a name that the rule covers leads to.
    func brokerName(_ name: String) -> String? {
        switch kind {
        case .exact(_, let broker): broker
        case .prefix(let client, let broker): Self.exchange(client, for: broker, in: name)
        }
    }

    /// The name of a client's that would lead there by this rule; it may be one that another rule decides on.
    func clientName(_ name: String) -> String? {
        switch kind {
        case .exact(let client, let broker): name.utf8.elementsEqual(broker.utf8) ? client : nil
        case .prefix(let client, let broker): Self.exchange(broker, for: client, in: name)
        }
    }

    /// The client's name of the rule for one topic, if the topic is a target of it that was not chosen.
    func clientName(ofOther name: String) -> String? {
        guard case .exact(let client, _) = kind, otherTargets.contains(where: { $0.utf8.elementsEqual(name.utf8) })
        else { return nil }
        return client
    }

    private static func exchange(_ old: String, for new: String, in name: String) -> String? {
        guard name.utf8.starts(with: old.utf8) else { return nil }
        return new + String(decoding: name.utf8.dropFirst(old.utf8.count), as: UTF8.self)
    }
}
