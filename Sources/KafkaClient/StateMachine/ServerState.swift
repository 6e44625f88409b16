import NIOCore

/// A server, by the way it is known.
enum ServerKey: Hashable, Sendable {
    /// One of those to begin with, by its place.
    case bootstrap(Int)
    /// A broker of the cluster, by its ID.
    case broker(Int32)
}

/// A server: where it is, whether there is a connection, and what was asked on it.
struct ServerState: Sendable {
    /// How far the connection is.
    enum Phase: Sendable, Equatable {
        case idle
        case connecting(ConnectionID)
        case negotiating(ConnectionID)
        case ready(ConnectionID, ServedVersions)
    }

    /// A request whose answer is awaited.
    struct Asked: Sendable {
        /// What it was about.
        enum Subject: Sendable {
            case apiVersions
            case metadata
            /// The batches, by the places of their partitions.
            case produce([Int: UInt64])
            case initProducerID
            /// The topics' places.
            case createTopics([Int])
        }

        var id: UInt64
        var subject: Subject
        var deadline: NIODeadline
    }

    var host: String
    var port: Int
    var phase = Phase.idle
    var asked = CircularBuffer<Asked>()
    /// How many of `asked` are Produce.
    var produceInFlight = 0
    var failures = 0
    /// No connection is tried before.
    var retryAt: NIODeadline?
    /// Nothing is produced to it before: the broker asked for that.
    var mutedUntil: NIODeadline?
    var lastUsed = NIODeadline.uptimeNanoseconds(0)
    /// It did not understand the newer ApiVersions.
    var asksOldVersions = false

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    var connection: ConnectionID? {
        switch phase {
        case .idle: nil
        case .connecting(let id), .negotiating(let id), .ready(let id, _): id
        }
    }

    var ready: (connection: ConnectionID, versions: ServedVersions)? {
        if case .ready(let id, let versions) = phase { (id, versions) } else { nil }
    }
}
