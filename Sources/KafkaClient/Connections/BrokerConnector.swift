package import NIOCore

/// Opens connections to brokers: TCP, and above it what the cluster asks for (TLS, signing in).
package protocol BrokerConnector: Sendable {
    /// Opens a connection that requests can be sent on.
    ///
    /// - Parameters:
    ///   - host: name or address, as configured or as the cluster tells it.
    ///   - port: TCP port.
    ///   - loop: the event loop that the connection lives on.
    /// - Returns: the connection, or why there is none. It gives up by itself after a while.
    func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<BrokerConnection>
}

/// Connections by plain TCP, without signing in.
package struct PlainConnector: BrokerConnector {
    private let timeout: TimeAmount

    /// - Parameter timeout: for a connection to come about.
    package init(timeout: TimeAmount = .seconds(10)) {
        self.timeout = timeout
    }

    package func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<BrokerConnection> {
        BrokerConnection.connect(host: host, port: port, on: loop, timeout: timeout)
    }
}
