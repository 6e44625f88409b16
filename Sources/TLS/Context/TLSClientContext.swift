import COpenSSL
import Glibc

/// A client's certificates and settings, loaded once and never changed; connections share it.
package final class TLSClientContext: TLSContext {
    /// What it was made of.
    package let settings: TLSClientSettings
    /// The certificate shown, its chain, and the CAs of files; those that the system trusts are not listed.
    package let certificates: [LoadedCertificate]
    package let warnings: [String]

    let main: ContextHandle
    /// `nil` when no session is resumed. Sessions end with their context: what is trusted may have changed.
    let sessions: SessionStore?

    package init(
        loading settings: TLSClientSettings, from files: TLSFiles, replacing previous: TLSClientContext?
    ) throws(TLSError) {
        self.settings = settings
        main = try ContextHandle(isServer: false)
        try main.apply(settings.protocols)
        var loaded: [LoadedCertificate] = []
        if let certificate = settings.certificate {
            try main.load(certificate, from: files)
            loaded = try LoadedCertificate.shown(certificate, from: files)
        }
        if settings.caFiles.isEmpty, settings.verification != .none {
            guard sluice_tls_context_trust_system(main.pointer) == 1 else {
                throw .openSSL(.unreadableFile, "the CA certificates of the system cannot be read")
            }
        }
        try main.trust(settings.caFiles, from: files)
        try main.revoke(by: settings.crlFiles, wholeChain: settings.checksRevocationOfChain, from: files)
        let mode: Int32 = settings.verification == .none ? 0 : 1
        sluice_tls_context_verify(main.pointer, mode, Int32(clamping: settings.verifyDepth))
        if settings.sessionReuse {
            sluice_tls_context_client_sessions(main.pointer)
            sessions = SessionStore()
        } else {
            sessions = nil
        }
        loaded += try LoadedCertificate.trusted(settings.caFiles, from: files)
        certificates = loaded
        let now = Int64(time(nil))
        warnings = loaded.compactMap { $0.warning(at: now) }
    }
}
