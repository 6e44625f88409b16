import KafkaWire
import NIOCore

/// What a shadow keeps for a request.
enum ShadowNote: Sendable {
    /// Copies that wait for the primary's answer.
    case waiting([ShadowCopy])
    /// Numbers of the batches that were sent at once.
    case sent([SentCopy])
}

/// Where a batch stands in its request.
struct BatchPlace: Sendable, Hashable {
    /// As the request names the topic: empty where it has the ID.
    var topicName = ""
    /// As the request names the topic: zero where it has the name.
    var topicID = KafkaUUID.zero
    var partition: Int32 = 0
}

/// A batch in memory of its own.
struct ShadowCopy: Sendable {
    var place: BatchPlace
    /// The name of the topic that it goes to.
    var target: String
    var bytes: ByteBuffer

    /// What it takes from the budget.
    var cost: Int { Self.cost(of: bytes.readableBytes) }

    /// What a copy of as many bytes takes from the budget: there is something kept beside them.
    static func cost(of bytes: Int) -> Int { bytes + 192 }
}

/// A batch whose copy was sent before the primary has said what it makes of it.
struct SentCopy: Sendable {
    var place: BatchPlace
    var pair: UInt64
}
