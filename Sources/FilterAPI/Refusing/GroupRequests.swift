public import KafkaMessages
import KafkaWire

// Requests of the members of groups.

extension HeartbeatResponse: ErrorResponse {}
extension HeartbeatRequest: SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }
}

extension SyncGroupResponse: ErrorResponse {}
extension SyncGroupRequest: SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }
}

extension LeaveGroupResponse: ErrorResponse {}
extension LeaveGroupRequest: SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }
}

extension JoinGroupRequest: SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// The error stands above all else. There is no protocol, which is null where it may be.
    public func refusal(_ refusal: Refusal, version: Int16) -> JoinGroupResponse {
        with(JoinGroupResponse()) {
            $0.errorCode = refusal.error
            $0.protocolName = version >= 7 ? nil : ""
        }
    }
}

extension ConsumerGroupHeartbeatResponse: ErrorMessageResponse {}
extension ConsumerGroupHeartbeatRequest: SubjectNaming {
    /// The group, and the topics that are subscribed to by name.
    public func subjects(version: Int16) -> [ResourceReference] {
        [.group(groupID)] + (subscribedTopicNames ?? []).map { .topic(TopicReference(name: $0)) }
    }
}

extension ShareGroupHeartbeatResponse: ErrorMessageResponse {}
extension ShareGroupHeartbeatRequest: SubjectNaming {
    /// The group, and the topics that are subscribed to.
    public func subjects(version: Int16) -> [ResourceReference] {
        [.group(groupID)] + (subscribedTopicNames ?? []).map { .topic(TopicReference(name: $0)) }
    }
}

extension StreamsGroupHeartbeatResponse: ErrorMessageResponse {}
extension StreamsGroupHeartbeatRequest: SubjectNaming {
    /// The group, and the topics that the topology names.
    public func subjects(version: Int16) -> [ResourceReference] {
        let topics = (topology?.subtopologies ?? []).flatMap { part in
            part.sourceTopics + part.repartitionSinkTopics + part.repartitionSourceTopics.map(\.name)
                + part.stateChangelogTopics.map(\.name)
        }
        var seen: Set<String> = []
        return [.group(groupID)]
            + topics.filter { seen.insert($0).inserted }.map { .topic(TopicReference(name: $0)) }
    }
}
