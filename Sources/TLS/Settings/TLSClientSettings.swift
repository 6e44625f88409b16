/// How TLS is spoken to a server.
package struct TLSClientSettings: Sendable, Hashable {
    /// How much of a server's certificate must hold.
    package enum Verification: String, Sendable, Hashable, CaseIterable {
        /// It comes from a CA that is trusted, and is for the name or address that was connected to.
        case full
        /// It comes from a CA that is trusted, whatever name it is for.
        case caOnly = "ca_only"
        /// Nothing is checked: whoever answers is believed.
        case none
    }

    /// PEM files with the CA certificates that are trusted. Default: none, for those that the system trusts.
    package var caFiles: [String]
    /// The certificate to show to servers that ask for one.
    package var certificate: TLSCertificateFiles?
    /// How much of a server's certificate must hold. Default: all.
    package var verification: Verification
    /// The name to ask the server for (SNI) and to look for in its certificate, in place of the host connected to.
    package var serverName: String?
    /// PEM files with lists of revoked certificates. With one, each CA that signs servers' certificates needs one.
    package var crlFiles: [String]
    /// Whether the CAs between a server's certificate and the root are looked up in lists too. Default: no.
    package var checksRevocationOfChain: Bool
    /// The most CAs between a server's certificate and the root. Default: 9.
    package var verifyDepth: Int
    /// Versions and algorithms.
    package var protocols: TLSProtocolSettings
    /// Whether sessions with a server are resumed. Default: yes.
    package var sessionReuse: Bool

    package init(
        caFiles: [String] = [], certificate: TLSCertificateFiles? = nil, verification: Verification = .full,
        serverName: String? = nil, crlFiles: [String] = [], checksRevocationOfChain: Bool = false,
        verifyDepth: Int = 9, protocols: TLSProtocolSettings = TLSProtocolSettings(), sessionReuse: Bool = true
    ) {
        self.caFiles = caFiles
        self.certificate = certificate
        self.verification = verification
        self.serverName = serverName
        self.crlFiles = crlFiles
        self.checksRevocationOfChain = checksRevocationOfChain
        self.verifyDepth = verifyDepth
        self.protocols = protocols
        self.sessionReuse = sessionReuse
    }
}
