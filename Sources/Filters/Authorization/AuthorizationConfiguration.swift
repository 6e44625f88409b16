import KafkaMessages
import KafkaWire
package import Settings

/// The settings of an authorization filter.
package struct AuthorizationConfiguration: Sendable, Hashable {
    /// Which decisions are logged.
    package enum Log: String, Sendable, CaseIterable {
        /// What was denied, and in a dry run what would have been.
        case denials
        /// What was denied and what was allowed.
        case all
        /// Nothing.
        case none
    }

    /// What a client gets that asks for a topic that does not exist and that it may not create.
    package enum MissingTopics: String, Sendable, CaseIterable {
        /// TOPIC_AUTHORIZATION_FAILED, as from a broker that creates topics when they are asked for.
        case authorizationFailed = "authorization_failed"
        /// UNKNOWN_TOPIC_OR_PARTITION, as from a broker that does not.
        case unknown
    }

    /// The rules; nil to decide on APIs alone.
    package var rules: [Rule]?
    /// Principals that may do everything, compared exactly.
    package var superUsers: [String] = []
    /// Which APIs may be used at all.
    package var apis = APILists()
    /// Which decisions are logged.
    package var log = Log.denials
    /// How many lines are logged at most; what is over it is counted.
    package var logRate = Rate(100)
    /// What is said of topics that a client may not create.
    package var missingTopics = MissingTopics.authorizationFailed

    /// Settings.
    package init(rules: [Rule]? = nil) {
        self.rules = rules
    }

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> AuthorizationConfiguration? {
        var configuration = AuthorizationConfiguration()
        let rules = reader.optional(
            "rules", .list(of: .rule, count: 0...100_000),
            "Who may do what; a denial outweighs all that allows, and what no rule allows is denied. Without this key "
                + "only 'api' decides.")
        configuration.superUsers = reader.value(
            "super_users", .list(of: .string(1...1024)), default: [],
            "Principals that may do everything, as User:admin.")
        let apis = reader.optional("api", .apiLists, "Which APIs may be used at all, whatever the rules say.")
        configuration.apis = apis ?? APILists()
        configuration.log = reader.value(
            "log", .choice(), default: .denials, "Which decisions are logged: 'denials', 'all' or 'none'.")
        configuration.logRate = reader.value(
            "log_rate", .rate(0.001...1_000_000), default: configuration.logRate,
            "How many decisions are logged at most. What is over it is dropped and counted.")
        configuration.missingTopics = reader.value(
            "missing_topics", .choice(), default: .authorizationFailed,
            "What a client gets that asks for a topic that does not exist and that it may not create: "
                + "'authorization_failed' as from brokers that create topics when they are asked for, 'unknown' as from "
                + "brokers with auto.create.topics.enable=false.")
        if let rules {
            configuration.rules = rules.enumerated().map { place, rule in
                var rule = rule
                if rule.name.isEmpty { rule.name = "rules[\(place)]" }
                return rule
            }
        } else if !reader.contains("rules"), !reader.contains("api") {
            reader.report("decides on nothing: give it 'rules', 'api' or both")
        }
        return configuration
    }
}

extension SettingType where Value == APILists {
    fileprivate static var apiLists: SettingType {
        let names = APIKey.known.map(\.description)
        let api = SettingType<String>.string(1...64).checked { name in
            names.contains(name)
                ? nil : SettingProblem("there is no API '\(name)'", suggestion: NearestName.of(name, among: names))
        }
        let list = SettingType<[String]>.list(of: api, count: 1...200)
        return structure { reader in
            let allowed = reader.optional("allow", list, "The APIs that may be used, as Produce. By default all.")
            let denied = reader.optional("deny", list, "APIs that may not be used, also if they are allowed.")
            if allowed == nil, denied == nil, !reader.contains("allow"), !reader.contains("deny") {
                reader.report("names no API: give it 'allow', 'deny' or both")
            }
            return APILists(allowed: keys(allowed), denied: keys(denied))
        }
    }

    private static func keys(_ names: [String]?) -> Set<APIKey> {
        let names = names ?? []
        return Set(APIKey.known.filter { names.contains($0.description) })
    }
}
