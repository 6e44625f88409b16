import KafkaWire
import NIOCore

/// What a shadow keeps for a request.
enum ShadowNote: Sendable {
    /// It was chosen at its header.
    case chosen
    /// Copies that wait for the primary's answer.
    case waiting([ShadowCopy])
    /// Numbers of the batches that were sent at once.
    case sent([SentCopy])
}

/// Where a batch stands in its request.
struct BatchPlace: Sendable, Hashable {
    /// As the request names the topic: empty where it has the ID.
    var topicName: String
    /// As the request names the topic: zero where it has the name.
    var topicID: KafkaUUID
    var partition: Int32
}

/// A batch in memory of its own.
struct ShadowCopy: Sendable {
    var place: BatchPlace
    /// The name of the topic that it goes to.
    var target: String
    var bytes: ByteBuffer
}

/// A batch whose copy was sent before the primary has said what it makes of it.
struct SentCopy: Sendable {
    var place: BatchPlace
    var pair: UInt64
}
