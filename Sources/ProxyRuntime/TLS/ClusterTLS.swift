import Logging
import NIOCore
package import SluiceConfiguration
package import TLS
import Telemetry

/// TLS with the brokers of a cluster, for all event loops.
package final class ClusterTLS: Sendable {
    /// What new connections are opened with.
    package let source: TLSClientSource
    /// The settings.
    package let configuration: ClusterTLSConfiguration
    private let cluster: String
    private let counts: TLSCounts
    private let watch: CertificateWatch<TLSClientContext>

    /// Loads the files. This blocks.
    ///
    /// - Throws: what is wrong with one of them.
    init(
        _ configuration: ClusterTLSConfiguration, cluster: String, counts: TLSCounts, logger: Logger
    ) throws(TLSError) {
        self.configuration = configuration
        self.cluster = cluster
        self.counts = counts
        source = try TLSClientSource(configuration.settings)
        watch = CertificateWatch(source, owner: .cluster(cluster), counts: counts, logger: logger)
    }

    /// Speaks TLS on a connection that has just been opened. To be called on its loop.
    ///
    /// - Parameters:
    ///   - channel: the connection, on which nothing has been sent.
    ///   - host: the name or address that was connected to.
    ///   - port: the port.
    /// - Returns: when the handshake is over; fails with ``TLSError``, the connection closed.
    func secure(_ channel: any Channel, host: String, port: Int) -> EventLoopFuture<Void> {
        let start = NIODeadline.now()
        let promise = channel.eventLoop.makePromise(of: TLSHandshakeCompleted.self)
        do {
            try channel.pipeline.syncOperations.addHandlers(
                TLSHandler(
                    client: source.current, host: host, port: port,
                    handshakeTimeout: TimeAmount(configuration.handshakeTimeout)),
                HandshakeWait(promise))
        } catch {
            promise.fail(error)
        }
        let result = promise.futureResult.map { [counts, cluster] completed in
            counts.upstreamHandshake(
                cluster, completed, nanoseconds: UInt64(max(0, (NIODeadline.now() - start).nanoseconds)))
        }
        result.whenFailure { [counts, cluster] error in
            counts.upstreamHandshake(cluster, failed: (error as? TLSError)?.code.rawValue ?? "connection")
            channel.close(promise: nil)
        }
        return result
    }
}

/// Waits for the end of a handshake, and then stands aside.
final class HandshakeWait: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let promise: EventLoopPromise<TLSHandshakeCompleted>

    init(_ promise: EventLoopPromise<TLSHandshakeCompleted>) {
        self.promise = promise
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let completed = event as? TLSHandshakeCompleted {
            promise.succeed(completed)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Who does not understand the first message may reset the connection in the place of closing it.
        promise.fail(
            error is IOError
                ? TLSError(.closedInHandshake, "the broker has cut the connection off in the handshake: \(error)")
                : error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(TLSError(.closedInHandshake, "the broker has closed the connection in the handshake"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        promise.fail(ChannelError.ioOnClosedChannel)
    }
}
