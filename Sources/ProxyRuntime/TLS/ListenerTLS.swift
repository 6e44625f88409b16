import Logging
import NIOCore
package import SluiceConfiguration
package import TLS

/// TLS with the clients of a listener, for all event loops: certificates that follow their files, and how many
/// handshakes may be under way.
package final class ListenerTLS: Sendable {
    /// What new connections are accepted with.
    package let source: TLSServerSource
    /// The settings.
    package let configuration: ListenerTLSConfiguration
    let limit: HandshakeLimit
    private let watch: CertificateWatch<TLSServerContext>

    /// Loads the files. This blocks.
    ///
    /// - Throws: what is wrong with one of them.
    init(
        _ configuration: ListenerTLSConfiguration, listener: String, counts: TLSCounts, logger: Logger
    ) throws(TLSError) {
        self.configuration = configuration
        source = try TLSServerSource(configuration.settings)
        limit = HandshakeLimit(maximum: configuration.maxHandshakes)
        watch = CertificateWatch(source, owner: .listener(listener), counts: counts, logger: logger)
    }

    /// A handler for a client's connection.
    func handler() -> TLSHandler {
        TLSHandler(
            server: source.current, limit: limit, handshakeTimeout: TimeAmount(configuration.handshakeTimeout))
    }
}
