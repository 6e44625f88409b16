package import KafkaRecords
package import NIOCore

/// What a producer is to do, and its bounds.
package struct ProducerConfiguration: Sendable {
    /// Whose acknowledgement makes a record delivered.
    package enum Acks: Int16, Sendable {
        /// Nobody's: it is delivered when the system has taken it. Its offset stays unknown.
        case none = 0
        /// The leader's.
        case leader = 1
        /// All in-sync replicas'.
        case all = -1
    }

    /// What happens when a topic does not exist.
    package enum TopicCreation: Sendable, Equatable {
        /// Its records fail.
        case never
        /// The broker makes it as it is asked about it, if it is set so.
        case byBroker
        /// The producer makes it. Partitions and replication −1: the broker's defaults (Kafka 2.4 and later).
        case create(partitions: Int32, replication: Int16, configs: [String: String])
    }

    /// A server to begin with.
    package struct Server: Sendable, Hashable {
        package var host: String
        package var port: Int

        /// - Parameters:
        ///   - host: name or address.
        ///   - port: TCP port.
        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// The servers to begin with, tried in turn. At least one.
    package var bootstrapServers: [Server]
    /// Under which brokers count the producer's requests.
    package var clientID: String
    /// Whose acknowledgement makes a record delivered. Default: all.
    package var acks = Acks.all
    /// Whether a retried batch is written once only (KIP-98, KIP-360). Default true; only with ``Acks/all``.
    package var isIdempotent = true
    /// How batches are compressed. Default: not at all.
    package var compression = CompressionCodec.none
    /// Within the codec's levels; nil, the default, for the codec's own default.
    package var compressionLevel: Int?
    /// How long a batch waits for more records. Default 5 ms.
    package var linger = TimeAmount.milliseconds(5)
    /// The bytes of a batch before compression, from which on it is not filled further. Default 64 KiB.
    package var maxBatchBytes = 64 << 10
    /// The largest record, as the sum of its key, value and headers; larger ones are dropped. Default 1,000,000,
    /// below what a broker takes by default.
    package var maxRecordBytes = 1_000_000
    /// The batches of one request, in bytes. Default 1 MiB; a single batch may be larger.
    package var maxRequestBytes = 1 << 20
    /// The bytes of records that are accepted and neither delivered nor failed, at most. Default 32 MiB.
    package var maxBufferedBytes = 32 << 20
    /// How many topics can be produced to. Default 10,000.
    package var maxTopics = 10_000
    /// Produce requests without an answer, at most, for a connection. Default 5, the most that idempotence allows.
    package var maxInFlight = 5
    /// From acceptance on; later, a record that is not on its way fails. Default 2 min.
    package var deliveryTimeout = TimeAmount.minutes(2)
    /// For an answer; after it the connection is closed and what was on it is sent again. Default 30 s.
    package var requestTimeout = TimeAmount.seconds(30)
    /// How long records wait for a topic that the cluster says it does not have. Default 10 s.
    package var unknownTopicTimeout = TimeAmount.seconds(10)
    /// Before the first retry; doubled for each further one, ± 20 %. Default 100 ms.
    package var retryBackoff = TimeAmount.milliseconds(100)
    /// Before a retry, at most. Default 1 s.
    package var maxRetryBackoff = TimeAmount.seconds(1)
    /// After which the leaders are asked for anew while there are records. Default 5 min.
    package var metadataMaxAge = TimeAmount.minutes(5)
    /// After which a connection that nothing was asked on is closed. Default 9 min, below a broker's 10.
    package var maxIdle = TimeAmount.minutes(9)
    /// What happens when a topic does not exist. Default: its records fail.
    package var topicCreation = TopicCreation.never

    /// - Parameters:
    ///   - bootstrapServers: at least one.
    ///   - clientID: under which brokers count the producer's requests.
    package init(bootstrapServers: [Server], clientID: String) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
    }

    /// Whether sequence numbers are given.
    var givesSequences: Bool { isIdempotent && acks == .all }
    /// How many batches of a partition may be without an answer.
    var maxInFlightPerPartition: Int { givesSequences ? min(maxInFlight, 5) : maxInFlight }
}
