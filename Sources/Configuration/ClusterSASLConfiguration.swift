package import SASL
package import Settings

/// The `sasl:` block of a cluster: how Sluice signs in to its brokers.
package struct ClusterSASLConfiguration: Sendable, Hashable {
    /// What Sluice shows the brokers.
    package enum Credentials: Sendable, Hashable {
        /// A name and a password, by PLAIN or SCRAM; with `isDelegationToken` a token's ID and its HMAC.
        case password(SASLMechanism, username: String, password: Secret.Source, isDelegationToken: Bool)
        /// A token that somebody writes into a file, or into the environment.
        case token(Secret.Source, extensions: [String: String])
        /// A token that is asked for by client credentials (RFC 6749 §4.4).
        case clientCredentials(OAuthClientConfiguration, extensions: [String: String])
    }

    /// What Sluice shows the brokers.
    package var credentials: Credentials

    /// Makes a configuration.
    package init(_ credentials: Credentials) {
        self.credentials = credentials
    }

    /// The mechanism.
    package var mechanism: SASLMechanism {
        switch credentials {
        case .password(let mechanism, _, _, _): mechanism
        case .token, .clientCredentials: .oauthBearer
        }
    }

    static var settingType: SettingType<ClusterSASLConfiguration> {
        .selected(
            by: "mechanism",
            "How Sluice signs in.",
            [
                variant(.plain, "With a name and a password, sent as they are: only inside TLS."),
                variant(.scramSHA256, "With a name and a password that is not sent."),
                variant(.scramSHA512, "With a name and a password that is not sent."),
                SettingVariant(SASLMechanism.oauthBearer.rawValue, "With a token.") { readOAuth(&$0) },
            ]
        )
    }

    private static func variant(
        _ mechanism: SASLMechanism, _ summary: String
    ) -> SettingVariant<ClusterSASLConfiguration> {
        SettingVariant(mechanism.rawValue, summary) { reader in
            let username = reader.required(
                "username", .string(1...PlainMessage.longestName), "Who Sluice is to the brokers.")
            let password = reader.required("password", .secretSource, "The password. Read anew when it changes.")
            let isToken =
                mechanism == .plain
                ? false
                : reader.value(
                    "delegation_token", .boolean, default: false,
                    "Whether username is the ID of a delegation token, and password its HMAC (KIP-48).")
            guard let username, let password else { return nil }
            return ClusterSASLConfiguration(
                .password(mechanism, username: username, password: password, isDelegationToken: isToken))
        }
    }

    private static func readOAuth(_ reader: inout SettingsReader) -> ClusterSASLConfiguration? {
        let token = reader.optional("token", .secretSource, "The token. Read anew when it changes.")
        let client = reader.optional(
            "client_credentials", OAuthClientConfiguration.settingType, "How to ask for tokens, in the place of token.")
        let extensions = reader.value(
            "extensions", .dictionary(keys: .string(1...200), of: .string(0...2000), count: 0...64), default: [:],
            "What is sent beside the token (KIP-342).")
        for name in extensions.keys where name == "auth" || !name.unicodeScalars.allSatisfy(\.properties.isAlphabetic) {
            reader.report("'\(name)' is no name for an extension: letters only, and not auth", at: "extensions")
        }
        for value in extensions.values
        where value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value > 0x7E }) {
            reader.report("the value of an extension is printable ASCII", at: "extensions")
        }
        if let token, !reader.contains("client_credentials") {
            return ClusterSASLConfiguration(.token(token, extensions: extensions))
        }
        if let client, !reader.contains("token") {
            return ClusterSASLConfiguration(.clientCredentials(client, extensions: extensions))
        }
        if reader.contains("token") == reader.contains("client_credentials") {
            reader.report("expected one of token, client_credentials")
        }
        return nil
    }
}

/// How Sluice asks for tokens.
package struct OAuthClientConfiguration: Sendable, Hashable {
    /// Where.
    package var endpoint: HTTPAddress
    /// The CAs that the endpoint's certificate must come from, as PEM files; empty for the system's.
    package var authorityFiles: [String]
    /// Who Sluice is there.
    package var clientID: String
    /// How it shows that.
    package var clientSecret: Secret.Source
    /// What tokens are to be good for; nil for what the endpoint gives.
    package var scope: String?

    /// Makes a configuration.
    package init(
        endpoint: HTTPAddress, authorityFiles: [String] = [], clientID: String, clientSecret: Secret.Source,
        scope: String? = nil
    ) {
        self.endpoint = endpoint
        self.authorityFiles = authorityFiles
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scope = scope
    }

    static var settingType: SettingType<OAuthClientConfiguration> {
        .structure { reader in
            let endpoint = reader.required("token_endpoint", .httpAddress, "Where tokens are to be had.")
            let authorities = reader.value(
                "ca", .oneOrMore(of: .tlsFile, atMost: 100), default: [],
                "The CA certificates that an https endpoint's certificate must come from. By default the system's.")
            let id = reader.required("client_id", .string(1...1000), "Who Sluice is there.")
            let secret = reader.required(
                "client_secret", .secretSource, "How it shows that. Read anew when it changes.")
            let scope = reader.optional(
                "scope", .string(1...2000), "What tokens are to be good for, with spaces between.")
            guard let endpoint, let id, let secret else { return nil }
            reader.checkAuthorities(authorities, for: endpoint, at: "ca")
            return OAuthClientConfiguration(
                endpoint: endpoint, authorityFiles: authorities, clientID: id, clientSecret: secret, scope: scope)
        }
    }
}
