/// What both sides of TLS have in common: versions and algorithms.
package struct TLSProtocolSettings: Sendable, Hashable {
    /// The oldest version that is accepted. Default: TLS 1.2.
    package var minimumVersion: TLSVersion
    /// The newest version that is offered. Default: TLS 1.3.
    package var maximumVersion: TLSVersion
    /// Ciphers of TLS 1.2, as OpenSSL names them, with `:` between them. Default: those with forward secrecy and
    /// authenticated encryption.
    package var ciphers: String
    /// Cipher suites of TLS 1.3, as OpenSSL names them, with `:` between them. Default: OpenSSL's.
    package var cipherSuites: String?
    /// Groups for the key exchange, as OpenSSL names them, with `:` between them. Default: OpenSSL's.
    package var groups: String?

    /// The default of ``ciphers``. Without DHE: it costs a server far more, and clients have ECDHE.
    package static let defaultCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!PSK"

    package init(
        minimumVersion: TLSVersion = .tls12, maximumVersion: TLSVersion = .tls13,
        ciphers: String = TLSProtocolSettings.defaultCiphers, cipherSuites: String? = nil, groups: String? = nil
    ) {
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
        self.ciphers = ciphers
        self.cipherSuites = cipherSuites
        self.groups = groups
    }
}
