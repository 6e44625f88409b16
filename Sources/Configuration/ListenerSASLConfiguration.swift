package import SASL
package import Settings

/// The `sasl:` block of a listener: how its clients sign in.
package enum ListenerSASLConfiguration: Sendable, Hashable {
    /// Clients sign in to the brokers. Sluice watches, and knows who a client is once its broker has accepted it.
    case passThrough(principalClaim: String)
    /// Clients sign in to Sluice.
    case terminate(SASLTerminationConfiguration)

    static var settingType: SettingType<ListenerSASLConfiguration> {
        .selected(
            by: "mode",
            "Who checks the clients.",
            [
                SettingVariant("pass_through", "The brokers; Sluice watches for who the clients are.") { reader in
                    .passThrough(
                        principalClaim: reader.value(
                            "principal_claim", .string(1...200), default: "sub",
                            "The claim of an OAUTHBEARER token that names its user."))
                },
                SettingVariant("terminate", "Sluice, by a credentials file or by the keys of tokens.") { reader in
                    SASLTerminationConfiguration.read(&reader).map { .terminate($0) }
                },
            ]
        )
    }
}

/// How Sluice checks clients itself (`mode: terminate`).
package struct SASLTerminationConfiguration: Sendable, Hashable {
    /// Where the keys are that tokens are checked by.
    package enum Keys: Sendable, Hashable {
        /// A file, read anew when it changes.
        case file(String)
        /// An address, asked every so often, and when a token names a key that is not known. An https server's
        /// certificate must come from one of these CAs (PEM files), or with none from the system's.
        case url(HTTPAddress, authorityFiles: [String], refresh: Duration)
    }

    /// What is offered, in this order.
    package var mechanisms: [SASLMechanism]
    /// Who may sign in with a password; needed for all mechanisms but OAUTHBEARER.
    package var credentialsFile: String?
    /// The keys of tokens; needed for OAUTHBEARER.
    package var keys: Keys?
    /// What tokens must say.
    package var tokenRules: TokenRules
    /// For how long a sign-in holds at most; nil for as long as what was shown holds.
    package var maxSession: Duration?
    /// How long answers to failures are held back.
    package var delays: FailureDelays.Settings

    /// Makes a configuration.
    package init(
        mechanisms: [SASLMechanism], credentialsFile: String? = nil, keys: Keys? = nil,
        tokenRules: TokenRules = TokenRules(), maxSession: Duration? = nil,
        delays: FailureDelays.Settings = FailureDelays.Settings()
    ) {
        self.mechanisms = mechanisms
        self.credentialsFile = credentialsFile
        self.keys = keys
        self.tokenRules = tokenRules
        self.maxSession = maxSession
        self.delays = delays
    }

    static func read(_ reader: inout SettingsReader) -> SASLTerminationConfiguration? {
        let mechanisms = reader.required(
            "mechanisms", .list(of: SettingType<SASLMechanism>.choice(), count: 1...4),
            "What is offered to clients, in this order.")
        let file = reader.optional(
            "credentials_file", .credentialsFile,
            "Who may sign in by PLAIN and SCRAM: a file that `sluice credentials` keeps. Read anew when it changes.")
        let maxSession = reader.optional(
            "max_session", .duration(.seconds(1)...(.seconds(30 * 86_400))),
            "For how long a sign-in holds; then the client has to sign in again. By default as long as its token.")
        let first = reader.value(
            "failure_delay", .duration(.zero...(.seconds(60))), default: .milliseconds(100),
            "How long the answer to a failed sign-in is held back. It doubles with each failure of one address.")
        let longest = reader.value(
            "max_failure_delay", .duration(.zero...(.seconds(600))), default: .seconds(10),
            "How long such an answer is held back at most.")
        let oauth = reader.optional(
            "oauth", OAuthTerminationSettings.settingType, "How OAUTHBEARER tokens are checked.")
        guard let mechanisms else { return nil }
        if Set(mechanisms).count != mechanisms.count { reader.report("the same mechanism twice", at: "mechanisms") }
        let takesPasswords = mechanisms.contains { $0 != .oauthBearer }
        if takesPasswords, !reader.contains("credentials_file") {
            reader.report("missing: PLAIN and SCRAM need a file of users", at: "credentials_file")
        } else if !takesPasswords, reader.contains("credentials_file") {
            reader.report("has no meaning with OAUTHBEARER alone", at: "credentials_file")
        }
        let takesTokens = mechanisms.contains(.oauthBearer)
        if takesTokens, !reader.contains("oauth") {
            reader.report("missing: OAUTHBEARER needs keys to check tokens by", at: "oauth")
        } else if !takesTokens, reader.contains("oauth") {
            reader.report("has no meaning without OAUTHBEARER", at: "oauth")
        }
        return SASLTerminationConfiguration(
            mechanisms: mechanisms, credentialsFile: file, keys: oauth?.keys, tokenRules: oauth?.rules ?? TokenRules(),
            maxSession: maxSession, delays: FailureDelays.Settings(first: min(first, longest), longest: longest))
    }
}

/// What was read of `oauth:` on a listener.
struct OAuthTerminationSettings: Sendable {
    var keys: SASLTerminationConfiguration.Keys
    var rules: TokenRules

    static var settingType: SettingType<OAuthTerminationSettings> { .structure { read(&$0) } }

    private static func read(_ reader: inout SettingsReader) -> OAuthTerminationSettings? {
        let file = reader.optional(
            "jwks_file", .keySetFile,
            "The keys that tokens are signed with, as a JSON Web Key Set. Read anew when it changes.")
        let url = reader.optional("jwks_url", .httpAddress, "Where the keys are to be had, in the place of jwks_file.")
        let authorities = reader.value(
            "jwks_ca", .oneOrMore(of: .tlsFile, atMost: 100), default: [],
            "The CA certificates that the certificate of an https jwks_url must come from. By default the system's.")
        let refresh = reader.value(
            "jwks_refresh", .duration(.seconds(10)...(.seconds(86_400))), default: .seconds(300),
            "How often jwks_url is asked. It is also asked when a token names a key that is not known.")
        let issuer = reader.optional(
            "issuer", .string(1...2000), "Who must have issued a token (iss). By default anybody.")
        let audiences = reader.value(
            "audience", .oneOrMore(of: .string(1...2000), atMost: 100), default: [],
            "Whom a token must be for (aud): one of these. By default anybody.")
        let claim = reader.value(
            "principal_claim", .string(1...200), default: "sub", "The claim that names the user.")
        let scopeClaim = reader.value(
            "scope_claim", .string(1...200), default: "scope", "The claim that lists what a token is good for.")
        let scopes = reader.value(
            "required_scopes", .list(of: .string(1...2000), count: 0...100), default: [],
            "What a token must be good for: all of these.")
        let skew = reader.value(
            "clock_skew", .duration(.zero...(.seconds(600))), default: .seconds(30), "How far clocks may be apart.")
        let keys: SASLTerminationConfiguration.Keys
        if let file, !reader.contains("jwks_url") {
            keys = .file(file)
        } else if let url, !reader.contains("jwks_file") {
            reader.checkAuthorities(authorities, for: url, at: "jwks_ca")
            keys = .url(url, authorityFiles: authorities, refresh: refresh)
        } else {
            if reader.contains("jwks_file") == reader.contains("jwks_url") {
                reader.report("expected one of jwks_file, jwks_url")
            }
            return nil
        }
        return OAuthTerminationSettings(
            keys: keys,
            rules: TokenRules(
                issuer: issuer, audiences: audiences, principalClaim: claim, scopeClaim: scopeClaim,
                requiredScopes: scopes, clockSkew: skew.milliseconds))
    }
}

extension Duration {
    /// Whole milliseconds.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1000).partialValue &+ attoseconds / 1_000_000_000_000_000
    }
}

extension SettingType where Value == String {
    /// The path of a credentials file.
    static var credentialsFile: SettingType {
        .watchedFile(maxBytes: CredentialsFile.maxSize) { path, bytes in
            do throws(CredentialsFile.Invalid) {
                _ = try CredentialsFile.read(bytes)
                return nil
            } catch {
                return SettingProblem("'\(path)' cannot be read: \(error)")
            }
        }
    }

    /// The path of a file with a JSON Web Key Set.
    static var keySetFile: SettingType {
        .watchedFile(maxBytes: JSONWebKeySet.maxSize) { path, bytes in
            do throws(SASLFailure) {
                _ = try JSONWebKeySet(reading: bytes)
                return nil
            } catch {
                return SettingProblem("'\(path)' cannot be read: \(error.message)")
            }
        }
    }
}
