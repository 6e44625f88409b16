public import KafkaMessages
import KafkaWire

/// Answered by topic and partition.
extension ListOffsetsRequest: PartiallyAnswerable {
    /// Merges the offsets of partitions, in the order of the request.
    public func merge(_ answers: [ListOffsetsResponse], version: Int16) -> ListOffsetsResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.topics(
            answers.map(\.topics), asked: topics.map { ($0.name, $0.partitions.map(\.partitionIndex)) }, key: \.name,
            parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}

/// Answered by topic and partition.
extension OffsetForLeaderEpochRequest: PartiallyAnswerable {
    /// Merges the offsets of partitions, in the order of the request.
    public func merge(_ answers: [OffsetForLeaderEpochResponse], version: Int16) -> OffsetForLeaderEpochResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.topics(
            answers.map(\.topics), asked: topics.map { ($0.topic, $0.partitions.map(\.partition)) }, key: \.topic,
            parts: \.partitions, index: \.partition)
        return merged
    }
}

/// Answered by topic and partition.
extension OffsetCommitRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [OffsetCommitResponse], version: Int16) -> OffsetCommitResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.topics(
            answers.map(\.topics),
            asked: topics.map { (TopicKey($0.name, $0.topicID), $0.partitions.map(\.partitionIndex)) },
            key: { TopicKey($0.name, $0.topicID) }, parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}

/// Answered by topic and partition.
extension TxnOffsetCommitRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [TxnOffsetCommitResponse], version: Int16) -> TxnOffsetCommitResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.topics(
            answers.map(\.topics), asked: topics.map { ($0.name, $0.partitions.map(\.partitionIndex)) }, key: \.name,
            parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}

/// Answered by topic and partition.
extension OffsetDeleteRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [OffsetDeleteResponse], version: Int16) -> OffsetDeleteResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.topics(
            answers.map(\.topics), asked: topics.map { ($0.name, $0.partitions.map(\.partitionIndex)) }, key: \.name,
            parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}

/// Answered by topic and partition, from version 8 on within groups. No topics, or null, ask for all.
extension OffsetFetchRequest: PartiallyAnswerable {
    /// Merges the offsets of partitions, in the order of the request.
    public func merge(_ answers: [OffsetFetchResponse], version: Int16) -> OffsetFetchResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.topics(
            answers.map(\.topics), asked: (topics ?? []).map { ($0.name, $0.partitionIndexes) }, key: \.name,
            parts: \.partitions, index: \.partitionIndex)
        let askedTopics = Dictionary(groups.map { ($0.groupID, $0.topics ?? []) }, uniquingKeysWith: +)
        merged.groups = AnswerMerge.groups(
            answers.map(\.groups), asked: groups.map(\.groupID), key: \.groupID, parts: \.topics
        ) { group, lists in
            AnswerMerge.topics(
                lists, asked: (askedTopics[group] ?? []).map { (TopicKey($0.name, $0.topicID), $0.partitionIndexes) },
                key: { TopicKey($0.name, $0.topicID) }, parts: \.partitions, index: \.partitionIndex)
        }
        return merged
    }
}

/// Answered by topic and partition, from version 4 on within transactions.
extension AddPartitionsToTxnRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [AddPartitionsToTxnResponse], version: Int16) -> AddPartitionsToTxnResponse {
        var merged = AnswerMerge.base(answers)
        merged.resultsByTopicV3AndBelow = Self.merge(
            answers.map(\.resultsByTopicV3AndBelow), asked: v3AndBelowTopics)
        let askedTopics = Dictionary(transactions.map { ($0.transactionalID, $0.topics) }, uniquingKeysWith: +)
        merged.resultsByTransaction = AnswerMerge.groups(
            answers.map(\.resultsByTransaction), asked: transactions.map(\.transactionalID), key: \.transactionalID,
            parts: \.topicResults
        ) { transaction, lists in
            Self.merge(lists, asked: askedTopics[transaction] ?? [])
        }
        return merged
    }

    private static func merge(
        _ answers: [[AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult]], asked: [AddPartitionsToTxnTopic]
    ) -> [AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult] {
        AnswerMerge.topics(
            answers, asked: asked.map { ($0.name, $0.partitions) }, key: \.name, parts: \.resultsByPartition,
            index: \.partitionIndex)
    }
}
