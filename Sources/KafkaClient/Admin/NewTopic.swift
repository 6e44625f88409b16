import KafkaMessages

/// A topic that is to be made.
package struct NewTopic: Sendable, Equatable {
    package var name: String
    /// −1 for the broker's default (Kafka 2.4 and later).
    package var partitions: Int32
    /// −1 for the broker's default (Kafka 2.4 and later).
    package var replication: Int16
    /// Topic settings by Kafka's names.
    package var configs: [String: String]

    /// - Parameters:
    ///   - name: the topic's name.
    ///   - partitions: −1 for the broker's default.
    ///   - replication: −1 for the broker's default.
    ///   - configs: topic settings by Kafka's names.
    package init(name: String, partitions: Int32 = -1, replication: Int16 = -1, configs: [String: String] = [:]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.configs = configs
    }

    var message: CreateTopicsRequest.CreatableTopic {
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        topic.numPartitions = partitions
        topic.replicationFactor = replication
        topic.configs = configs.sorted { $0.key < $1.key }.map { name, value in
            var config = CreateTopicsRequest.CreatableTopicConfig()
            config.name = name
            config.value = value
            return config
        }
        return topic
    }
}
