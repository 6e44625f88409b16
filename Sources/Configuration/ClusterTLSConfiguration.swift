import Settings
package import TLS

/// The `tls:` block of a cluster: how TLS is spoken to its brokers.
package struct ClusterTLSConfiguration: Sendable, Hashable {
    /// CAs, versions, algorithms, and what Sluice shows.
    package var settings: TLSClientSettings
    /// How long a broker may take for its handshake. Default 10 s.
    package var handshakeTimeout: Duration

    /// Makes a configuration.
    package init(settings: TLSClientSettings = TLSClientSettings(), handshakeTimeout: Duration = .seconds(10)) {
        self.settings = settings
        self.handshakeTimeout = handshakeTimeout
    }

    static var settingType: SettingType<ClusterTLSConfiguration> { .structure { read(&$0) } }

    private static func read(_ reader: inout SettingsReader) -> ClusterTLSConfiguration? {
        let pair = TLSKeyPairSettings.read(&reader, isFirst: false)
        let authorities = reader.value(
            "ca", .oneOrMore(of: .tlsFile, atMost: 100), default: [],
            "The CA certificates that the brokers' certificates must come from: PEM files. By default the system's.")
        let verification = reader.value(
            "verify", .choice(), default: TLSClientSettings.Verification.full,
            "How much of a broker's certificate must hold: all of it, all but its name, or nothing.")
        let serverName = reader.optional(
            "server_name", .hostName,
            "The name to ask for and to look for in certificates, in the place of the broker's host.")
        let crls = reader.value(
            "crl", .oneOrMore(of: .tlsFile, atMost: 100), default: [],
            "Lists of revoked certificates: PEM files. With one, each CA that signs brokers' certificates needs one.")
        let crlCheck = reader.value(
            "crl_check", .choice(), default: RevocationCheck.leaf, "Whose revocation is looked up.")
        let depth = reader.value(
            "verify_depth", .integer(0...100), default: 9, "The most CAs between a broker's certificate and the root.")
        let protocols = TLSProtocolSettings.read(&reader)
        let reuse = reader.value(
            "session_reuse", .boolean, default: true, "Whether sessions with a broker are resumed.")
        let timeout = reader.value(
            "handshake_timeout", .duration(.milliseconds(100)...(.seconds(300))), default: .seconds(10),
            "How long a broker may take for its handshake.")
        if verification == .none {
            for key in ["ca", "crl", "verify_depth"] where reader.contains(key) {
                reader.report("has no meaning with verify: none", at: key)
            }
        }
        if reader.contains("crl_check"), !reader.contains("crl") {
            reader.report("has no meaning without crl", at: "crl_check")
        }
        let settings = TLSClientSettings(
            caFiles: authorities, certificate: pair?.files, verification: verification, serverName: serverName,
            crlFiles: crls, checksRevocationOfChain: crlCheck == .chain, verifyDepth: depth, protocols: protocols,
            sessionReuse: reuse)
        let files = TLSFileKeys(pair).merging(authorities, "ca").merging(crls, "crl")
        reader.check(files) { () throws(TLSError) in _ = try TLSClientSource(settings) }
        return ClusterTLSConfiguration(settings: settings, handshakeTimeout: timeout)
    }
}
