import COpenSSL

/// OpenSSL's context, freed with its last user.
final class ContextHandle: Sendable {
    /// What the functions of the C module take.
    ///
    /// Safety: it is changed while it is loaded, by one thread; later OpenSSL's own locks and counts guard it.
    nonisolated(unsafe) let pointer: OpaquePointer

    init(isServer: Bool) throws(TLSError) {
        guard let pointer = sluice_tls_context_new(isServer ? 1 : 0) else {
            throw .openSSL(.internalError, "OpenSSL gives no context")
        }
        self.pointer = pointer
    }

    deinit { sluice_tls_context_free(pointer) }

    func apply(_ protocols: TLSProtocolSettings) throws(TLSError) {
        let failed = sluice_tls_context_protocols(
            pointer, Int32(protocols.minimumVersion.wireValue), Int32(protocols.maximumVersion.wireValue),
            protocols.ciphers, protocols.cipherSuites, protocols.groups)
        switch failed {
        case 0: return
        case 1:
            throw .openSSL(
                .invalidSetting,
                "no versions from \(protocols.minimumVersion.rawValue) to \(protocols.maximumVersion.rawValue)")
        case 2: throw .openSSL(.invalidSetting, "OpenSSL knows no cipher of TLS 1.2 in '\(protocols.ciphers)'")
        case 3:
            throw .openSSL(
                .invalidSetting, "OpenSSL does not know all cipher suites of '\(protocols.cipherSuites ?? "")'")
        default:
            throw .openSSL(.invalidSetting, "OpenSSL does not know all groups of '\(protocols.groups ?? "")'")
        }
    }

    /// Takes a certificate with its chain, and its key.
    func load(_ certificate: TLSCertificateFiles, from files: TLSFiles) throws(TLSError) {
        let chain = try files.contents(of: certificate.certificateFile)
        let key = try files.contents(of: certificate.privateKeyFile)
        let passphrase = try certificate.passphrase.map { source throws(TLSError) in try files.passphrase(source) }
        let status = sluice_tls_context_certificate(pointer, chain, chain.count, key, key.count, passphrase)
        guard status != SLUICE_LOADED else { return }
        throw Self.error(status, certificate, hasPassphrase: passphrase != nil)
    }

    private static func error(
        _ status: sluice_load_status, _ files: TLSCertificateFiles, hasPassphrase: Bool
    ) -> TLSError {
        switch status {
        case SLUICE_NO_CERTIFICATE:
            .openSSL(
                .invalidFile,
                "holds no certificate in PEM (-----BEGIN CERTIFICATE-----); convert DER with openssl x509 -inform der",
                file: files.certificateFile)
        case SLUICE_BAD_CERTIFICATE:
            .openSSL(
                .invalidFile, "holds a certificate that OpenSSL does not take (damaged, or its key is too weak)",
                file: files.certificateFile)
        case SLUICE_NO_KEY:
            .openSSL(
                .invalidFile, "holds no private key in PEM (-----BEGIN PRIVATE KEY-----)", file: files.privateKeyFile)
        case SLUICE_BAD_PASSPHRASE:
            .openSSL(
                .badPassphrase,
                hasPassphrase
                    ? "holds an encrypted private key, and the passphrase is not the one for it"
                    : "holds an encrypted private key; it needs a passphrase",
                file: files.privateKeyFile)
        case SLUICE_KEY_MISMATCH:
            .openSSL(
                .keyMismatch,
                "holds the private key of another certificate than the first of '\(files.certificateFile)'; "
                    + "both must come from the same request, and the server's certificate must stand before its chain",
                file: files.privateKeyFile)
        default: .openSSL(.invalidFile, "holds a private key that cannot be read", file: files.privateKeyFile)
        }
    }

    /// Trusts the CAs of files.
    func trust(_ paths: [String], from files: TLSFiles) throws(TLSError) {
        for path in paths {
            let pem = try files.contents(of: path)
            let count = sluice_tls_context_trust(pointer, pem, pem.count)
            guard count != 0 else {
                throw TLSError(
                    .invalidFile, "holds no CA certificate in PEM (-----BEGIN CERTIFICATE-----)", file: path)
            }
            guard count > 0 else {
                throw .openSSL(.invalidFile, "holds a CA certificate that cannot be read", file: path)
            }
        }
    }

    /// Looks certificates up in the lists of files.
    func revoke(by paths: [String], wholeChain: Bool, from files: TLSFiles) throws(TLSError) {
        for path in paths {
            let pem = try files.contents(of: path)
            let count = sluice_tls_context_revocation(pointer, pem, pem.count, wholeChain ? 1 : 0)
            guard count != 0 else {
                throw TLSError(
                    .invalidFile, "holds no revocation list in PEM (-----BEGIN X509 CRL-----)", file: path)
            }
            guard count > 0 else {
                throw .openSSL(.invalidFile, "holds a revocation list that cannot be read", file: path)
            }
        }
    }
}
