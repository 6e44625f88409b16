import COpenSSL
import Glibc

/// A server's certificates and settings, loaded once and never changed; connections share it.
package final class TLSServerContext: TLSContext {
    /// What it was made of.
    package let settings: TLSServerSettings
    package let certificates: [LoadedCertificate]
    package let warnings: [String]

    /// The context of connections, with the default certificate.
    let main: ContextHandle
    /// The contexts with the other certificates, which the first refers to by their names.
    private let others: [ContextHandle]
    let ticketKeys: TicketKeys?

    package init(
        loading settings: TLSServerSettings, from files: TLSFiles, replacing previous: TLSServerContext?
    ) throws(TLSError) {
        guard let first = settings.certificates.first else {
            throw TLSError(.invalidSetting, "a server needs a certificate")
        }
        guard settings.clientCertificate == .none || !settings.clientCAFiles.isEmpty else {
            throw TLSError(.invalidSetting, "clients' certificates need a CA that they must come from")
        }
        self.settings = settings
        if settings.sessionTickets {
            let former = previous?.ticketKeys
            let isSame = former?.lifetime == settings.sessionLifetime
            ticketKeys = isSame ? former : try TicketKeys(lifetime: settings.sessionLifetime)
        } else {
            ticketKeys = nil
        }
        let identity = try Self.identity(settings, files)

        main = try ContextHandle(isServer: true)
        try main.load(first, from: files)
        try main.trust(settings.clientCAFiles, from: files)
        try main.revoke(by: settings.crlFiles, wholeChain: settings.checksRevocationOfChain, from: files)
        try Self.apply(settings, identity, ticketKeys, to: main)

        var loaded = try LoadedCertificate.shown(first, from: files)
        var others: [ContextHandle] = []
        var groups = [
            (names: loaded[0...].first?.serverNames ?? [], kinds: [try Self.keyKind(first, files)], handle: main)
        ]
        for certificate in settings.certificates.dropFirst() {
            let shown = try LoadedCertificate.shown(certificate, from: files)
            let names = shown.first?.serverNames ?? []
            let kind = try Self.keyKind(certificate, files)
            // For the same names, an RSA and an EC certificate stand beside each other: the client's algorithms decide.
            if let index = groups.firstIndex(where: { $0.names == names && !$0.kinds.contains(kind) }) {
                groups[index].kinds.append(kind)
                try groups[index].handle.load(certificate, from: files)
            } else {
                let handle = try ContextHandle(isServer: true)
                try handle.load(certificate, from: files)
                guard sluice_tls_context_trust_as(handle.pointer, main.pointer) == 1 else {
                    throw .openSSL(.internalError, "OpenSSL does not share what is trusted")
                }
                try Self.apply(settings, identity, ticketKeys, to: handle)
                others.append(handle)
                groups.append((names, [kind], handle))
            }
            loaded += shown
        }
        for group in groups {
            for name in group.names { _ = sluice_tls_context_name(main.pointer, name, group.handle.pointer) }
        }
        self.others = others
        loaded += try LoadedCertificate.trusted(settings.clientCAFiles, from: files)
        certificates = loaded
        let now = Int64(time(nil))
        warnings = loaded.compactMap { $0.warning(at: now) }
    }

    private static func apply(
        _ settings: TLSServerSettings, _ identity: [UInt8], _ keys: TicketKeys?, to handle: ContextHandle
    ) throws(TLSError) {
        try handle.apply(settings.protocols)
        let mode: Int32 =
            switch settings.clientCertificate {
            case .none: 0
            case .optional: 1
            case .required: 2
            }
        sluice_tls_context_verify(handle.pointer, mode, Int32(clamping: settings.verifyDepth))
        sluice_tls_context_server_sessions(
            handle.pointer, keys?.pointer, identity, settings.sessionLifetime.components.seconds)
    }

    /// What a client's certificate was checked by. A session is only resumed where it would be checked by the same: one
    /// from before a certificate was revoked is not.
    private static func identity(_ settings: TLSServerSettings, _ files: TLSFiles) throws(TLSError) -> [UInt8] {
        var bytes = Array(
            "\(settings.clientCertificate) \(settings.verifyDepth) \(settings.checksRevocationOfChain)".utf8)
        for path in settings.clientCAFiles + settings.crlFiles {
            bytes += TLSFiles.hash(try files.contents(of: path))
        }
        return TLSFiles.hash(bytes)
    }

    private static func keyKind(_ certificate: TLSCertificateFiles, _ files: TLSFiles) throws(TLSError) -> Int32 {
        let pem = try files.contents(of: certificate.certificateFile)
        var kind: Int32 = 0
        _ = withUnsafeMutablePointer(to: &kind) { kind in
            sluice_certificates_read(pem, pem.count, kind) { owner, certificate in
                guard let kind = owner?.assumingMemoryBound(to: Int32.self), kind.pointee == 0 else { return }
                kind.pointee = sluice_certificate_key_kind(certificate)
            }
        }
        return kind
    }
}
