/// Knows for which topic at the broker each client's positions in a partition were made.
///
/// A consumer may go on with a partition on another connection: its leader is elsewhere after a switch. So what is known is
/// kept by client, for as long as the client has a connection on which it fetches.
struct ConsumerPositions {
    private struct Client {
        var connections = 0
        /// By topic, as clients call it, and partition: the topic at the broker.
        var targets: [String: [Int32: String]] = [:]
        var count = 0
    }

    private var clients: [ClientKey: Client] = [:]
    private let partitionsPerClient: Int

    /// - Parameter partitionsPerClient: how many partitions of one client are known; positions in others count as good.
    init(partitionsPerClient: Int) {
        self.partitionsPerClient = partitionsPerClient
    }

    /// How many clients are known.
    var count: Int { clients.count }

    /// A connection of the client begins to fetch.
    mutating func opened(_ client: ClientKey) {
        clients[client, default: Client()].connections += 1
    }

    /// A connection of the client on which it has fetched is closed. With the last one all is forgotten: who comes then
    /// with the same client ID may be another.
    mutating func closed(_ client: ClientKey) {
        guard var known = clients[client] else { return }
        known.connections -= 1
        clients[client] = known.connections > 0 ? known : nil
    }

    /// True if the client has fetched the partition from another topic than this one, and has not found new positions since;
    /// else the position counts as one in this topic.
    mutating func isStale(_ client: ClientKey, topic: String, partition: Int32, target: String) -> Bool {
        guard let known = clients[client] else { return false }
        if let former = known.targets[topic]?[partition] { return former != target }
        guard known.count < partitionsPerClient else { return false }
        clients[client]?.targets[topic, default: [:]][partition] = target
        clients[client]?.count += 1
        return false
    }

    /// The client has new positions, or knows that it needs them: what it knew of other topics is forgotten.
    ///
    /// - Parameters:
    ///   - client: the client.
    ///   - topic: the name that clients use.
    ///   - partition: the partition; nil for all.
    ///   - target: the topic at the broker of which it was told.
    mutating func settle(_ client: ClientKey, topic: String, partition: Int32?, target: String) {
        guard let known = clients[client]?.targets[topic] else { return }
        if let partition {
            if known[partition] != nil { clients[client]?.targets[topic]?[partition] = target }
        } else {
            clients[client]?.targets[topic] = known.mapValues { _ in target }
        }
    }

    /// The client no longer reads the partition.
    mutating func forget(_ client: ClientKey, topic: String, partition: Int32) {
        guard clients[client]?.targets[topic]?.removeValue(forKey: partition) != nil else { return }
        clients[client]?.count -= 1
    }
}
