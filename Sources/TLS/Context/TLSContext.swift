/// What connections share: certificates, keys and settings, loaded once and never changed.
package protocol TLSContext: AnyObject, Sendable {
    /// What it is made of.
    associatedtype Settings: Sendable, Hashable

    /// Loads the files. This blocks.
    ///
    /// - Parameters:
    ///   - settings: what to load.
    ///   - files: where files are read.
    ///   - previous: the context that it replaces, whose sessions can go on.
    /// - Throws: what is wrong, with the file and OpenSSL's reasons.
    init(loading settings: Settings, from files: TLSFiles, replacing previous: Self?) throws(TLSError)

    /// The certificates in use: own ones, their chains, and CAs.
    var certificates: [LoadedCertificate] { get }

    /// What is not wrong but should be known, such as a certificate that has expired.
    var warnings: [String] { get }
}
