import KafkaMessages
import KafkaWire
import Settings

/// How rules are read.
extension RewriteRule {
    /// The conditions of a rule.
    private static let when = SettingType<WhenCondition>.when(apis: APIKey.known.compactMap(\.name))

    /// A rule in one of its forms.
    static let settingType = SettingType<Located<RewriteRule>>.oneOf([
        SettingVariant("topic", "One topic under another name, or under one of several.") { readTopic(&$0) },
        SettingVariant("prefix", "All topics whose names begin so, under names that begin otherwise.") {
            readPrefix(&$0)
        },
    ])

    private struct Common {
        var name: String?
        var hidesOthers: Bool
        var groupSuffix: String
        var when: WhenCondition?

        init(_ reader: inout SettingsReader) {
            name = reader.optional(
                "name", .name, "Its name in metrics and in the admin. By default the topic, or the prefix.")
            hidesOthers = reader.value(
                "hide_others", .boolean, default: false,
                "Hide topics that no rule covers from the clients that this rule is for.")
            groupSuffix = reader.value(
                "group_suffix", .string(0...200), default: "",
                "Put behind the group IDs of the clients that this rule is for, so that they are in groups of their own."
            )
            when = reader.optional("when", RewriteRule.when, "For whom the rule is. By default for all.")
        }
    }

    private static func readTopic(_ reader: inout SettingsReader) -> Located<RewriteRule>? {
        let name = SettingType<String>.string().checked(TopicNameSyntax.problem)
        let topic = reader.required("topic", name, "The name that clients use.")
        let to = reader.optional("to", name, "The topic at the broker.")
        let targets = reader.optional(
            "targets", .dictionary(keys: .name, of: name, count: 1...100),
            "The topics at the broker that there are to choose from, each under a name.")
        let weights = reader.optional(
            "weights", .dictionary(keys: .name, of: .integer(0...1_000_000)),
            "How many parts of the clients each target has. Targets that are not named have none.")
        let active = reader.optional("active", .name, "The target that all clients have.")
        let stickyBy = reader.value(
            "sticky_by", .choice(), default: RuleTargets.StickyKey.clientID,
            "What a weighted choice goes by: the same key has the same target.")
        let common = Common(&reader)
        guard let topic else { return nil }
        let choice: RuleTargets?
        if let targets {
            if to != nil { reader.report("'to' and 'targets' exclude each other", at: "to") }
            choice = read(&reader, targets, weights: weights, active: active, stickyBy: stickyBy)
        } else {
            for key in ["weights", "active", "sticky_by"] where reader.contains(key) {
                reader.report("is used with 'targets' only", at: key)
            }
            if to == nil, !reader.contains("to"), !reader.contains("targets") {
                reader.report("missing: a rule for a topic needs 'to' or 'targets'", at: "to")
            }
            choice = to.map { RuleTargets(to: $0) }
        }
        guard let choice else { return nil }
        if !choice.isFixed, !common.groupSuffix.isEmpty {
            reader.report(
                "is not used with 'targets': the members of one group have one target", at: "group_suffix")
        }
        return located(&reader, common, .topic(topic, choice), key: "topic", defaultName: topic)
    }

    private static func read(
        _ reader: inout SettingsReader, _ topics: [String: String], weights: [String: Int]?, active: String?,
        stickyBy: RuleTargets.StickyKey
    ) -> RuleTargets? {
        // By name, so that all replicas agree on which parts of the keys belong to which target.
        let targets = topics.sorted { $0.key < $1.key }.map { RuleTargets.Target(name: $0.key, topic: $0.value) }
        let names = targets.map(\.name)
        var seen: Set<String> = []
        if let twice = targets.first(where: { !seen.insert($0.topic).inserted }) {
            reader.report("'\(twice.topic)' is the topic of two targets", at: "targets")
            return nil
        }
        switch (weights, active) {
        case (nil, nil):
            if !reader.contains("weights"), !reader.contains("active") {
                reader.report("missing: 'targets' need 'active' or 'weights'", at: "targets")
            }
            return nil
        case (.some, .some):
            reader.report("'active' and 'weights' exclude each other", at: "weights")
            return nil
        case (nil, .some(let active)):
            if reader.contains("sticky_by") { reader.report("is used with 'weights' only", at: "sticky_by") }
            guard let index = names.firstIndex(of: active) else {
                reader.report(
                    "there is no target '\(active)': expected one of \(names.joined(separator: ", "))", at: "active",
                    suggestion: NearestName.of(active, among: names))
                return nil
            }
            return RuleTargets(targets, choice: .active(index))
        case (.some(let weights), nil):
            for unknown in weights.keys.filter({ !names.contains($0) }).sorted() {
                reader.report(
                    "there is no target '\(unknown)': expected one of \(names.joined(separator: ", "))", at: "weights",
                    suggestion: NearestName.of(unknown, among: names))
                return nil
            }
            guard weights.values.contains(where: { $0 > 0 }) else {
                reader.report("one weight must be more than 0", at: "weights")
                return nil
            }
            return RuleTargets(targets, choice: .weights(names.map { weights[$0] ?? 0 }), stickyBy: stickyBy)
        }
    }

    private static func readPrefix(_ reader: inout SettingsReader) -> Located<RewriteRule>? {
        let type = SettingType<String>.string(0...TopicNameSyntax.longest).checked(TopicNameSyntax.prefixProblem)
        let prefix = reader.required("prefix", type, "What the names begin with that clients use; empty for all names.")
        let replacement = reader.required("to_prefix", type, "What the names begin with at the broker instead.")
        let common = Common(&reader)
        guard let prefix, let replacement else { return nil }
        if prefix.isEmpty, replacement.isEmpty, !common.hidesOthers {
            reader.report("renames nothing", at: "to_prefix")
        }
        let name = prefix.isEmpty ? "all" : prefix
        return located(&reader, common, .prefix(prefix, to: replacement), key: "prefix", defaultName: name)
    }

    private static func located(
        _ reader: inout SettingsReader, _ common: Common, _ mapping: Mapping, key: String, defaultName: String
    ) -> Located<RewriteRule> {
        let rule = RewriteRule(
            name: common.name ?? defaultName, mapping: mapping, hidesOthers: common.hidesOthers,
            groupSuffix: common.groupSuffix, when: common.when)
        return Located(rule, mark: reader.mark(of: key), path: reader.path(of: key))
    }
}
