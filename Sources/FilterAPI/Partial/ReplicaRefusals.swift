public import KafkaMessages
import KafkaWire

extension ElectLeadersRequest: PartiallyRefusable {
    /// Above all partitions from version 1 on, and at each of them.
    public func refusal(_ refusal: Refusal, version: Int16) -> ElectLeadersResponse {
        with(ElectLeadersResponse()) {
            $0.errorCode = refusal.error
            $0.replicaElectionResults = (topicPartitions ?? []).map { topic in
                Self.result(topic.topic, topic.partitions.map { ($0, refusal) })
            }
        }
    }

    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<ElectLeadersResponse> {
        guard var asked = topicPartitions else { return .nothing }
        let refused = PartTaking.take(
            from: &asked, \.partitions, reference: { TopicReference(name: $0.topic) }, index: { $0 }, decide)
        if refused.isEmpty { return .nothing }
        topicPartitions = asked
        var answer = ElectLeadersResponse()
        answer.replicaElectionResults = refused.map { Self.result($0.topic.topic, $0.partitions) }
        return asked.isEmpty ? .everything(answer) : .part(answer)
    }

    private static func result(
        _ topic: String, _ partitions: [(asked: Int32, refusal: Refusal)]
    ) -> ElectLeadersResponse.ReplicaElectionResult {
        with(ElectLeadersResponse.ReplicaElectionResult()) {
            $0.topic = topic
            $0.partitionResult = partitions.map { partition in
                with(ElectLeadersResponse.PartitionResult()) {
                    $0.partitionID = partition.asked
                    $0.errorCode = partition.refusal.error
                    $0.errorMessage = partition.refusal.message
                }
            }
        }
    }
}

extension AlterPartitionReassignmentsRequest: PartiallyRefusable {
    /// Above all partitions.
    public func refusal(_ refusal: Refusal, version: Int16) -> AlterPartitionReassignmentsResponse {
        with(AlterPartitionReassignmentsResponse()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
        }
    }

    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<AlterPartitionReassignmentsResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference(name: $0.name) }, index: \.partitionIndex, decide)
        if refused.isEmpty { return .nothing }
        var answer = AlterPartitionReassignmentsResponse()
        answer.allowReplicationFactorChange = allowReplicationFactorChange
        answer.errorMessage = nil
        answer.responses = refused.map { taken in
            with(AlterPartitionReassignmentsResponse.ReassignableTopicResponse()) {
                $0.name = taken.topic.name
                $0.partitions = taken.partitions.map { partition in
                    with(AlterPartitionReassignmentsResponse.ReassignablePartitionResponse()) {
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

extension ListPartitionReassignmentsRequest: PartiallyRefusable {
    /// Above all partitions.
    public func refusal(_ refusal: Refusal, version: Int16) -> ListPartitionReassignmentsResponse {
        with(ListPartitionReassignmentsResponse()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
        }
    }

    /// Refuses topics and partitions. The answer has no errors for them: it is as if they were not being reassigned.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<ListPartitionReassignmentsResponse> {
        guard var asked = topics else { return .nothing }
        let refused = PartTaking.take(
            from: &asked, \.partitionIndexes, reference: { TopicReference(name: $0.name) }, index: { $0 }, decide)
        if refused.isEmpty { return .nothing }
        topics = asked
        let answer = with(ListPartitionReassignmentsResponse()) { $0.errorMessage = nil }
        return asked.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension AlterReplicaLogDirsRequest: PartiallyRefusable {
    /// Refuses topics and partitions in all directories.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<AlterReplicaLogDirsResponse> {
        var answer = AlterReplicaLogDirsResponse()
        var rest: [AlterReplicaLogDir] = []
        for var directory in dirs {
            let refused = PartTaking.take(
                from: &directory.topics, \.partitions, reference: { TopicReference(name: $0.name) }, index: { $0 },
                decide)
            answer.results += refused.map { taken in
                with(AlterReplicaLogDirsResponse.AlterReplicaLogDirTopicResult()) {
                    $0.topicName = taken.topic.name
                    $0.partitions = taken.partitions.map { partition in
                        with(AlterReplicaLogDirsResponse.AlterReplicaLogDirPartitionResult()) {
                            $0.partitionIndex = partition.asked
                            $0.errorCode = partition.refusal.error
                        }
                    }
                }
            }
            rest.append(directory)
        }
        if answer.results.isEmpty { return .nothing }
        dirs = rest
        return rest.allSatisfy(\.topics.isEmpty) ? .everything(answer) : .part(answer)
    }
}

extension DescribeLogDirsRequest: PartiallyRefusable {
    /// Above all directories from version 3 on.
    public func refusal(_ refusal: Refusal, version: Int16) -> DescribeLogDirsResponse {
        with(DescribeLogDirsResponse()) { $0.errorCode = refusal.error }
    }

    /// Refuses topics and partitions. The answer has no errors for them: it is as if they were on no disk. The rest is
    /// always sent, for the answer tells the directories as well.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DescribeLogDirsResponse> {
        guard var asked = topics else { return .nothing }
        let refused = PartTaking.take(
            from: &asked, \.partitions, reference: { TopicReference(name: $0.topic) }, index: { $0 }, decide)
        if refused.isEmpty { return .nothing }
        topics = asked
        return .part(DescribeLogDirsResponse())
    }
}

extension DescribeProducersRequest: PartiallyRefusable {
    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DescribeProducersResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitionIndexes, reference: { TopicReference(name: $0.name) }, index: { $0 }, decide)
        if refused.isEmpty { return .nothing }
        var answer = DescribeProducersResponse()
        answer.topics = refused.map { taken in
            with(DescribeProducersResponse.TopicResponse()) {
                $0.name = taken.topic.name
                $0.partitions = taken.partitions.map { partition in
                    with(DescribeProducersResponse.PartitionResponse()) {
                        $0.partitionIndex = partition.asked
                        $0.errorCode = partition.refusal.error
                        $0.errorMessage = partition.refusal.message
                    }
                }
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}
