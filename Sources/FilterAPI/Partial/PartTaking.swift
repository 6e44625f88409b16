import KafkaMessages
import KafkaWire

/// Whether a part is refused.
typealias Decide = (ResourceReference) -> Refusal?

/// Takes refused parts out of lists.
enum PartTaking {
    /// A topic of which partitions were refused.
    struct RefusedTopic<Topic, Partition> {
        /// The topic as it was asked for, with all its partitions.
        let topic: Topic
        /// What was refused; empty for a topic that was refused as a whole and has no partitions.
        let partitions: [(asked: Partition, refusal: Refusal)]
    }

    /// Takes the refused parts out of a list.
    ///
    /// - Parameters:
    ///   - parts: the list; untouched if nothing is refused.
    ///   - decide: why a part is refused; nil if it is not.
    /// - Returns: what was refused, in the order of the list.
    static func take<Part>(
        from parts: inout [Part], _ decide: (Part) -> Refusal?
    ) -> [(asked: Part, refusal: Refusal)] {
        var refused: [(asked: Part, refusal: Refusal)] = []
        var kept: [Part] = []
        for (index, part) in parts.enumerated() {
            if let refusal = decide(part) {
                if refused.isEmpty { kept = Array(parts[..<index]) }
                refused.append((part, refusal))
            } else if !refused.isEmpty {
                kept.append(part)
            }
        }
        if !refused.isEmpty { parts = kept }
        return refused
    }

    /// Takes refused topics and partitions out of a list of topics with partitions.
    ///
    /// - Parameters:
    ///   - topics: the list; untouched if nothing is refused. A topic that loses all its partitions goes as well.
    ///   - partitions: where a topic has its partitions.
    ///   - reference: how the request names a topic.
    ///   - index: the index of a partition.
    ///   - decide: asked for each topic, then for each partition of a topic that was not refused.
    /// - Returns: what was refused, in the order of the list.
    static func take<Topic, Partition>(
        from topics: inout [Topic], _ partitions: WritableKeyPath<Topic, [Partition]>,
        reference: (Topic) -> TopicReference, index: (Partition) -> Int32, _ decide: Decide
    ) -> [RefusedTopic<Topic, Partition>] {
        var refused: [RefusedTopic<Topic, Partition>] = []
        var kept: [Topic] = []
        for (position, topic) in topics.enumerated() {
            let name = reference(topic)
            var rest = topic[keyPath: partitions]
            let taken: [(asked: Partition, refusal: Refusal)]
            if let refusal = decide(.topic(name)) {
                taken = rest.map { ($0, refusal) }
                rest = []
            } else {
                taken = take(from: &rest) { decide(.partition(name, index($0))) }
                if taken.isEmpty {
                    if !refused.isEmpty { kept.append(topic) }
                    continue
                }
            }
            if refused.isEmpty { kept = Array(topics[..<position]) }
            refused.append(RefusedTopic(topic: topic, partitions: taken))
            guard !rest.isEmpty else { continue }
            var left = topic
            left[keyPath: partitions] = rest
            kept.append(left)
        }
        if !refused.isEmpty { topics = kept }
        return refused
    }
}

/// A value with a few fields set: messages have no initializers but that of all defaults.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}
