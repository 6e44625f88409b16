import Settings

/// Which topics are copied, and under which names.
package enum ShadowRule: Sendable, Hashable {
    /// One topic.
    case topic(String, to: String)
    /// All topics whose names begin so, under names that begin otherwise.
    case prefix(String, to: String)

    /// Where the copies of a topic go; nil if the rule does not cover it. It need not be a legal name.
    func target(of topic: String) -> String? {
        switch self {
        case .topic(let name, let target): return name == topic ? target : nil
        case .prefix(let prefix, let replacement):
            guard topic.utf8.starts(with: prefix.utf8) else { return nil }
            return replacement + String(decoding: topic.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        }
    }

    /// True if a copy may go to a topic of which this rule makes copies in turn, were both on one cluster.
    ///
    /// - Parameter rule: the rule that the copy is made by.
    /// - Returns: whether there is such a topic, seen or not.
    func covers(targetOf rule: ShadowRule) -> Bool {
        switch (rule, self) {
        case (.topic(_, let target), _): self.target(of: target) != nil
        case (.prefix(_, let replacement), .topic(let name, _)): name.utf8.starts(with: replacement.utf8)
        case (.prefix(_, let replacement), .prefix(let prefix, _)):
            replacement.utf8.starts(with: prefix.utf8) || prefix.utf8.starts(with: replacement.utf8)
        }
    }

    /// What is wrong with rules whose copies go to the cluster that they come from.
    ///
    /// - Returns: the number of the rule that is at fault, and why; nil if copies are never copied.
    static func loop(in rules: [ShadowRule]) -> (rule: Int, message: String)? {
        for (index, rule) in rules.enumerated() {
            guard let other = rules.firstIndex(where: { $0.covers(targetOf: rule) }) else { continue }
            return (
                index,
                "copies would go to \(rule.targetText) of the same cluster, which \(rules[other].sourceText) makes copies of"
            )
        }
        return nil
    }

    private var targetText: String {
        switch self {
        case .topic(_, let target): "the topic '\(target)'"
        case .prefix(_, let target): target.isEmpty ? "topics" : "topics '\(target)…'"
        }
    }

    private var sourceText: String {
        switch self {
        case .topic(let name, _): "the rule for '\(name)'"
        case .prefix(let prefix, _): prefix.isEmpty ? "the rule for all topics" : "the rule for '\(prefix)…'"
        }
    }
}

/// How rules are read.
extension ShadowRule {
    /// A rule in one of its forms.
    static let settingType = SettingType<Located<ShadowRule>>.oneOf([
        SettingVariant("topic", "One topic.") { reader in
            let type = SettingType<String>.string().checked(TopicNameSyntax.problem)
            let topic = reader.required("topic", type, "The topic that clients write to.")
            let target = reader.optional(
                "to", type, "The topic that the copies go to. By default of the same name, on another cluster.")
            guard let topic else { return nil }
            return Located(
                .topic(topic, to: target ?? topic), mark: reader.mark(of: "topic"), path: reader.path(of: "topic"))
        },
        SettingVariant("prefix", "All topics whose names begin so.") { reader in
            let type = SettingType<String>.string(0...TopicNameSyntax.longest).checked(TopicNameSyntax.prefixProblem)
            let prefix = reader.required("prefix", type, "What the names begin with; empty for all topics.")
            let target = reader.optional(
                "to_prefix", type,
                "What the names of the topics begin with instead that the copies go to. By default with the same.")
            guard let prefix else { return nil }
            return Located(
                .prefix(prefix, to: target ?? prefix), mark: reader.mark(of: "prefix"), path: reader.path(of: "prefix"))
        },
    ])
}
