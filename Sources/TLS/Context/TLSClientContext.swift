/// A client's certificates and settings, loaded once and never changed; connections share it.
package final class TLSClientContext: TLSContext {
    package let settings: TLSClientSettings
    package let certificates: [LoadedCertificate]
    package let warnings: [String]
    package init(loading settings: TLSClientSettings, from files: TLSFiles, replacing previous: TLSClientContext?) throws(TLSError)
}
