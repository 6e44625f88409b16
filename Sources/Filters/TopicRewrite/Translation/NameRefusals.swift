import FilterAPI
import KafkaMessages
import KafkaWire

/// What a client is told of names that lead to nothing.
struct NameRefusals {
    private let view: TopicView
    private let apiKey: APIKey
    private let apiVersion: Int16
    private let topicName: (KafkaUUID) -> String?

    /// - Parameters:
    ///   - view: the client's view.
    ///   - record: what is asked.
    ///   - topicName: the name of a topic by its ID; nil if there is none that the client may see.
    init(_ view: TopicView, _ record: RequestRecord, topicName: @escaping (KafkaUUID) -> String?) {
        self.view = view
        apiKey = record.apiKey
        apiVersion = record.apiVersion
        self.topicName = topicName
    }

    /// Why a part of a request is refused; nil if it is not.
    func refusal(of reference: ResourceReference) -> Refusal? {
        switch reference {
        case .topic(let topic):
            if let name = topic.name { return refusal(ofTopic: name) }
            return topic.id.flatMap { refusal(ofID: $0) }
        case .acl(let pattern):
            // Version 0 knows literal patterns only, and has no place for another.
            let change = ResourceNames(view: view).brokerACL(
                type: pattern.type, name: pattern.name, pattern: apiVersion == 0 ? nil : pattern.patternType,
                deletes: apiKey == .deleteAcls)
            if case .refused(let message) = change { return Refusal(.invalidRequest, message: message) }
            return nil
        case .partition, .group, .transactionalID, .resource: return nil
        }
    }

    private func refusal(ofTopic name: String) -> Refusal? {
        guard case .refused(let reason) = view.brokerTopic(name) else { return nil }
        let isCreated = apiKey == .createTopics
        return Refusal(
            isCreated || reason == .illegal || reason == .internal ? .invalidTopicException : .unknownTopicOrPartition,
            message: reason.message)
    }

    private func refusal(ofID id: KafkaUUID) -> Refusal? {
        // Metadata tells the names itself, which its response is looked through for.
        guard apiKey != .metadata else { return nil }
        if let name = topicName(id), view.clientTopic(name) != nil { return nil }
        return Refusal(.unknownTopicID, message: "The topic does not exist here.")
    }
}
