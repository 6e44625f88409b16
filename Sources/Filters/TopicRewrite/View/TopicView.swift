import Settings

/// What one client's names lead to, and under which names it sees what the broker has.
///
/// A partial map that is one to one: no two names of the client lead to one topic, and what a name leads to is seen
/// under that name. The first rule that covers a name decides on it; a name that no rule covers leads to the topic of
/// the same name, unless others are hidden. Where two names would lead to one topic, the one that an earlier rule
/// decides has it (a rule comes before no rule), and the other is refused.
package final class TopicView: Sendable {
    /// Which rules apply, and the target of each.
    package let selection: ViewSelection
    /// The names of groups.
    package let groups: NameAffixes
    /// The names of transactions.
    package let transactionalIDs: NameAffixes
    /// True if names of topics that no rule covers are hidden.
    package let hidesOthers: Bool
    /// The topics that the whole filter is for, by the client's names; nil for all. Others are never hidden.
    private let topics: [StringMatcher]?
    /// The rules that apply, in order.
    let mappings: [TopicMapping]
    /// By the client's name, the first exact rule for it.
    private let exactByClient: [String: Int]
    /// By the broker's name, the exact rules that lead to it, or may after a switch, in order.
    private let exactByBroker: [String: [Int]]
    /// The indices in `mappings` of all other rules, in order.
    private let prefixes: [Int]

    /// Makes the view of the clients that a selection is for.
    package init(_ configuration: TopicRewriteConfiguration, _ selection: ViewSelection) {
        self.selection = selection
        topics = configuration.topics
        var mappings: [TopicMapping] = []
        var exactByClient: [String: Int] = [:]
        var exactByBroker: [String: [Int]] = [:]
        var prefixes: [Int] = []
        var hidesOthers = false
        var suffix = ""
        for (index, rule) in configuration.rules.enumerated() {
            guard let target = selection.target(of: index) else { continue }
            guard let mapping = TopicMapping(rule, index: index, target: target, topics: configuration.topics) else {
                continue
            }
            if let (client, broker) = mapping.exactNames {
                if exactByClient[client] == nil { exactByClient[client] = mappings.count }
                for name in [broker] + mapping.otherTargets { exactByBroker[name, default: []].append(mappings.count) }
            } else {
                prefixes.append(mappings.count)
            }
            mappings.append(mapping)
            hidesOthers = hidesOthers || rule.hidesOthers
            if suffix.isEmpty { suffix = rule.groupSuffix }
        }
        self.mappings = mappings
        self.exactByClient = exactByClient
        self.exactByBroker = exactByBroker
        self.prefixes = prefixes
        self.hidesOthers = hidesOthers
        groups = NameAffixes(prefix: configuration.groupPrefix, suffix: suffix)
        transactionalIDs = NameAffixes(prefix: configuration.groupPrefix)
    }

    /// True if nothing is renamed and nothing hidden.
    package var isIdentity: Bool { keepsTopics && keepsGroups }

    /// True if names of topics stay as they are, and all are seen.
    package var keepsTopics: Bool { mappings.isEmpty }

    /// True if group IDs and transactional IDs stay as they are.
    package var keepsGroups: Bool { groups.isIdentity && transactionalIDs.isIdentity }

    /// True if a name that no rule covers is hidden.
    private func hides(_ name: String) -> Bool {
        hidesOthers && topics?.contains { $0.matches(name) } ?? true
    }

    /// What a name of the client's leads to.
    package func brokerTopic(_ name: String) -> TopicResolution {
        guard let position = decider(of: name) else {
            if hides(name) { return .refused(.hidden) }
            // The broker judges a name that is none.
            return isFree(name) ? .name(name, rule: nil) : .refused(.taken)
        }
        let mapping = mappings[position]
        guard TopicNameSyntax.isLegal(name), let result = mapping.brokerName(name), TopicNameSyntax.isLegal(result)
        else { return .refused(.illegal) }
        if result != name, TopicNameSyntax.isInternal(result) { return .refused(.internal) }
        guard clientTopic(result) == name else { return .refused(.taken) }
        return .name(result, rule: mapping.rule)
    }

    /// The name under which the client sees a topic; nil if it must not see it.
    package func clientTopic(_ name: String) -> String? {
        guard let owner = owner(of: name) else { return !hides(name) && decider(of: name) == nil ? name : nil }
        return owner.isChosen ? owner.client : nil
    }

    /// The name under which members of a group know a topic: as ``clientTopic(_:)``, and the targets of rules that were
    /// not chosen, since other members may have joined before a switch, or after it.
    package func memberTopic(_ name: String) -> String? {
        guard let owner = owner(of: name) else { return clientTopic(name) }
        return owner.client
    }

    /// The first rule that leads to a topic, or may after a switch, and the client's name for it.
    private func owner(of name: String) -> (client: String, isChosen: Bool)? {
        var best: (position: Int, client: String, isChosen: Bool)?
        for position in exactByBroker[name] ?? [] {
            guard let (client, isChosen) = names(at: position, of: name) else { continue }
            best = (position, client, isChosen)
            break
        }
        for position in prefixes {
            if let best, best.position < position { break }
            guard let (client, isChosen) = names(at: position, of: name), TopicNameSyntax.isLegal(client),
                client == name || !TopicNameSyntax.isInternal(name)
            else { continue }
            best = (position, client, isChosen)
            break
        }
        return best.map { ($0.client, $0.isChosen) }
    }

    private func names(at position: Int, of name: String) -> (client: String, isChosen: Bool)? {
        let mapping = mappings[position]
        let chosen = mapping.clientName(name)
        guard let client = chosen ?? mapping.clientName(ofOther: name), decider(of: client) == position else {
            return nil
        }
        return (client, chosen != nil)
    }

    /// The rule that decides on a name of the client's; nil if none covers it.
    package func rule(of name: String) -> Int? {
        decider(of: name).map { mappings[$0].rule }
    }

    /// The position of the mapping that decides on a name.
    private func decider(of name: String) -> Int? {
        var best: Int?
        // Names of rules are ASCII, and some other letters are equal to ASCII ones for Swift, but not for Kafka.
        if let exact = exactByClient[name], mappings[exact].covers(name) { best = exact }
        for position in prefixes {
            if let best, best < position { break }
            if mappings[position].covers(name) { return position }
        }
        return best
    }

    /// True if no rule leads to the topic, so that its own name does.
    private func isFree(_ name: String) -> Bool {
        guard let client = clientTopic(name) else { return false }
        return client.utf8.elementsEqual(name.utf8)
    }
}
