import KafkaWire
import NIOCore

/// What is known of a topic that is produced to, and the records that wait for it to be known.
struct TopicState: Sendable {
    /// Records as they were staged, that came together.
    struct Run: Sendable {
        var bytes: ByteBuffer
        var count: Int
        var stagedAt: NIODeadline

        /// What they count in the buffer: each head and its bytes.
        var cost: Int { bytes.readableBytes }
    }

    /// Whether, and since when, the cluster has it.
    enum Existence: Sendable, Equatable {
        /// Not asked yet.
        case unknown
        /// It is there.
        case known
        /// The cluster says it is not, or does not show it.
        case unavailable(ErrorCode)
    }

    let name: String
    /// Zero if not known: brokers before 2.8, or versions of Metadata below 10.
    var id = KafkaUUID.zero
    var existence = Existence.unknown
    /// Places among the producer's partitions, by partition number.
    var partitions: [Int] = []
    /// Records without a partition, in their order.
    var waiting = CircularBuffer<Run>()
    /// Whole batches without a partition, in their order.
    var waitingBatches = CircularBuffer<StagedBatch>()
    /// The partition for records without a key, and how many bytes it still gets (KIP-794).
    var sticky: (partition: Int, bytesLeft: Int)?
    /// A request to make it is on its way.
    var isBeingCreated = false
    /// Not to be made before.
    var createAt: NIODeadline?
    var failures = 0

    init(name: String) { self.name = name }

    /// Whether something waits for it to be known.
    var isAwaited: Bool { !waiting.isEmpty || !waitingBatches.isEmpty }
}
