package import Settings

/// A schema registry.
package struct RegistryConfiguration: Sendable {
    /// Whose interface a registry has.
    package enum Kind: String, Sendable, CaseIterable {
        /// Confluent Schema Registry, and what speaks its interface (Karapace, Redpanda, Apicurio's `ccompat`).
        case confluent
        /// Apicurio Registry, its own interface.
        case apicurio
    }

    /// How Sluice signs in to a registry.
    package enum Credentials: Sendable {
        case basic(user: String, password: Secret)
        case bearer(Secret)
    }

    /// The name that rules use.
    package var name: String
    /// Its address, without the path of its interface.
    package var url: String
    package var kind: Kind
    /// How Sluice signs in; nil if it does not.
    package var credentials: Credentials?
    /// The certificate authorities of the registry's server; nil for those of the system.
    package var authorities: String?
    /// How many schemas are kept.
    package var cache: Int
    /// How long an answer may take.
    package var timeout: Duration
    /// How often a question is asked again that got no answer.
    package var retries: Int
    /// For how long it is remembered that there is no such schema.
    package var negativeCache: Duration

    /// A registry with everything else at its default.
    package init(name: String, url: String) {
        self.name = name
        self.url = url
        kind = .confluent
        cache = 1000
        timeout = .seconds(2)
        retries = 2
        negativeCache = .seconds(10)
    }

    static func read(_ reader: inout SettingsReader) -> RegistryConfiguration? {
        let name = reader.required("name", .name, "The name that rules use.")
        let url = reader.required(
            "url", .string(1...2048).checked { Self.problem(ofAddress: $0) },
            "Its address, http or https, perhaps with a path.")
        var registry = RegistryConfiguration(name: name ?? "", url: url ?? "")
        registry.kind = reader.value(
            "kind", .choice(), default: registry.kind, "Whose interface it has: confluent or apicurio.")
        let basic = reader.optional(
            "basic_auth",
            .structure { (reader: inout SettingsReader) -> Credentials? in
                let user = reader.required("user", .string(), "The name of the user.")
                let password = reader.required("password", .secret, "The password.")
                guard let user, let password else { return nil }
                return Credentials.basic(user: user, password: password)
            }, "Signs in with a name and a password.")
        let bearer = reader.optional("bearer_token", .secret, "Signs in with a token.")
        registry.authorities = reader.optional(
            "ca", .file(mustExist: true), "Certificate authorities for https, in PEM; those of the system where absent."
        )
        registry.cache = reader.value(
            "cache", .integer(1...1_000_000), default: registry.cache,
            "How many schemas are kept; the one that was used the longest ago goes.")
        registry.timeout = reader.value(
            "timeout", .duration(.milliseconds(1)...(.seconds(60))), default: registry.timeout,
            "How long one answer may take.")
        registry.retries = reader.value(
            "retries", .integer(0...10), default: registry.retries,
            "How often a question is asked again that got no answer, or an error of the server.")
        registry.negativeCache = reader.value(
            "negative_cache", .duration(.zero...(.seconds(3600))), default: registry.negativeCache,
            "For how long it is remembered that there is no such schema.")
        if basic != nil, bearer != nil { reader.report("'basic_auth' and 'bearer_token' exclude each other") }
        registry.credentials = basic ?? bearer.map { .bearer($0) }
        return name == nil || url == nil ? nil : registry
    }

    private static func problem(ofAddress text: String) -> SettingProblem? {
        guard HTTPAddress(text) != nil, !text.contains("?") else {
            return SettingProblem("expected an address such as http://127.0.0.1:8081")
        }
        return nil
    }
}
