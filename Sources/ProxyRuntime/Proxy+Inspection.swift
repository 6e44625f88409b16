import FilterAPI
import NIOCore

/// One connection of a client, as it is at a moment.
package struct ConnectionSnapshot: Sendable {
    package let id: UInt64
    package let listener: String
    package let cluster: String
    /// As `host:port`.
    package let clientAddress: String
    package let principal: String
    package let clientID: String?
    package let softwareName: String?
    package let softwareVersion: String?
    /// The broker's ID, or `bootstrap`; nil before there is an upstream connection.
    package let upstream: String?
    package let requestsInFlight: Int
    package let bytesReceived: UInt64
    package let bytesSent: UInt64
    package let ageSeconds: Double
    /// True if no further request is taken on it.
    package let isDraining: Bool
}

/// How many connections a listener has.
package struct ListenerConnections: Sendable {
    /// Those under the settings in force.
    package var current = 0
    /// Those that were accepted under former settings and are drained.
    package var former = 0
}

/// What the admin pages show.
extension Proxy {
    /// All connections of clients.
    package func connections() async -> [ConnectionSnapshot] {
        var all: [ConnectionSnapshot] = []
        for loop in loops { all += await loop.perform { $0.snapshot() } }
        return all
    }

    /// How many connections each listener has, by name; those of listeners that are no more, too.
    package func connectionsByListener() async -> [String: ListenerConnections] {
        var counts: [String: ListenerConnections] = [:]
        for loop in loops {
            for (name, isFormer) in await loop.perform({ $0.connectionListeners() }) {
                if isFormer {
                    counts[name, default: ListenerConnections()].former += 1
                } else {
                    counts[name, default: ListenerConnections()].current += 1
                }
            }
        }
        return counts
    }

    /// How many connections each broker has, by cluster.
    package func connectionsByBroker() async -> [String: [Int32: Int]] {
        await connections().reduce(into: [:]) { counts, connection in
            guard let broker = connection.upstream.flatMap({ Int32($0) }) else { return }
            counts[connection.cluster, default: [:]][broker, default: 0] += 1
        }
    }

    /// Lets open connections come to their end without closing the process: no further request is taken on them.
    package func drainConnections() async {
        for loop in loops { await loop.perform { $0.drain() } }
    }
}

extension ProxyLoopState {
    /// The connections of this loop.
    func snapshot() -> [ConnectionSnapshot] {
        (context?.connections ?? [:]).values.map { $0.snapshot }
    }

    /// The listener of each connection, and whether it is a former one.
    func connectionListeners() -> [(name: String, isFormer: Bool)] {
        (context?.connections ?? [:]).values.map { ($0.shared.name, $0.shared.isRetired) }
    }
}

extension DownstreamConnection {
    var snapshot: ConnectionSnapshot {
        ConnectionSnapshot(
            id: context.id, listener: shared.name, cluster: shared.cluster.name,
            clientAddress: context.clientAddress.contains(":")
                ? "[\(context.clientAddress)]:\(context.clientPort)" : "\(context.clientAddress):\(context.clientPort)",
            principal: context.principal, clientID: context.clientID, softwareName: context.softwareName,
            softwareVersion: context.softwareVersion, upstream: upstream?.label, requestsInFlight: slots.count,
            bytesReceived: bytesIn, bytesSent: bytesOut,
            ageSeconds: Double((NIODeadline.now() - openedAt).nanoseconds) / 1e9, isDraining: shared.isDraining)
    }
}
