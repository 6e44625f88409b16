import KafkaClient
import NIOCore
import NIOPosix

/// Connections of Sluice's own to brokers: TCP, and TLS above it where the cluster asks for it.
enum OwnConnections {
    /// Opens a connection by TCP.
    static func open(
        host: String, port: Int, on loop: any EventLoop, timeout: TimeAmount
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: port)
    }

    /// Makes a connection that can be asked of one that was opened.
    ///
    /// - Returns: the connection; fails with `TLSError` if there is no TLS to be had, the channel closed.
    static func adopt(
        _ channel: any Channel, host: String, port: Int, tls: ClusterTLS?
    ) -> EventLoopFuture<BrokerConnection> {
        channel.eventLoop.flatSubmit {
            let secured = tls?.secure(channel, host: host, port: port) ?? channel.eventLoop.makeSucceededVoidFuture()
            return secured.flatMapThrowing { try BrokerConnection(adoptedBy: channel) }
        }
    }
}

extension ClusterState {
    /// Opens a connection of Sluice's own to a broker; signing in is left to the caller.
    ///
    /// - Returns: the connection; fails with `NIOConnectionError`, `ChannelError.connectTimeout`, or `TLSError`.
    func openConnection(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<BrokerConnection> {
        OwnConnections.open(host: host, port: port, on: loop, timeout: connectTimeout).flatMap { [tls] channel in
            OwnConnections.adopt(channel, host: host, port: port, tls: tls)
        }
    }
}
