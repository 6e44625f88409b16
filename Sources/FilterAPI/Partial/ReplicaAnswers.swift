public import KafkaMessages
import KafkaWire

/// Answered by topic and partition.
extension AlterPartitionReassignmentsRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(
        _ answers: [AlterPartitionReassignmentsResponse], version: Int16
    ) -> AlterPartitionReassignmentsResponse {
        var merged = AnswerMerge.base(answers)
        merged.responses = AnswerMerge.topics(
            answers.map(\.responses), asked: topics.map { ($0.name, $0.partitions.map(\.partitionIndex)) }, key: \.name,
            parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}

/// Answered by topic and partition, for those that are being reassigned; null asks for all.
extension ListPartitionReassignmentsRequest: PartiallyAnswerable {
    /// Merges partitions, in the order of the request.
    public func merge(
        _ answers: [ListPartitionReassignmentsResponse], version: Int16
    ) -> ListPartitionReassignmentsResponse {
        var merged = AnswerMerge.base(answers)
        merged.topics = AnswerMerge.topics(
            answers.map(\.topics), asked: (topics ?? []).map { ($0.name, $0.partitionIndexes) }, key: \.name,
            parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}

/// Answered by topic and partition, whatever the directory.
extension AlterReplicaLogDirsRequest: PartiallyAnswerable {
    /// Merges the results of partitions, in the order of the request.
    public func merge(_ answers: [AlterReplicaLogDirsResponse], version: Int16) -> AlterReplicaLogDirsResponse {
        var merged = AnswerMerge.base(answers)
        merged.results = AnswerMerge.topics(
            answers.map(\.results), asked: dirs.flatMap(\.topics).map { ($0.name, $0.partitions) }, key: \.topicName,
            parts: \.partitions, index: \.partitionIndex)
        return merged
    }
}

/// Answered by directory; null asks for all topics.
extension DescribeLogDirsRequest: PartiallyAnswerable {
    /// Merges directories, and within them topics as they come.
    public func merge(_ answers: [DescribeLogDirsResponse], version: Int16) -> DescribeLogDirsResponse {
        var merged = AnswerMerge.base(answers)
        merged.results = AnswerMerge.groups(
            answers.map(\.results), asked: [], key: \.logDir, parts: \.topics,
            merge: { _, topics in topics.flatMap { $0 } })
        return merged
    }
}
