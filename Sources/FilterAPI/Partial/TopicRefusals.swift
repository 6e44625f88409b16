public import KafkaMessages
import KafkaWire

extension MetadataRequest: PartiallyRefusable {
    /// A name that no topic can have, whatever is put before or behind it.
    static let impossibleName = "/"

    /// Above all topics from version 13 on, and at each of them.
    public func refusal(_ refusal: Refusal, version: Int16) -> MetadataResponse {
        var rest = self
        return with(MetadataResponse()) {
            $0.errorCode = refusal.error
            if case .part(let answer) = rest.refuseParts(version: version, { _ in refusal }) {
                $0.topics = answer.topics
            }
        }
    }

    /// Refuses topics. The rest is always sent, for the answer tells the brokers as well. Version 0 cannot ask for no
    /// topics, since none means all: it then asks for one that cannot be, and the merged answer leaves that out.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<MetadataResponse> {
        guard var asked = topics else { return .nothing }
        let refused = PartTaking.take(from: &asked) { decide(.topic(TopicReference($0.name, $0.topicID))) }
        if refused.isEmpty { return .nothing }
        if version == 0, asked.isEmpty { asked = [with(MetadataRequestTopic()) { $0.name = Self.impossibleName }] }
        topics = asked
        var answer = MetadataResponse()
        answer.topics = refused.map { topic in
            with(MetadataResponse.MetadataResponseTopic()) {
                $0.errorCode = topic.refusal.error
                $0.name = version >= 12 ? topic.asked.name : topic.asked.name ?? ""
                $0.topicID = topic.asked.topicID
            }
        }
        return .part(answer)
    }
}

extension CreateTopicsRequest: PartiallyRefusable {
    /// Refuses topics.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<CreateTopicsResponse> {
        let refused = PartTaking.take(from: &topics) { decide(.topic(TopicReference(name: $0.name))) }
        if refused.isEmpty { return .nothing }
        var answer = CreateTopicsResponse()
        answer.topics = refused.map { topic in
            with(CreateTopicsResponse.CreatableTopicResult()) {
                $0.name = topic.asked.name
                $0.errorCode = topic.refusal.error
                $0.errorMessage = topic.refusal.message
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension DeleteTopicsRequest: PartiallyRefusable {
    /// Refuses topics, which are named by name or ID from version 6 on.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DeleteTopicsResponse> {
        var answer = DeleteTopicsResponse()
        if version >= 6 {
            let refused = PartTaking.take(from: &topics) { decide(.topic(TopicReference($0.name, $0.topicID))) }
            answer.responses = refused.map { Self.result($0.asked.name, $0.asked.topicID, $0.refusal) }
        } else {
            let refused = PartTaking.take(from: &topicNames) { decide(.topic(TopicReference(name: $0))) }
            answer.responses = refused.map { Self.result($0.asked, .zero, $0.refusal) }
        }
        if answer.responses.isEmpty { return .nothing }
        return (version >= 6 ? topics.isEmpty : topicNames.isEmpty) ? .everything(answer) : .part(answer)
    }

    private static func result(
        _ name: String?, _ id: KafkaUUID, _ refusal: Refusal
    ) -> DeleteTopicsResponse.DeletableTopicResult {
        with(DeleteTopicsResponse.DeletableTopicResult()) {
            $0.name = name
            $0.topicID = id
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
        }
    }
}

extension CreatePartitionsRequest: PartiallyRefusable {
    /// Refuses topics.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<CreatePartitionsResponse> {
        let refused = PartTaking.take(from: &topics) { decide(.topic(TopicReference(name: $0.name))) }
        if refused.isEmpty { return .nothing }
        var answer = CreatePartitionsResponse()
        answer.results = refused.map { topic in
            with(CreatePartitionsResponse.CreatePartitionsTopicResult()) {
                $0.name = topic.asked.name
                $0.errorCode = topic.refusal.error
                $0.errorMessage = topic.refusal.message
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension DescribeTopicPartitionsRequest: PartiallyRefusable {
    /// Refuses topics. Those before the cursor were answered with an earlier page.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DescribeTopicPartitionsResponse> {
        let refused = PartTaking.take(from: &topics) { decide(.topic(TopicReference(name: $0.name))) }
        if refused.isEmpty { return .nothing }
        let first = Array((cursor?.topicName ?? "").utf8)
        var answer = DescribeTopicPartitionsResponse()
        answer.topics = refused.filter { !$0.asked.name.utf8.lexicographicallyPrecedes(first) }.map { topic in
            with(DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic()) {
                $0.errorCode = topic.refusal.error
                $0.name = topic.asked.name
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}
