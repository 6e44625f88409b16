/// The certificates of one listener or one cluster.
package struct CertificateInformation: Sendable, Encodable {
    /// One certificate.
    package struct Certificate: Sendable, Encodable {
        /// `certificate`, `chain` or `ca`.
        package var role: String
        /// The file it was read from.
        package var file: String
        /// Who it is for, in the form of RFC 2253.
        package var subject: String
        /// Other names that it is for, as `dns:broker.example.com`.
        package var alternativeNames: [String]
        /// Who has signed it, in the form of RFC 2253.
        package var issuer: String
        /// The serial number, in hexadecimal digits.
        package var serial: String
        /// The SHA-256 hash, in hexadecimal digits.
        package var fingerprint: String
        /// When it begins to be valid, as `2026-01-31T12:00:00Z`.
        package var notBefore: String
        /// When it ceases to be valid.
        package var notAfter: String
        /// How many whole days that is away; negative if it has expired.
        package var daysLeft: Int
        /// The server names that it is shown for.
        package var serverNames: [String]

        /// Makes a description.
        ///
        /// - Parameters:
        ///   - role: `certificate`, `chain` or `ca`.
        ///   - file: the file it was read from.
        ///   - subject: who it is for.
        ///   - alternativeNames: other names that it is for.
        ///   - issuer: who has signed it.
        ///   - serial: the serial number.
        ///   - fingerprint: the SHA-256 hash.
        ///   - notBefore: when it begins to be valid.
        ///   - notAfter: when it ceases to be valid.
        ///   - daysLeft: how many whole days that is away.
        ///   - serverNames: the server names that it is shown for.
        package init(
            role: String, file: String, subject: String, alternativeNames: [String] = [], issuer: String,
            serial: String, fingerprint: String, notBefore: String, notAfter: String, daysLeft: Int,
            serverNames: [String] = []
        ) {
            self.role = role
            self.file = file
            self.subject = subject
            self.alternativeNames = alternativeNames
            self.issuer = issuer
            self.serial = serial
            self.fingerprint = fingerprint
            self.notBefore = notBefore
            self.notAfter = notAfter
            self.daysLeft = daysLeft
            self.serverNames = serverNames
        }
    }

    /// The listener; `nil` for a cluster.
    package var listener: String?
    /// The cluster; `nil` for a listener.
    package var cluster: String?
    /// Own certificates, their chains, and CAs.
    package var certificates: [Certificate]
    /// Why the files as they are now are not used; `nil` when they are.
    package var lastError: String?

    /// Makes a description.
    ///
    /// - Parameters:
    ///   - listener: the listener.
    ///   - cluster: the cluster.
    ///   - certificates: own certificates, their chains, and CAs.
    ///   - lastError: why the files as they are now are not used.
    package init(
        listener: String? = nil, cluster: String? = nil, certificates: [Certificate], lastError: String? = nil
    ) {
        self.listener = listener
        self.cluster = cluster
        self.certificates = certificates
        self.lastError = lastError
    }
}
