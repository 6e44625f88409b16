/// What a client's name for a topic leads to.
package enum TopicResolution: Sendable, Hashable {
    /// This topic at the broker; by the rule of this index, or by none: then it is the same name.
    case name(String, rule: Int?)
    /// Nothing: for the client there is no such topic.
    case refused(TopicRefusal)

    /// The topic at the broker; nil if it is refused.
    package var brokerName: String? {
        if case .name(let name, _) = self { name } else { nil }
    }
}

/// Why a name leads to nothing.
package enum TopicRefusal: String, Sendable, Hashable, CaseIterable {
    /// Another name of the client's leads to that topic already.
    case taken
    /// No rule covers it, and all else is hidden.
    case hidden
    /// The name at the broker would be no name of a topic, or too long.
    case illegal
    /// The name at the broker would be one of Kafka's own topics.
    case `internal`

    /// What a client is told; names nothing that it did not name.
    package var message: String {
        switch self {
        case .taken: "The topic is known under another name here."
        case .hidden: "The topic does not exist here."
        case .illegal: "The name is too long here, or not allowed."
        case .internal: "The name is reserved here."
        }
    }
}
