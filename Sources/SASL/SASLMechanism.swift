/// A way to sign in, by the name it has in SaslHandshake.
package enum SASLMechanism: String, Sendable, Hashable, CaseIterable {
    /// RFC 4616: name and password as they are, so only inside TLS.
    case plain = "PLAIN"
    /// RFC 5802 and 7677.
    case scramSHA256 = "SCRAM-SHA-256"
    /// RFC 5802 with SHA-512.
    case scramSHA512 = "SCRAM-SHA-512"
    /// RFC 7628: a token that somebody else has issued.
    case oauthBearer = "OAUTHBEARER"

    /// The hash of a SCRAM mechanism; nil for the others.
    package var scramHash: Hash? {
        switch self {
        case .scramSHA256: .sha256
        case .scramSHA512: .sha512
        case .plain, .oauthBearer: nil
        }
    }
}
