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

    /// Notes what a response says of a topic. One that was deleted and made again has a new ID.
    mutating func learn(_ topic: SeenTopic) {
        guard let name = topic.name ?? topic.id.flatMap({ topicNames[$0] }), !name.isEmpty else { return }
        if let id = topic.id, topicNames[id] != name || topicIDs[name] != id { learn(topic: name, id: id) }
        guard topic.partitions > 0, partitions[name] != topic.partitions else { return }
        if partitions[name] == nil, partitions.count >= Self.mostTopics { partitions.removeAll() }
        partitions[name] = topic.partitions
    }

    private mutating func learn(topic: String, id: KafkaUUID) {
        if topicIDs[topic] == nil, max(topicNames.count, topicIDs.count) >= Self.mostTopics {
            topicNames.removeAll()
            topicIDs.removeAll()
        }
        if let old = topicIDs[topic], old != id { topicNames[old] = nil }
        topicNames[id] = topic
        topicIDs[topic] = id
    }
}

/// A topic as a response shows it.
package struct SeenTopic: Sendable, Hashable {
    /// Its name; nil where the response names it by its ID alone.
    package var name: String?
    /// Its ID; nil where the version has none, or the cluster.
    package var id: KafkaUUID?
    /// How many partitions it has; 0 where the response does not say, as for a topic with an error.
    package var partitions = 0

    package init(name: String? = nil, id: KafkaUUID? = nil, partitions: Int = 0) {
        self.name = name
        self.id = id
        self.partitions = partitions
    }

    /// True if it says anything.
    var teaches: Bool { (name != nil || id != nil) && (id != nil || partitions > 0) }
}
