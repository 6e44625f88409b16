/// How TLS is terminated: what clients are shown, and what they must show.
package struct TLSServerSettings: Sendable, Hashable {
    /// Whether clients are asked for a certificate.
    package enum ClientCertificate: String, Sendable, Hashable, CaseIterable {
        /// They are not asked.
        case none
        /// They are asked, and may have none; one that they have must hold.
        case optional
        /// They are asked, and must have one.
        case required
    }

    /// The certificates to show, at least one. The first is the default; others are chosen by the server name that the
    /// client asks for (SNI, RFC 6066).
    package var certificates: [TLSCertificateFiles]
    /// PEM files with the CA certificates that clients' certificates must come from. Needed unless none is asked for.
    package var clientCAFiles: [String]
    /// Whether clients are asked for a certificate. Default: none.
    package var clientCertificate: ClientCertificate
    /// PEM files with lists of revoked certificates. With one, each CA that signs clients' certificates needs one.
    package var crlFiles: [String]
    /// Whether the CAs between a client's certificate and the root are looked up in lists too. Default: no.
    package var checksRevocationOfChain: Bool
    /// The most CAs between a client's certificate and the root. Default: 9.
    package var verifyDepth: Int
    /// Versions and algorithms.
    package var protocols: TLSProtocolSettings
    /// Whether clients may resume sessions by tickets. Default: yes.
    package var sessionTickets: Bool
    /// How long a ticket is taken, and after which time tickets are encrypted with a new key. Default: 2 hours.
    package var sessionLifetime: Duration

    package init(
        certificates: [TLSCertificateFiles], clientCAFiles: [String] = [],
        clientCertificate: ClientCertificate = .none, crlFiles: [String] = [], checksRevocationOfChain: Bool = false,
        verifyDepth: Int = 9, protocols: TLSProtocolSettings = TLSProtocolSettings(), sessionTickets: Bool = true,
        sessionLifetime: Duration = .seconds(2 * 3600)
    ) {
        self.certificates = certificates
        self.clientCAFiles = clientCAFiles
        self.clientCertificate = clientCertificate
        self.crlFiles = crlFiles
        self.checksRevocationOfChain = checksRevocationOfChain
        self.verifyDepth = verifyDepth
        self.protocols = protocols
        self.sessionTickets = sessionTickets
        self.sessionLifetime = sessionLifetime
    }
}
