public import KafkaMessages
import KafkaWire

/// Answered by transactional ID.
extension DescribeTransactionsRequest: PartiallyAnswerable {
    /// Merges the transactions, in the order of the request.
    public func merge(_ answers: [DescribeTransactionsResponse], version: Int16) -> DescribeTransactionsResponse {
        var merged = AnswerMerge.base(answers)
        merged.transactionStates = AnswerMerge.parts(
            answers.map(\.transactionStates), asked: transactionalIDs, key: \.transactionalID)
        return merged
    }
}

/// Answered by topic and partition.
extension DescribeProducersRequest: PartiallyAnswerable {
    /// Merges the producers of partitions, in the order of the request.
    public func merge(_ answers: [DescribeProducersResponse], version: Int16) -> DescribeProducersResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.topics(
            answers.map(\.topics), asked: topics.map { ($0.name, $0.partitionIndexes) }, key: \.name,
            parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}

/// Answered by topic and partition for each producer.
extension WriteTxnMarkersRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [WriteTxnMarkersResponse], version: Int16) -> WriteTxnMarkersResponse {
        var merged = answers.first ?? WriteTxnMarkersResponse()
        let askedTopics = Dictionary(markers.map { ($0.producerID, $0.topics) }, uniquingKeysWith: +)
        merged.markers = AnswerMerge.groups(
            answers.map(\.markers), asked: markers.map(\.producerID), key: \.producerID, parts: \.topics
        ) { producer, lists in
            AnswerMerge.topics(
                lists, asked: (askedTopics[producer] ?? []).map { ($0.name, $0.partitionIndexes) }, key: \.name,
                parts: \.partitions, index: \.partitionIndex)
        }
        return merged
    }
}
