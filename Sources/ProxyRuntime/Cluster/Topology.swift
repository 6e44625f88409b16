package import KafkaWire

/// A broker of the upstream cluster, as it announces itself.
package struct Broker: Sendable, Hashable {
    package let id: Int32
    package let host: String
    package let port: Int

    package init(id: Int32, host: String, port: Int) {
        self.id = id
        self.host = host
        self.port = port
    }
}

/// What is known of a cluster: an immutable snapshot.
package struct Topology: Sendable, Equatable {
    /// The brokers by ID.
    package var brokers: [Int32: Broker] = [:]
    /// The cluster's own ID; nil until it is known.
    package var clusterID: String?
    /// The broker that is the controller; −1 until it is known.
    package var controllerID: Int32 = -1
    /// Racks by broker ID, where brokers have one.
    package var racks: [Int32: String] = [:]
    /// Topic names by ID.
    package var topicNames: [KafkaUUID: String] = [:]
    /// Topic IDs by name.
    package var topicIDs: [String: KafkaUUID] = [:]

    /// How many partitions topics have, by name.
    package var partitions: [String: Int] = [:]

    /// How many topics are remembered; beyond it the memory starts anew, for a hostile client may name any number.
    static let mostTopics = 200_000

    package init() {}

    /// Notes the ID of a topic. A topic that was deleted and made again has a new one.
    mutating func learn(topic: String, id: KafkaUUID) {
        if topicNames.count >= Self.mostTopics {
            topicNames.removeAll()
            topicIDs.removeAll()
        }
        if let old = topicIDs[topic], old != id { topicNames[old] = nil }
        topicNames[id] = topic
        topicIDs[topic] = id
    }
}
