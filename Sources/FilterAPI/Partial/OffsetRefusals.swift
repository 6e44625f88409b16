public import KafkaMessages
import KafkaWire

extension ListOffsetsRequest: PartiallyRefusable {
    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<ListOffsetsResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference(name: $0.name) }, index: \.partitionIndex, decide)
        if refused.isEmpty { return .nothing }
        var answer = ListOffsetsResponse()
        answer.topics = refused.map { taken in
            with(ListOffsetsResponse.ListOffsetsTopicResponse()) {
                $0.name = taken.topic.name
                $0.partitions = taken.partitions.map { partition in
                    with(ListOffsetsResponse.ListOffsetsPartitionResponse()) {
                        $0.partitionIndex = partition.asked.partitionIndex
                        $0.errorCode = partition.refusal.error
                    }
                }
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension OffsetForLeaderEpochRequest: PartiallyRefusable {
    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<OffsetForLeaderEpochResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference(name: $0.topic) }, index: \.partition, decide)
        if refused.isEmpty { return .nothing }
        var answer = OffsetForLeaderEpochResponse()
        answer.topics = refused.map { taken in
            with(OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult()) {
                $0.topic = taken.topic.topic
                $0.partitions = taken.partitions.map { partition in
                    with(OffsetForLeaderEpochResponse.EpochEndOffset()) {
                        $0.partition = partition.asked.partition
                        $0.errorCode = partition.refusal.error
                    }
                }
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension OffsetCommitRequest: PartiallyRefusable, SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<OffsetCommitResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference($0.name, $0.topicID) }, index: \.partitionIndex,
            decide)
        if refused.isEmpty { return .nothing }
        var answer = OffsetCommitResponse()
        answer.topics = refused.map { taken in
            with(OffsetCommitResponse.OffsetCommitResponseTopic()) {
                $0.name = taken.topic.name
                $0.topicID = taken.topic.topicID
                $0.partitions = taken.partitions.map { partition in
                    with(OffsetCommitResponse.OffsetCommitResponsePartition()) {
                        $0.partitionIndex = partition.asked.partitionIndex
                        $0.errorCode = partition.refusal.error
                    }
                }
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension TxnOffsetCommitRequest: PartiallyRefusable, SubjectNaming {
    /// The transactional ID and the group.
    public func subjects(version: Int16) -> [ResourceReference] {
        [.transactionalID(transactionalID), .group(groupID)]
    }

    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<TxnOffsetCommitResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference(name: $0.name) }, index: \.partitionIndex, decide)
        if refused.isEmpty { return .nothing }
        var answer = TxnOffsetCommitResponse()
        answer.topics = refused.map { taken in
            with(TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic()) {
                $0.name = taken.topic.name
                $0.partitions = taken.partitions.map { partition in
                    with(TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition()) {
                        $0.partitionIndex = partition.asked.partitionIndex
                        $0.errorCode = partition.refusal.error
                    }
                }
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension OffsetDeleteRequest: PartiallyRefusable, SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// Above all partitions.
    public func refusal(_ refusal: Refusal, version: Int16) -> OffsetDeleteResponse {
        with(OffsetDeleteResponse()) { $0.errorCode = refusal.error }
    }

    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<OffsetDeleteResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference(name: $0.name) }, index: \.partitionIndex, decide)
        if refused.isEmpty { return .nothing }
        var answer = OffsetDeleteResponse()
        answer.topics = refused.map { taken in
            with(OffsetDeleteResponse.OffsetDeleteResponseTopic()) {
                $0.name = taken.topic.name
                $0.partitions = taken.partitions.map { partition in
                    with(OffsetDeleteResponse.OffsetDeleteResponsePartition()) {
                        $0.partitionIndex = partition.asked.partitionIndex
                        $0.errorCode = partition.refusal.error
                    }
                }
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}
