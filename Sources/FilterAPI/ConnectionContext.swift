public import KafkaMessages
public import KafkaWire
public import NIOCore
public import Telemetry

/// Who a request comes from, and what a filter may ask for while it decides.
///
/// It stands for a client, not for a socket: whatever feeds the chain can make one. Belongs to one event loop.
public final class ConnectionContext {
    /// The principal of a client of whom nothing is known, as Kafka writes it.
    public static let anonymous = "User:ANONYMOUS"

    /// A number that no other connection of this process has.
    public let id: UInt64
    /// The listener's name.
    public let listener: String
    /// The client's address without the port: what PROXY protocol says, else the socket.
    public var clientAddress: String { didSet { identityVersion &+= 1 } }
    /// The client's port; 0 if unknown.
    public var clientPort: Int { didSet { identityVersion &+= 1 } }
    /// Who the client is, in Kafka's form; ``anonymous`` until it is known.
    public var principal = ConnectionContext.anonymous { didSet { identityVersion &+= 1 } }
    /// The client ID of the latest request.
    public var clientID: String? { didSet { identityVersion &+= 1 } }
    /// Grows whenever something of ``identity``, or the client's library, is set.
    package private(set) var identityVersion: UInt64 = 0
    /// The name of the client's library, if it said one.
    public var softwareName: String? { didSet { identityVersion &+= 1 } }
    /// The version of the client's library, if it said one.
    public var softwareVersion: String? { didSet { identityVersion &+= 1 } }
    /// The loop that everything of this connection runs on.
    public let eventLoop: any EventLoop
    /// The metrics of that loop, to count without a lock. Ask once for a handle and keep it.
    public let metrics: MetricsShard
    /// What is known of the upstream cluster.
    public let cluster: any ClusterView
    /// The largest frame that may be held, in bytes: one that is larger closes its connection if a filter wants it whole.
    package var largestHeldFrame = Int.max
    /// Sends requests of a filter's own; nil again when the connection has closed.
    package var asker: (any UpstreamAsking)?
    /// What opens record batches on the event loop.
    package let recordOpening: RecordOpening

    /// A context; made by whatever feeds the chain.
    package init(
        id: UInt64, listener: String, clientAddress: String, clientPort: Int, eventLoop: any EventLoop,
        metrics: MetricsShard = MetricsShard(), cluster: any ClusterView, recordOpening: RecordOpening? = nil
    ) {
        self.recordOpening = recordOpening ?? RecordOpening()
        self.id = id
        self.listener = listener
        self.clientAddress = clientAddress
        self.clientPort = clientPort
        self.eventLoop = eventLoop
        self.metrics = metrics
        self.cluster = cluster
    }

    /// Asks the broker something of the filter's own, on the client's upstream connection and with its rights. The
    /// client does not see it.
    ///
    /// - Parameters:
    ///   - message: the question.
    ///   - version: the version it is asked in.
    /// - Returns: the answer; fails with ``AskError`` when the connection is closed first.
    public func ask<Question: RequestMessage>(_ message: Question, version: Int16) -> EventLoopFuture<Question.Response>
    {
        guard let asker else { return eventLoop.makeFailedFuture(AskError.closed) }
        let loop = eventLoop
        return asker.ask(message, version: version).flatMapThrowing { body in
            var reader = WireReader(body)
            return try Question.Response.decode(from: &reader, version: version)
        }.hop(to: loop)
    }
}

/// Why a filter's question got no answer.
public enum AskError: Error, Sendable {
    /// The connection was closed first.
    case closed
    /// The question could not be written at that version.
    case unwritable(WireError)
}

/// Sends requests of a filter's own to the broker of a connection.
package protocol UpstreamAsking: AnyObject {
    /// The body of the answer, without its header.
    func ask(_ message: any RequestMessage, version: Int16) -> EventLoopFuture<ByteBuffer>
}
