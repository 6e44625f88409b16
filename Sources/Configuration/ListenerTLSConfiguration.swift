import Settings
package import TLS

/// The `tls:` block of a listener: how TLS with its clients is terminated.
package struct ListenerTLSConfiguration: Sendable, Hashable {
    /// Certificates, versions, algorithms, and what clients must show.
    package var settings: TLSServerSettings
    /// How long a client may take for its handshake. Default 10 s.
    package var handshakeTimeout: Duration
    /// How many handshakes may be under way at once. Default 1,000.
    package var maxHandshakes: Int
    /// How many of one address; nil for a quarter of all, but 16 at least.
    package var maxHandshakesPerAddress: Int?
    /// How a client's certificate becomes its principal.
    package var principal: CertificatePrincipal

    /// Makes a configuration.
    package init(
        settings: TLSServerSettings, handshakeTimeout: Duration = .seconds(10), maxHandshakes: Int = 1000,
        maxHandshakesPerAddress: Int? = nil,
        principal: CertificatePrincipal = CertificatePrincipal()
    ) {
        self.settings = settings
        self.handshakeTimeout = handshakeTimeout
        self.maxHandshakes = maxHandshakes
        self.maxHandshakesPerAddress = maxHandshakesPerAddress
        self.principal = principal
    }

    static var settingType: SettingType<ListenerTLSConfiguration> { .structure { read(&$0) } }

    private static func read(_ reader: inout SettingsReader) -> ListenerTLSConfiguration? {
        let first = TLSKeyPairSettings.read(&reader, isFirst: true)
        let more = reader.value(
            "certificates", .list(of: TLSKeyPairSettings.settingType, count: 0...1000), default: [],
            "More certificates, chosen by the server name that the client asks for. The first one is for all others.")
        let mode = reader.value(
            "client_certificate", .choice(), default: TLSServerSettings.ClientCertificate.none,
            "Whether clients must have a certificate.")
        let authorities = reader.value(
            "client_ca", .oneOrMore(of: .tlsFile, atMost: 100), default: [],
            "The CA certificates that clients' certificates must come from: PEM files.")
        let crls = reader.value(
            "crl", .oneOrMore(of: .tlsFile, atMost: 100), default: [],
            "Lists of revoked certificates: PEM files. With one, each CA that signs clients' certificates needs one.")
        let crlCheck = reader.value(
            "crl_check", .choice(), default: RevocationCheck.leaf, "Whose revocation is looked up.")
        let depth = reader.value(
            "verify_depth", .integer(0...100), default: 9,
            "The most CAs between a client's certificate and the root.")
        let protocols = TLSProtocolSettings.read(&reader)
        let tickets = reader.value(
            "session_tickets", .boolean, default: true, "Whether clients may resume sessions by tickets.")
        let lifetime = reader.value(
            "session_lifetime", .duration(.seconds(60)...(.seconds(86_400))), default: .seconds(7200),
            "How long a ticket is taken, and after which time tickets are encrypted with a new key.")
        let timeout = reader.value(
            "handshake_timeout", .duration(.milliseconds(100)...(.seconds(300))), default: .seconds(10),
            "How long a client may take for its handshake.")
        let most = reader.value(
            "max_handshakes", .integer(1...1_000_000), default: 1000,
            "How many handshakes may be under way at once on this listener; connections beyond that are closed.")
        let share = reader.optional(
            "max_handshakes_per_address", .integer(1...1_000_000),
            "How many of them one address may have, or a network of 64 bits of IPv6. By default a quarter, but 16 at least."
        )
        let principal = reader.optional(
            "principal", CertificatePrincipal.settingType,
            "How a client's certificate becomes its principal. By default its subject, as in Kafka.")

        if mode == .none {
            for key in ["client_ca", "crl", "verify_depth", "principal"] where reader.contains(key) {
                reader.report("has no meaning unless client_certificate is optional or required", at: key)
            }
        } else if !reader.contains("client_ca") {
            reader.report(
                "missing: client_certificate: \(mode.rawValue) needs the CA of the clients' certificates",
                at: "client_ca")
        }
        if reader.contains("crl_check"), !reader.contains("crl") {
            reader.report("has no meaning without crl", at: "crl_check")
        }
        guard let first else { return nil }
        let settings = TLSServerSettings(
            certificates: [first.files] + more.map(\.files), clientCAFiles: authorities, clientCertificate: mode,
            crlFiles: crls, checksRevocationOfChain: crlCheck == .chain, verifyDepth: depth, protocols: protocols,
            sessionTickets: tickets, sessionLifetime: lifetime)
        let files =
            TLSFileKeys(first)
            .merging(authorities, "client_ca").merging(crls, "crl")
        reader.check(files, more) { () throws(TLSError) in _ = try TLSServerSource(settings) }
        return ListenerTLSConfiguration(
            settings: settings, handshakeTimeout: timeout, maxHandshakes: most,
            maxHandshakesPerAddress: share, principal: principal ?? CertificatePrincipal())
    }
}

/// Whose revocation is looked up.
enum RevocationCheck: String, Sendable, CaseIterable {
    /// That of the certificate itself.
    case leaf
    /// That of all certificates below the root.
    case chain
}

/// How a certificate becomes a principal.
package struct CertificatePrincipal: Sendable, Hashable {
    /// What of a certificate says who its owner is.
    package enum Source: String, Sendable, Hashable, CaseIterable {
        /// The subject, as Kafka writes it: RFC 2253.
        case subject
        /// The first host name among the alternative names.
        case dnsName = "san_dns"
        /// The first URI among them, as SPIFFE has it.
        case uri = "san_uri"
        /// The first address for mail among them.
        case email = "san_email"
    }

    /// What says who the owner is. Default ``Source/subject``.
    package var source: Source
    /// How that becomes a name. Default: as it is.
    package var rules: PrincipalMappingRules

    /// Makes a rule.
    package init(source: Source = .subject, rules: PrincipalMappingRules = .default) {
        self.source = source
        self.rules = rules
    }

    /// The principal; nil if the certificate has no such name, or no rule is for it.
    package func principal(of certificate: CertificateDescription) -> String? {
        name(in: certificate).flatMap { rules.name(for: $0) }.map { "User:\($0)" }
    }

    private func name(in certificate: CertificateDescription) -> String? {
        let names = certificate.alternativeNames.lazy
        return switch source {
        case .subject: certificate.subject
        case .dnsName: names.compactMap { if case .dns(let name) = $0 { name } else { nil } }.first
        case .uri: names.compactMap { if case .uri(let name) = $0 { name } else { nil } }.first
        case .email: names.compactMap { if case .email(let name) = $0 { name } else { nil } }.first
        }
    }

    static var settingType: SettingType<CertificatePrincipal> {
        .structure { reader in
            let source = reader.value(
                "from", .choice(), default: Source.subject, "What of a certificate says who its owner is.")
            let rules = reader.value(
                "mapping_rules", .principalMappingRules, default: .default,
                "How that becomes a name: rules as Kafka's ssl.principal.mapping.rules has them.")
            return CertificatePrincipal(source: source, rules: rules)
        }
    }
}

extension SettingType where Value == PrincipalMappingRules {
    /// Rules as `ssl.principal.mapping.rules` has them.
    static var principalMappingRules: SettingType {
        .scalar(
            expected: "rules such as RULE:^CN=([^,]+).*$/$1/L,DEFAULT",
            schema: ["type": "string", "minLength": 1],
            parse: { text throws(SettingProblem) in try PrincipalMappingRules(parsing: text) },
            render: { .string($0.text) }
        )
    }
}
