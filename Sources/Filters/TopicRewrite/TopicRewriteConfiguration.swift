package import Settings

/// The settings of a topic rewrite.
package struct TopicRewriteConfiguration: Sendable, Hashable {
    /// The rules; the first that covers a name decides on it.
    package var rules: [RewriteRule]
    /// What stands before group IDs and transactional IDs at the broker; empty to leave them as they are.
    package var groupPrefix: String
    /// How much switching remembers, and for how long.
    package var switching: SwitchLimits

    /// The topics that the filter is for, by the clients' names; nil for all. From the filter's `when`.
    package var topics: [StringMatcher]?

    /// Makes settings.
    package init(rules: [RewriteRule], groupPrefix: String = "", switching: SwitchLimits = SwitchLimits()) {
        self.rules = rules
        self.groupPrefix = groupPrefix
        self.switching = switching
    }

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> TopicRewriteConfiguration? {
        let rules = reader.required(
            "rules", .list(of: RewriteRule.settingType, count: 1...1000),
            "From the names that clients use to those that the broker has; the first rule that covers a name decides.")
        let groupPrefix = reader.optional(
            "groups",
            .structure { reader in
                reader.required(
                    "prefix", .string(1...200),
                    "What group IDs and transactional IDs begin with at the broker; others are hidden.")
            },
            "Group IDs and transactional IDs under other names too. By default they are left as they are.")
        let switching = reader.optional(
            "switching", .structure { SwitchLimits.read(&$0) },
            "How much is remembered of the clients of rules with targets, and for how long they are fenced.")
        guard let rules else { return nil }
        let issues = RuleClashes.issues(rules)
        for issue in issues { reader.report(issue) }
        guard issues.isEmpty else { return nil }
        return TopicRewriteConfiguration(
            rules: rules.map(\.value), groupPrefix: groupPrefix ?? "",
            switching: switching ?? SwitchLimits())
    }
}
