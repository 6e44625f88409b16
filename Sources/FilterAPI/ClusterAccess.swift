public import NIOCore
public import Settings

/// A cluster of the configuration that a filter may open connections of its own to: for copies, and for questions.
public protocol ClusterAccess: Sendable {
    /// The cluster's name in the configuration.
    var name: String { get }
    /// The addresses to begin with, at least one.
    var servers: [NetworkAddress] { get }
    /// Opens a connection to one of the cluster's brokers, with TLS and signed in where the configuration asks for it.
    ///
    /// - Parameters:
    ///   - host: name or address, from ``servers`` or as the cluster tells it.
    ///   - port: TCP port.
    ///   - loop: the event loop that the connection lives on.
    /// - Returns: a channel whose data are `ByteBuffer`s, on which frames of Kafka may be sent at once; fails if there is
    ///   none, after `connect_timeout` for each of its steps.
    func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<any Channel>
}
