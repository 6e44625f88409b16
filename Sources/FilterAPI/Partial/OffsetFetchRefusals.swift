public import KafkaMessages
import KafkaWire

extension OffsetFetchRequest: PartiallyRefusable, SubjectNaming {
    /// Up to version 7, the group.
    public func subjects(version: Int16) -> [ResourceReference] { version >= 8 ? [] : [.group(groupID)] }

    /// At each group from version 8 on, before above all partitions, in versions 0 and 1 at each of them.
    public func refusal(_ refusal: Refusal, version: Int16) -> OffsetFetchResponse {
        with(OffsetFetchResponse()) {
            if version >= 8 {
                $0.groups = groups.map { Self.group($0.groupID, refusal) }
            } else if version >= 2 {
                $0.errorCode = refusal.error
            } else {
                $0.topics = (topics ?? []).map { topic in
                    Self.topic(topic.name, topic.partitionIndexes.map { ($0, refusal) })
                }
            }
        }
    }

    /// Refuses topics and partitions; from version 8 on groups as well.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<OffsetFetchResponse> {
        version >= 8 ? refuseGroups(decide) : refuseTopics(decide)
    }

    private mutating func refuseTopics(_ decide: Decide) -> RefusedParts<OffsetFetchResponse> {
        guard var asked = topics else { return .nothing }
        let refused = PartTaking.take(
            from: &asked, \.partitionIndexes, reference: { TopicReference(name: $0.name) }, index: { $0 }, decide)
        if refused.isEmpty { return .nothing }
        topics = asked
        var answer = OffsetFetchResponse()
        answer.topics = refused.map { Self.topic($0.topic.name, $0.partitions) }
        return asked.isEmpty ? .everything(answer) : .part(answer)
    }

    private mutating func refuseGroups(_ decide: Decide) -> RefusedParts<OffsetFetchResponse> {
        var answer = OffsetFetchResponse()
        var rest: [OffsetFetchRequestGroup] = []
        for var group in groups {
            if let refusal = decide(.group(group.groupID)) {
                answer.groups.append(Self.group(group.groupID, refusal))
                continue
            }
            var asked = group.topics ?? []
            let refused = PartTaking.take(
                from: &asked, \.partitionIndexes, reference: { TopicReference($0.name, $0.topicID) }, index: { $0 },
                decide)
            if !refused.isEmpty {
                answer.groups.append(
                    with(OffsetFetchResponse.OffsetFetchResponseGroup()) {
                        $0.groupID = group.groupID
                        $0.topics = refused.map(Self.topic)
                    })
                if asked.isEmpty { continue }
                group.topics = asked
            }
            rest.append(group)
        }
        if answer.groups.isEmpty { return .nothing }
        groups = rest
        return rest.isEmpty ? .everything(answer) : .part(answer)
    }

    private static func group(
        _ name: String, _ refusal: Refusal
    ) -> OffsetFetchResponse.OffsetFetchResponseGroup {
        with(OffsetFetchResponse.OffsetFetchResponseGroup()) {
            $0.groupID = name
            $0.errorCode = refusal.error
        }
    }

    private static func topic(
        _ name: String, _ partitions: [(asked: Int32, refusal: Refusal)]
    ) -> OffsetFetchResponse.OffsetFetchResponseTopic {
        with(OffsetFetchResponse.OffsetFetchResponseTopic()) {
            $0.name = name
            $0.partitions = partitions.map { partition in
                with(OffsetFetchResponse.OffsetFetchResponsePartition()) {
                    $0.partitionIndex = partition.asked
                    $0.errorCode = partition.refusal.error
                    $0.committedOffset = -1
                }
            }
        }
    }

    private static func topic(
        _ refused: PartTaking.RefusedTopic<OffsetFetchRequestTopics, Int32>
    ) -> OffsetFetchResponse.OffsetFetchResponseTopics {
        with(OffsetFetchResponse.OffsetFetchResponseTopics()) {
            $0.name = refused.topic.name
            $0.topicID = refused.topic.topicID
            $0.partitions = refused.partitions.map { partition in
                with(OffsetFetchResponse.OffsetFetchResponsePartitions()) {
                    $0.partitionIndex = partition.asked
                    $0.errorCode = partition.refusal.error
                    $0.committedOffset = -1
                }
            }
        }
    }
}
