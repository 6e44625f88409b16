package import Settings
package import Sinks

/// One rule: which topics it is for, and what their records must be.
package struct RuleConfiguration: Sendable {
    /// The rule's name, in metrics and answers; empty until it is given one.
    package var name = ""
    /// The topics, one of which must match.
    package var topics: [StringMatcher]
    /// What keys must be; nil for anything.
    package var key: DataConfiguration?
    /// What values must be; nil for anything.
    package var value: DataConfiguration?
    /// What headers there must be and must not be.
    package var headers = HeaderConfiguration()
    /// True if each record must have a key.
    package var requiresKey = false
    /// True if values may be null.
    package var allowsNullValues = true
    /// The largest record; nil for any.
    package var maxRecordSize: ByteSize?
    /// How far behind the clock a timestamp may be; nil for any time.
    package var maxAge: Duration?
    /// How far ahead of the clock a timestamp may be; nil for any time.
    package var maxAhead: Duration?
    /// The compression that batches may have; nil for any.
    package var codecs: [BatchCodec]?
    /// What becomes of what is rejected.
    package var onFailure = FailurePolicy.reject
    /// What is decided while a registry does not answer.
    package var onRegistryError = RegistryErrorPolicy.deny

    /// A rule for some topics, that asks for nothing.
    package init(topics: [StringMatcher]) {
        self.topics = topics
    }

    /// True if the rule is for a topic.
    package func covers(_ topic: String) -> Bool {
        topics.contains { $0.matches(topic) }
    }

    /// The registries that it names.
    var registries: [String] {
        [key, value].compactMap { $0?.registry?.name }
    }

    static func read(_ reader: inout SettingsReader) -> RuleConfiguration? {
        let name = reader.value(
            "name", .name, default: "",
            "The rule's name in metrics and answers; its place in the list where it has none.")
        let topics = reader.required(
            "topics", .list(of: .topicPattern, count: 1...10_000),
            "The topics: names, names with * or ?, or { prefix | glob | regex: … }.")
        var rule = RuleConfiguration(topics: topics ?? [])
        rule.name = name
        rule.key = reader.optional("key", DataConfiguration.setting, "What keys must be. A null key is not looked at.")
        rule.value = reader.optional(
            "value", DataConfiguration.setting, "What values must be. A null value is not looked at.")
        rule.headers =
            reader.section("headers", "What headers records must have and must not have.") {
                HeaderConfiguration.read(&$0)
            } ?? HeaderConfiguration()
        rule.requiresKey = reader.value(
            "key_required", .boolean, default: false, "Whether each record must have a key.")
        rule.allowsNullValues = reader.value(
            "tombstones", .choice(["allow": true, "deny": false]), default: true,
            "Whether values may be null, which in a compacted topic deletes the key.")
        rule.maxRecordSize = reader.optional(
            "max_record_size", .byteSize(.bytes(1)...(.gibibytes(1))),
            "The largest record, uncompressed: key, value and headers.")
        rule.maxAge = reader.optional(
            "max_timestamp_age", .duration(.zero...(.seconds(36_500 * 86_400))),
            "How far behind Sluice's clock the timestamp of a record may be.")
        rule.maxAhead = reader.optional(
            "max_timestamp_ahead", .duration(.zero...(.seconds(36_500 * 86_400))),
            "How far ahead of Sluice's clock the timestamp of a record may be.")
        rule.codecs = reader.optional(
            "codecs", .list(of: .choice(), count: 1...5), "The compression that batches may have.")
        rule.onFailure = reader.value(
            "on_failure", .failurePolicy, default: .reject, "What becomes of a batch that breaks the rule.")
        rule.onRegistryError = reader.value(
            "on_registry_error", .choice(), default: .deny,
            "What is decided while a registry does not answer: deny, or allow what cannot be checked.")
        return topics == nil ? nil : rule
    }
}

/// The compression of a batch, as Kafka calls it.
package enum BatchCodec: String, Sendable, CaseIterable {
    case none
    case gzip
    case snappy
    case lz4
    case zstd
}

/// What is decided while a registry does not answer.
package enum RegistryErrorPolicy: String, Sendable, CaseIterable {
    /// What cannot be checked is rejected.
    case deny
    /// What cannot be checked passes, counted.
    case allow
}

/// What becomes of a batch that breaks a rule.
package enum FailurePolicy: Sendable, Hashable {
    /// It is answered INVALID_RECORD.
    case reject
    /// As `reject`, and copies of its bad records go to a topic.
    case deadLetter(TopicSinkConfiguration)
}

extension SettingType where Value == FailurePolicy {
    /// `reject`, or `{ dead_letter: { cluster: …, topic: … } }`.
    static var failurePolicy: SettingType {
        .either(
            .choice(["reject": .reject]),
            or: .structure { reader in
                reader.required(
                    "dead_letter", .structure { TopicSinkConfiguration.read(&$0) },
                    "Rejects it, and puts copies of its bad records into a topic, with headers that say where from and why."
                ).map { .deadLetter($0) }
            })
    }
}

extension SettingType where Value == StringMatcher {
    /// As `matcher`, but a bare text with `*` or `?` in it is a glob: names of topics have neither.
    static var topicPattern: SettingType {
        let matcher = SettingType.matcher
        return matcher.mapped { matcher in
            guard case .exact(let text) = matcher, text.contains("*") || text.contains("?"),
                let glob = try? GlobPattern(parsing: text)
            else { return matcher }
            return .glob(glob)
        }
    }
}
