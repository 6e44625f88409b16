public import KafkaMessages
import KafkaWire

/// Answered by topic and partition within groups. Null topics ask for all.
extension DescribeShareGroupOffsetsRequest: PartiallyAnswerable {
    /// Merges the offsets of partitions, in the order of the request.
    public func merge(
        _ answers: [DescribeShareGroupOffsetsResponse], version: Int16
    ) -> DescribeShareGroupOffsetsResponse {
        var merged = AnswerMerge.base(answers)
        let askedTopics = Dictionary(groups.map { ($0.groupID, $0.topics ?? []) }, uniquingKeysWith: +)
        merged.groups = AnswerMerge.groups(
            answers.map(\.groups), asked: groups.map(\.groupID), key: \.groupID, parts: \.topics
        ) { group, lists in
            AnswerMerge.topics(
                lists, asked: (askedTopics[group] ?? []).map { ($0.topicName, $0.partitions) }, key: \.topicName,
                parts: \.partitions, index: \.partitionIndex)
        }
        return merged
    }
}

/// Answered by topic and partition.
extension AlterShareGroupOffsetsRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [AlterShareGroupOffsetsResponse], version: Int16) -> AlterShareGroupOffsetsResponse {
        var merged = AnswerMerge.base(answers)
        merged.responses = AnswerMerge.topics(
            answers.map(\.responses), asked: topics.map { ($0.topicName, $0.partitions.map(\.partitionIndex)) },
            key: \.topicName, parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}

/// Answered by topic.
extension DeleteShareGroupOffsetsRequest: PartiallyAnswerable {
    /// Merges the results of topics, in the order of the request.
    public func merge(
        _ answers: [DeleteShareGroupOffsetsResponse], version: Int16
    ) -> DeleteShareGroupOffsetsResponse {
        var merged = AnswerMerge.base(answers)
        merged.responses = AnswerMerge.parts(
            answers.map(\.responses), asked: topics.map(\.topicName), key: \.topicName)
        return merged
    }
}
