package import Settings

/// Where a certificate and its private key are.
package struct TLSCertificateFiles: Sendable, Hashable {
    /// A PEM file with the certificate and, behind it, those that lead from it towards a CA.
    package var certificateFile: String
    /// A PEM file with the private key; it may be the same file.
    package var privateKeyFile: String
    /// What the private key is encrypted with. It is read whenever the key is. Default: the key is not encrypted.
    package var passphrase: Secret.Source?
    /// The server names the certificate is shown for, `*.example.com` included. Default: the names in the certificate.
    package var serverNames: [String]

    package init(
        certificateFile: String, privateKeyFile: String, passphrase: Secret.Source? = nil, serverNames: [String] = []
    ) {
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.passphrase = passphrase
        self.serverNames = serverNames
    }
}
