import FilterAPI
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
    /// How many handshakes that have failed are told one by one: 10 a second.
    let warnings = WarningRate(perSecond: 10)
    private let watch: CertificateWatch<TLSServerContext>

    /// Loads the files. This blocks.
    ///
    /// - Throws: what is wrong with one of them.
    init(
        _ configuration: ListenerTLSConfiguration, listener: String, counts: TLSCounts, logger: Logger
    ) throws(TLSError) {
        self.configuration = configuration
        source = try TLSServerSource(configuration.settings)
        limit = HandshakeLimit(
            maximum: configuration.maxHandshakes, perAddress: configuration.maxHandshakesPerAddress)
        watch = CertificateWatch(source, owner: .listener(listener), counts: counts, logger: logger)
    }

    /// A handler for a client's connection.
    ///
    /// - Parameter context: where the client is: by the time of its first record that is known.
    /// - Returns: a new handler.
    func handler(for context: ConnectionContext) -> TLSHandler {
        TLSHandler(
            server: source.current, limit: limit, address: { context.clientAddress },
            handshakeTimeout: TimeAmount(configuration.handshakeTimeout))
    }
}
