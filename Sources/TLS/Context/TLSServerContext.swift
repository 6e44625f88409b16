/// A server's certificates and settings, loaded once and never changed; connections share it.
package final class TLSServerContext: TLSContext {
    package let settings: TLSServerSettings
    package let certificates: [LoadedCertificate]
    package let warnings: [String]
    package init(loading settings: TLSServerSettings, from files: TLSFiles, replacing previous: TLSServerContext?) throws(TLSError)
}
