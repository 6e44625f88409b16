public import KafkaWire

/// What is known of the upstream cluster at this moment, and what it can be asked.
public protocol ClusterView: Sendable {
    /// The cluster's name in the configuration.
    var name: String { get }
    /// The name of a topic; nil if it has not been seen.
    func topicName(_ id: KafkaUUID) -> String?
    /// The ID of a topic; nil if it has not been seen, or the cluster has none.
    func topicID(_ name: String) -> KafkaUUID?
    /// How many partitions a topic has; nil if it has not been seen.
    func partitions(of topic: String) -> Int?
    /// Asks the cluster for topics on a connection of Sluice's own, with the credentials that the configuration gives
    /// it. Never creates a topic. Servers that do not answer are passed over, each after `connect_timeout` for the
    /// connection and for each of two answers.
    ///
    /// - Parameter topics: their names.
    /// - Returns: one description for each name, in that order.
    /// - Throws: an error with words for an operator if no broker answers, or none without credentials.
    func describe(_ topics: [String]) async throws -> [TopicDescription]
}

/// What a cluster says of one topic.
public struct TopicDescription: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its ID; nil where the cluster has none.
    public var id: KafkaUUID?
    /// How many partitions it has; 0 if there is an error.
    public var partitions: Int
    /// ``ErrorCode/none``, or why the cluster does not describe it.
    public var error: ErrorCode

    /// A description.
    public init(name: String, id: KafkaUUID?, partitions: Int, error: ErrorCode) {
        self.name = name
        self.id = id
        self.partitions = partitions
        self.error = error
    }
}
