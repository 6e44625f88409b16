/// What a certificate says, for people, for metrics and for the name of who shows it.
package struct CertificateDescription: Sendable, Hashable {
    /// A name that a certificate is for, beside its subject (RFC 5280, 4.2.1.6).
    package enum AlternativeName: Sendable, Hashable {
        /// The name of a host; it may begin with `*.`.
        case dns(String)
        /// A URI, as SPIFFE identities are.
        case uri(String)
        /// An address for mail.
        case email(String)
        /// An IP address, in its usual notation.
        case ip(String)
    }

    /// Who it is for, as Java's `X500Principal.getName()` writes it, which is the name that Kafka gives a client:
    /// `CN=app,OU=Payments,O=Example`. Of RFC 2253's form, with the attributes in reverse order.
    package let subject: String
    /// Other names that it is for.
    package let alternativeNames: [AlternativeName]
    /// Who has signed it, in the form of ``subject``.
    package let issuer: String
    /// When it begins to be valid, in seconds since 1970.
    package let notBefore: Int64
    /// When it ceases to be valid, in seconds since 1970.
    package let notAfter: Int64
    /// The serial number, in hexadecimal digits.
    package let serial: String
    /// The SHA-256 hash of the certificate, in hexadecimal digits.
    package let fingerprint: String
    /// Whether it may sign others.
    package let isCA: Bool

    /// Whether it has expired at a time, in seconds since 1970.
    package func isExpired(at now: Int64) -> Bool { now > notAfter }

    /// The names of hosts it is for: of the alternative names; without any, the common name of the subject.
    package let hostNames: [String]
}
