package import Settings

/// Records in a topic of one of the clusters.
package struct TopicSinkConfiguration: Sendable, Hashable {
    /// How batches are compressed.
    package enum Compression: String, Sendable, Hashable, CaseIterable {
        case none
        case gzip
        case snappy
        case lz4
        case zstd
    }

    /// Whose acknowledgement makes a record written.
    package enum Acks: String, Sendable, Hashable, CaseIterable {
        /// That of all in-sync replicas.
        case all
        /// That of the leader.
        case leader = "1"
        /// Nobody's.
        case none = "0"
    }

    /// What the topic is made with if it is not there.
    package struct Creation: Sendable, Hashable {
        /// How many partitions.
        package var partitions: Int
        /// How many replicas of each; -1 for the broker's default.
        package var replicationFactor: Int

        /// How a topic is made.
        package init(partitions: Int, replicationFactor: Int) {
            self.partitions = partitions
            self.replicationFactor = replicationFactor
        }
    }

    /// The cluster's name in the configuration.
    package var cluster: String
    /// The topic's name.
    package var topic: String
    /// How batches are compressed. Default `none`.
    package var compression = Compression.none
    /// How long a batch waits for more records. Default 50 ms.
    package var linger = Duration.milliseconds(50)
    /// Whose acknowledgement makes a record written. Default `all`.
    package var acks = Acks.all
    /// How much may wait to be written. Default 16 MiB.
    package var maxBuffered = ByteSize.mebibytes(16)
    /// How long is tried to write a record. Default 30 s.
    package var deliveryTimeout = Duration.seconds(30)
    /// What the topic is made with; nil if it must be there.
    package var creation: Creation?

    /// Makes settings, the rest as by default.
    package init(cluster: String, topic: String) {
        self.cluster = cluster
        self.topic = topic
    }

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> TopicSinkConfiguration? {
        let cluster = reader.required("cluster", .clusterName, "The cluster of the topic, one of 'clusters'.")
        let topic = reader.required("topic", .string(1...249).checked(problem), "The topic.")
        var configuration = TopicSinkConfiguration(cluster: cluster ?? "", topic: topic ?? "")
        configuration.compression = reader.value(
            "compression", .choice(), default: configuration.compression, "How batches are compressed.")
        configuration.linger = reader.value(
            "linger", .duration(.zero...(.seconds(60))), default: configuration.linger,
            "How long a batch waits for more records.")
        configuration.acks = reader.value(
            "acks", .acks, default: configuration.acks,
            "Who must have a record for it to count as written: all in-sync replicas, the leader, or nobody.")
        configuration.maxBuffered = reader.value(
            "max_buffered", .byteSize(.kibibytes(256)...(.gibibytes(1))), default: configuration.maxBuffered,
            "How much may wait to be written. What is over it is dropped and counted.")
        configuration.deliveryTimeout = reader.value(
            "delivery_timeout", .duration(.seconds(1)...(.seconds(3600))), default: configuration.deliveryTimeout,
            "How long is tried to write a record before it is dropped and counted.")
        configuration.creation = reader.optional(
            "create_topic",
            .structure { reader in
                Creation(
                    partitions: reader.value("partitions", .integer(1...10_000), default: 1, "How many partitions."),
                    replicationFactor: reader.value(
                        "replication_factor", .integer(-1...100), default: -1,
                        "How many replicas of each; -1 for the broker's default."))
            },
            "Makes the topic if it is not there. Without it the topic must exist.")
        return cluster == nil || topic == nil ? nil : configuration
    }

    private static func problem(of topic: String) -> SettingProblem? {
        let isName = topic.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
        }
        return isName && topic != "." && topic != ".."
            ? nil : SettingProblem("is no name of a topic: those have letters, digits, '.', '_' and '-'")
    }
}

extension SettingType where Value == TopicSinkConfiguration.Acks {
    /// `all`, `1` or `0`, in quotes or not.
    fileprivate static var acks: SettingType {
        .scalar(
            expected: "all, 1 or 0", schema: ["enum": ["all", 1, 0, "1", "0"]],
            parse: { text throws(SettingProblem) in TopicSinkConfiguration.Acks(rawValue: text) },
            render: { $0 == .all ? "all" : .integer($0 == .leader ? 1 : 0) })
    }
}
