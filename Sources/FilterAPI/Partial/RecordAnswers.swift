public import KafkaMessages
import KafkaWire

/// Answered by topic and partition.
extension ProduceRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [ProduceResponse], version: Int16) -> ProduceResponse {
        var merged = AnswerMerge.base(answers)
        merged.responses = AnswerMerge.topics(
            answers.map(\.responses),
            asked: topicData.map { (TopicKey($0.name, $0.topicID), $0.partitionData.map(\.index)) },
            key: { TopicKey($0.name, $0.topicID) }, parts: \.partitionResponses, index: \.index)
        merged.nodeEndpoints = AnswerMerge.parts(answers.map(\.nodeEndpoints), asked: [], key: \.nodeID)
        return merged
    }
}

/// Answered by topic and partition; partitions that a session added are asked for without being named.
extension FetchRequest: PartiallyAnswerable {
    /// Merges what was fetched, in the order of the request.
    public func merge(_ answers: [FetchResponse], version: Int16) -> FetchResponse {
        var merged = AnswerMerge.base(answers)
        merged.responses = AnswerMerge.topics(
            answers.map(\.responses),
            asked: topics.map { (TopicKey($0.topic, $0.topicID), $0.partitions.map(\.partition)) },
            key: { TopicKey($0.topic, $0.topicID) }, parts: \.partitions, index: \.partitionIndex)
        merged.nodeEndpoints = AnswerMerge.parts(answers.map(\.nodeEndpoints), asked: [], key: \.nodeID)
        return merged
    }
}

/// Answered by topic and partition.
extension ShareFetchRequest: PartiallyAnswerable {
    /// Merges what was fetched, in the order of the request.
    public func merge(_ answers: [ShareFetchResponse], version: Int16) -> ShareFetchResponse {
        var merged = AnswerMerge.base(answers)
        merged.responses = AnswerMerge.topics(
            answers.map(\.responses), asked: topics.map { ($0.topicID, $0.partitions.map(\.partitionIndex)) },
            key: \.topicID, parts: \.partitions, index: \.partitionIndex)
        merged.nodeEndpoints = AnswerMerge.parts(answers.map(\.nodeEndpoints), asked: [], key: \.nodeID)
        return merged
    }
}

/// Answered by topic and partition.
extension ShareAcknowledgeRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [ShareAcknowledgeResponse], version: Int16) -> ShareAcknowledgeResponse {
        var merged = AnswerMerge.base(answers)
        merged.responses = AnswerMerge.topics(
            answers.map(\.responses), asked: topics.map { ($0.topicID, $0.partitions.map(\.partitionIndex)) },
            key: \.topicID, parts: \.partitions, index: \.partitionIndex)
        merged.nodeEndpoints = AnswerMerge.parts(answers.map(\.nodeEndpoints), asked: [], key: \.nodeID)
        return merged
    }
}

/// Answered by topic and partition.
extension DeleteRecordsRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [DeleteRecordsResponse], version: Int16) -> DeleteRecordsResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.topics(
            answers.map(\.topics), asked: topics.map { ($0.name, $0.partitions.map(\.partitionIndex)) }, key: \.name,
            parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}
