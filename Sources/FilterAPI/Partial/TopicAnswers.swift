public import KafkaMessages
import KafkaWire

/// Answered by topic; null asks for all.
extension MetadataRequest: PartiallyAnswerable {
    /// Merges topics, in the order of the request. Brokers and all else are those of the first answer.
    public func merge(_ answers: [MetadataResponse], version: Int16) -> MetadataResponse {
        var merged = AnswerMerge.base(answers)
        let asked = (topics ?? []).map { TopicKey($0.name, $0.topicID) }
        let keys = Set(asked)
        merged.topics = AnswerMerge.parts(answers.map(\.topics), asked: asked) {
            TopicKey($0.name, $0.topicID, asked: keys)
        }
        if version == 0, !keys.contains(.name(Self.impossibleName)) {
            merged.topics.removeAll { $0.name == Self.impossibleName }
        }
        return merged
    }
}

/// Answered by topic.
extension CreateTopicsRequest: PartiallyAnswerable {
    /// Merges the results of topics, in the order of the request.
    public func merge(_ answers: [CreateTopicsResponse], version: Int16) -> CreateTopicsResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.parts(answers.map(\.topics), asked: topics.map(\.name), key: \.name)
        return merged
    }
}

/// Answered by topic, from version 6 on by name or by ID.
extension DeleteTopicsRequest: PartiallyAnswerable {
    /// Merges the results of topics, in the order of the request.
    public func merge(_ answers: [DeleteTopicsResponse], version: Int16) -> DeleteTopicsResponse {
        var merged = AnswerMerge.base(answers)
        let asked = topics.map { TopicKey($0.name, $0.topicID) } + topicNames.map { .name($0) }
        let keys = Set(asked)
        merged.responses = AnswerMerge.parts(answers.map(\.responses), asked: asked) {
            TopicKey($0.name, $0.topicID, asked: keys)
        }
        return merged
    }
}

/// Answered by topic.
extension CreatePartitionsRequest: PartiallyAnswerable {
    /// Merges the results of topics, in the order of the request.
    public func merge(_ answers: [CreatePartitionsResponse], version: Int16) -> CreatePartitionsResponse {
        var merged = AnswerMerge.base(answers)
        merged.results = AnswerMerge.parts(answers.map(\.results), asked: topics.map(\.name), key: \.name)
        return merged
    }
}

/// Answered by topic and partition; null asks for all.
extension ElectLeadersRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [ElectLeadersResponse], version: Int16) -> ElectLeadersResponse {
        var merged = AnswerMerge.base(answers)
        merged.replicaElectionResults = AnswerMerge.topics(
            answers.map(\.replicaElectionResults), asked: (topicPartitions ?? []).map { ($0.topic, $0.partitions) },
            key: \.topic, parts: \.partitionResult, index: \.partitionID)
        return merged
    }
}

/// Answered by topic. A broker answers in the order of names, a page at a time: what filters answered belongs to the
/// page that it was asked with.
extension DescribeTopicPartitionsRequest: PartiallyAnswerable {
    /// Merges topics, in the order of the request. The place where the next page begins is that of the first answer.
    public func merge(_ answers: [DescribeTopicPartitionsResponse], version: Int16) -> DescribeTopicPartitionsResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.parts(answers.map(\.topics), asked: topics.map(\.name)) { $0.name ?? "" }
        return merged
    }
}
