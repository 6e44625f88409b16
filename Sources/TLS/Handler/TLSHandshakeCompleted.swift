/// The handshake is over: what both sides have agreed upon. A ``TLSHandler`` fires it as an inbound user event, before
/// anything that the peer has sent.
package struct TLSHandshakeCompleted: Sendable, Hashable {
    /// The name that the client has asked for (SNI), in lower case; `nil` when it has asked for none.
    package let serverName: String?
    /// The version.
    package let version: TLSVersion
    /// The cipher, as OpenSSL names it: `TLS_AES_256_GCM_SHA384`.
    package let cipher: String
    /// The group of the key exchange, as `X25519`; `nil` when there was none or it has no name.
    package let group: String?
    /// Whether a session was resumed: without a new check of certificates.
    package let isResumed: Bool
    /// The peer's certificate; `nil` when it has shown none. It was checked unless the settings say otherwise.
    package let peerCertificate: CertificateDescription?
}
