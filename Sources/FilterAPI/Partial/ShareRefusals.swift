public import KafkaMessages
import KafkaWire

// A share session's epoch grows with each request, at the broker and at the client: a request that belongs to a session is
// always sent, though nothing be left of it.

extension ShareFetchRequest: PartiallyRefusable, SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { groupID.map { [.group($0)] } ?? [] }

    /// Above all partitions.
    public func refusal(_ refusal: Refusal, version: Int16) -> ShareFetchResponse {
        with(ShareFetchResponse()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
        }
    }

    /// Refuses topics and partitions, and what is acknowledged in them. The rest is always sent.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<ShareFetchResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference(nil, $0.topicID) }, index: \.partitionIndex, decide
        )
        if refused.isEmpty { return .nothing }
        var answer = ShareFetchResponse()
        answer.responses = refused.map { taken in
            with(ShareFetchResponse.ShareFetchableTopicResponse()) {
                $0.topicID = taken.topic.topicID
                $0.partitions = taken.partitions.map { partition in
                    with(ShareFetchResponse.PartitionData()) {
                        $0.partitionIndex = partition.asked.partitionIndex
                        $0.errorCode = partition.refusal.error
                        $0.errorMessage = partition.refusal.message
                        guard !partition.asked.acknowledgementBatches.isEmpty else { return }
                        $0.acknowledgeErrorCode = partition.refusal.error
                        $0.acknowledgeErrorMessage = partition.refusal.message
                    }
                }
            }
        }
        return .part(answer)
    }
}

extension ShareAcknowledgeRequest: PartiallyRefusable, SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { groupID.map { [.group($0)] } ?? [] }

    /// Above all partitions.
    public func refusal(_ refusal: Refusal, version: Int16) -> ShareAcknowledgeResponse {
        with(ShareAcknowledgeResponse()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
        }
    }

    /// Refuses topics and partitions. The rest is always sent.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<ShareAcknowledgeResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference(nil, $0.topicID) }, index: \.partitionIndex, decide
        )
        if refused.isEmpty { return .nothing }
        var answer = ShareAcknowledgeResponse()
        answer.responses = refused.map { taken in
            with(ShareAcknowledgeResponse.ShareAcknowledgeTopicResponse()) {
                $0.topicID = taken.topic.topicID
                $0.partitions = taken.partitions.map { partition in
                    with(ShareAcknowledgeResponse.PartitionData()) {
                        $0.partitionIndex = partition.asked.partitionIndex
                        $0.errorCode = partition.refusal.error
                        $0.errorMessage = partition.refusal.message
                    }
                }
            }
        }
        return .part(answer)
    }
}

extension DescribeShareGroupOffsetsRequest: PartiallyRefusable {
    /// Refuses groups, topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DescribeShareGroupOffsetsResponse> {
        var answer = DescribeShareGroupOffsetsResponse()
        var rest: [DescribeShareGroupOffsetsRequestGroup] = []
        for var group in groups {
            var result = DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseGroup()
            result.groupID = group.groupID
            if let refusal = decide(.group(group.groupID)) {
                result.errorCode = refusal.error
                result.errorMessage = refusal.message
                answer.groups.append(result)
                continue
            }
            var topics = group.topics ?? []
            let refused = PartTaking.take(
                from: &topics, \.partitions, reference: { TopicReference(name: $0.topicName) }, index: { $0 }, decide)
            if !refused.isEmpty {
                result.topics = refused.map(Self.result)
                answer.groups.append(result)
                if topics.isEmpty { continue }
                group.topics = topics
            }
            rest.append(group)
        }
        if answer.groups.isEmpty { return .nothing }
        groups = rest
        return rest.isEmpty ? .everything(answer) : .part(answer)
    }

    private static func result(
        _ refused: PartTaking.RefusedTopic<DescribeShareGroupOffsetsRequestTopic, Int32>
    ) -> DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseTopic {
        with(DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponseTopic()) {
            $0.topicName = refused.topic.topicName
            $0.partitions = refused.partitions.map { partition in
                with(DescribeShareGroupOffsetsResponse.DescribeShareGroupOffsetsResponsePartition()) {
                    $0.partitionIndex = partition.asked
                    $0.errorCode = partition.refusal.error
                    $0.errorMessage = partition.refusal.message
                }
            }
        }
    }
}

extension AlterShareGroupOffsetsRequest: PartiallyRefusable, SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// Above all partitions.
    public func refusal(_ refusal: Refusal, version: Int16) -> AlterShareGroupOffsetsResponse {
        with(AlterShareGroupOffsetsResponse()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
        }
    }

    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<AlterShareGroupOffsetsResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference(name: $0.topicName) }, index: \.partitionIndex,
            decide)
        if refused.isEmpty { return .nothing }
        var answer = AlterShareGroupOffsetsResponse()
        answer.responses = refused.map { taken in
            with(AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponseTopic()) {
                $0.topicName = taken.topic.topicName
                $0.partitions = taken.partitions.map { partition in
                    with(AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponsePartition()) {
                        $0.partitionIndex = partition.asked.partitionIndex
                        $0.errorCode = partition.refusal.error
                        $0.errorMessage = partition.refusal.message
                    }
                }
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension DeleteShareGroupOffsetsRequest: PartiallyRefusable, SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// Above all topics.
    public func refusal(_ refusal: Refusal, version: Int16) -> DeleteShareGroupOffsetsResponse {
        with(DeleteShareGroupOffsetsResponse()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
        }
    }

    /// Refuses topics.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DeleteShareGroupOffsetsResponse> {
        let refused = PartTaking.take(from: &topics) { decide(.topic(TopicReference(name: $0.topicName))) }
        if refused.isEmpty { return .nothing }
        var answer = DeleteShareGroupOffsetsResponse()
        answer.responses = refused.map { topic in
            with(DeleteShareGroupOffsetsResponse.DeleteShareGroupOffsetsResponseTopic()) {
                $0.topicName = topic.asked.topicName
                $0.errorCode = topic.refusal.error
                $0.errorMessage = topic.refusal.message
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}
