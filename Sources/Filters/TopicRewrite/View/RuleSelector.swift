package import FilterAPI
package import KafkaWire
import Settings

/// Finds out which rules apply to a client, and which target each has for it.
package struct RuleSelector: Sendable {
    /// The rules.
    package let rules: [RewriteRule]
    /// True if a rule is for some APIs only, so that a client has more than one view.
    package let dependsOnAPI: Bool
    /// True if there are groups to be mapped, whoever the client is.
    private let concernsAll: Bool

    /// A selector.
    package init(_ configuration: TopicRewriteConfiguration) {
        rules = configuration.rules
        dependsOnAPI = rules.contains { $0.when?.api != nil }
        concernsAll = !configuration.groupPrefix.isEmpty
    }

    /// True if something may be renamed for the client, or hidden from it.
    package func concerns(_ client: ClientIdentity) -> Bool {
        concernsAll || rules.contains { $0.when?.covers(client, api: nil) ?? true }
    }

    /// Which rules apply, and with which targets.
    ///
    /// - Parameters:
    ///   - client: who asks.
    ///   - api: what it asks for.
    ///   - group: the classic group that it is a member of; all its members have the same targets.
    ///   - choice: how the target of the rule of an index is chosen at this moment; by default as configured.
    /// - Returns: a selection for a ``TopicView``.
    package func selection(
        for client: ClientIdentity, api: APIKey?, group: String?,
        choice: (Int) -> RuleTargets.Choice? = { _ in nil }
    ) -> ViewSelection {
        ViewSelection(
            rules.enumerated().map { index, rule in
                guard rule.when?.covers(client, api: api) ?? true else { return nil }
                guard let targets = rule.choices else { return 0 }
                switch choice(index) ?? targets.choice {
                case .active(let active): return active
                case .weights(let weights):
                    let key = group.map { "group:\($0)" } ?? Self.key(of: client, targets.stickyBy)
                    return StickyHash.target(of: key, rule: rule.name, weights: weights)
                }
            })
    }

    private static func key(of client: ClientIdentity, _ stickyBy: RuleTargets.StickyKey) -> String {
        switch stickyBy {
        case .clientID: client.clientID ?? ""
        case .principal: client.principal
        case .clientAddress: client.address
        }
    }
}
