import TLS

/// Which setting to change when two sides do not agree on whether, or how, TLS is spoken.
enum TLSHint {
    /// For a handshake with a client that has failed.
    static func forClient(_ error: TLSError) -> String? {
        switch error.code {
        case .plaintext:
            "the client does not speak TLS: set its security.protocol to SSL or SASL_SSL, or leave out tls of the listener"
        case .certificateRequired:
            "the client shows no certificate: give it one (ssl.keystore.location, ssl.certificate.location), or set "
                + "tls.client_certificate of the listener to optional"
        case .unknownCA, .selfSigned:
            "the client's certificate comes from a CA that tls.client_ca of the listener does not have"
        case .unsupportedProtocol: "see tls.min_version and tls.max_version of the listener"
        case .noSharedCipher: "see tls.ciphers, tls.cipher_suites and tls.groups of the listener"
        case .tooManyHandshakes: "see tls.max_handshakes and tls.max_handshakes_per_address of the listener"
        case .handshakeTimeout: "see tls.handshake_timeout of the listener"
        case .alert("unknown ca"), .alert("bad certificate"), .alert("certificate unknown"):
            "the client does not trust the listener's certificate: see its ssl.truststore.location or ssl.ca.location, "
                + "and the names in the certificate"
        default: nil
        }
    }

    /// For a connection to a broker that has not come about; nil also for what is no error of TLS.
    static func forBroker(_ error: any Error) -> String? {
        guard let error = error as? TLSError else { return nil }
        switch error.code {
        case .plaintext:
            return "the broker does not speak TLS on this port: another port, or leave out tls of the cluster"
        case .unknownCA, .selfSigned:
            return "the broker's certificate comes from a CA that tls.ca of the cluster does not have"
        case .nameMismatch:
            return "the broker's certificate is for another name: see tls.server_name and tls.verify of the cluster"
        case .unsupportedProtocol: return "see tls.min_version and tls.max_version of the cluster"
        case .noSharedCipher: return "see tls.ciphers, tls.cipher_suites and tls.groups of the cluster"
        case .alert("certificate required"), .alert("bad certificate"), .alert("handshake failure"),
            .certificateRequired:
            return "the broker may want a certificate: see tls.certificate of the cluster"
        case .closedInHandshake:
            return "the broker may not speak TLS on this port, or want a certificate: see tls of the cluster"
        default: return nil
        }
    }

    /// For TLS on a port without it.
    static let tlsOnPlainPort =
        "the client speaks TLS: set its security.protocol to PLAINTEXT or SASL_PLAINTEXT, or configure tls on the listener"
    /// For a broker that answers as TLS servers do.
    static let tlsBroker = "the broker speaks TLS on this port: configure tls on the cluster, or use another port"
    /// For a broker that closes at the first request.
    static let silentBroker =
        "the broker has closed before its first answer: it may want TLS (tls of the cluster), or SASL (sasl of the cluster)"
}
