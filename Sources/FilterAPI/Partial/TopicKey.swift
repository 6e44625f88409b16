import KafkaMessages
import KafkaWire

/// By what a topic is known in a message: its ID where there is one, else its name.
enum TopicKey: Hashable {
    case name(String)
    case id(KafkaUUID)

    init(_ name: String?, _ id: KafkaUUID) {
        self = id == .zero ? .name(name ?? "") : .id(id)
    }

    /// The key of a topic of which an answer holds both, by what the question named.
    init(_ name: String?, _ id: KafkaUUID, asked: Set<TopicKey>) {
        self = asked.contains(.id(id)) ? .id(id) : .name(name ?? "")
    }
}
