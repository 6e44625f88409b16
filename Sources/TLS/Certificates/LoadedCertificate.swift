/// A certificate in use, and where it is from.
package struct LoadedCertificate: Sendable, Hashable {
    /// What it is for.
    package enum Role: String, Sendable, Hashable {
        /// It is shown to the other side.
        case certificate
        /// It is shown beside one, as a step towards the CA.
        case chain
        /// The other side's certificate may come from it.
        case ca
    }

    /// What it is for.
    package let role: Role
    /// The file it was read from.
    package let file: String
    /// The server names it is chosen by; empty for all but servers' certificates.
    package let serverNames: [String]
    /// What it says.
    package let description: CertificateDescription
}
