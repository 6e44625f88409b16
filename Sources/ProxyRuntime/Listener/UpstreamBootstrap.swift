import NIOCore
import NIOPosix

/// Options of sockets on both sides.
enum SocketSettings {
    /// How much is read at once at most, in bytes: bulk traffic costs the fewest system calls with 256 KiB.
    static let largestRead = 256 * 1024
    /// What may wait for a slow reader before the other side is no longer read, in bytes.
    static let writeWaterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 128 * 1024, high: 512 * 1024)

    /// Sizes what is read at once to what comes: little for the many quiet connections.
    static var readAllocator: AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 4096, maximum: largestRead)
    }
}

/// Opens connections to brokers.
enum UpstreamBootstrap {
    /// Connects, and shakes hands where the cluster asks for TLS.
    ///
    /// - Parameters:
    ///   - broker: where to.
    ///   - loop: the client's event loop.
    ///   - timeout: `connect_timeout`.
    ///   - tls: TLS with the brokers of the cluster, if they speak it.
    ///   - handler: the connection's handler, added once it has come about.
    /// - Returns: a future that comes when the handler is in place; fails with `NIOConnectionError`,
    ///   `ChannelError.connectTimeout`, or `TLSError`.
    static func connect(
        _ broker: Broker, on loop: any EventLoop, timeout: TimeAmount, tls: ClusterTLS?, handler: UpstreamConnection
    ) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(handler, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.recvAllocator, value: SocketSettings.readAllocator)
            .channelOption(.writeBufferWaterMark, value: SocketSettings.writeWaterMark)
            .channelOption(.maxMessagesPerRead, value: 1)
            .connect(host: broker.host, port: broker.port)
            .flatMap { channel in
                guard let tls else { return channel.eventLoop.makeSucceededFuture(channel) }
                return tls.secure(channel, host: broker.host, port: broker.port).map { channel }
            }
            .flatMapThrowing { channel in
                try channel.pipeline.syncOperations.addHandler(bound.value)
            }
    }
}
