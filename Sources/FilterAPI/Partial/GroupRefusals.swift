public import KafkaMessages
import KafkaWire

extension DescribeGroupsRequest: PartiallyRefusable {
    /// Refuses groups.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DescribeGroupsResponse> {
        let refused = PartTaking.take(from: &groups) { decide(.group($0)) }
        if refused.isEmpty { return .nothing }
        var answer = DescribeGroupsResponse()
        answer.groups = refused.map { group in
            with(DescribeGroupsResponse.DescribedGroup()) {
                $0.groupID = group.asked
                $0.errorCode = group.refusal.error
                $0.errorMessage = group.refusal.message
            }
        }
        return groups.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension DeleteGroupsRequest: PartiallyRefusable {
    /// Refuses groups.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DeleteGroupsResponse> {
        let refused = PartTaking.take(from: &groupsNames) { decide(.group($0)) }
        if refused.isEmpty { return .nothing }
        var answer = DeleteGroupsResponse()
        answer.results = refused.map { group in
            with(DeleteGroupsResponse.DeletableGroupResult()) {
                $0.groupID = group.asked
                $0.errorCode = group.refusal.error
            }
        }
        return groupsNames.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension ConsumerGroupDescribeRequest: PartiallyRefusable {
    /// Refuses groups.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<ConsumerGroupDescribeResponse> {
        let refused = PartTaking.take(from: &groupIDs) { decide(.group($0)) }
        if refused.isEmpty { return .nothing }
        var answer = ConsumerGroupDescribeResponse()
        answer.groups = refused.map { group in
            with(ConsumerGroupDescribeResponse.DescribedGroup()) {
                $0.groupID = group.asked
                $0.errorCode = group.refusal.error
                $0.errorMessage = group.refusal.message
            }
        }
        return groupIDs.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension ShareGroupDescribeRequest: PartiallyRefusable {
    /// Refuses groups.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<ShareGroupDescribeResponse> {
        let refused = PartTaking.take(from: &groupIDs) { decide(.group($0)) }
        if refused.isEmpty { return .nothing }
        var answer = ShareGroupDescribeResponse()
        answer.groups = refused.map { group in
            with(ShareGroupDescribeResponse.DescribedGroup()) {
                $0.groupID = group.asked
                $0.errorCode = group.refusal.error
                $0.errorMessage = group.refusal.message
            }
        }
        return groupIDs.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension StreamsGroupDescribeRequest: PartiallyRefusable {
    /// Refuses groups.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<StreamsGroupDescribeResponse> {
        let refused = PartTaking.take(from: &groupIDs) { decide(.group($0)) }
        if refused.isEmpty { return .nothing }
        var answer = StreamsGroupDescribeResponse()
        answer.groups = refused.map { group in
            with(StreamsGroupDescribeResponse.DescribedGroup()) {
                $0.groupID = group.asked
                $0.errorCode = group.refusal.error
                $0.errorMessage = group.refusal.message
            }
        }
        return groupIDs.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension FindCoordinatorRequest: PartiallyRefusable, SubjectNaming {
    /// Up to version 3, the one key that is asked for.
    public func subjects(version: Int16) -> [ResourceReference] { version >= 4 ? [] : [reference(key)] }

    /// What the key of a coordinator is: a group, a transactional ID, or a partition of a share group, written
    /// `group:topic ID:partition`.
    private func reference(_ key: String) -> ResourceReference {
        switch keyType {
        case 1: return .transactionalID(key)
        case 2:
            let parts = key.split(separator: ":", omittingEmptySubsequences: false)
            return .group(parts.count > 2 ? parts.dropLast(2).joined(separator: ":") : key)
        default: return .group(key)
        }
    }

    /// In the place of the coordinator; from version 4 on for each key.
    public func refusal(_ refusal: Refusal, version: Int16) -> FindCoordinatorResponse {
        var answer = FindCoordinatorResponse()
        if version >= 4 {
            answer.coordinators = coordinatorKeys.map { Self.coordinator($0, refusal) }
        } else {
            answer.errorCode = refusal.error
            answer.errorMessage = refusal.message
            answer.nodeID = -1
            answer.port = -1
        }
        return answer
    }

    /// Refuses keys, of which there are several from version 4 on.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<FindCoordinatorResponse> {
        guard version >= 4 else { return .nothing }
        let asked = self
        let refused = PartTaking.take(from: &coordinatorKeys) { decide(asked.reference($0)) }
        if refused.isEmpty { return .nothing }
        var answer = FindCoordinatorResponse()
        answer.coordinators = refused.map { Self.coordinator($0.asked, $0.refusal) }
        return coordinatorKeys.isEmpty ? .everything(answer) : .part(answer)
    }

    private static func coordinator(_ key: String, _ refusal: Refusal) -> FindCoordinatorResponse.Coordinator {
        with(FindCoordinatorResponse.Coordinator()) {
            $0.key = key
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
            $0.nodeID = -1
            $0.port = -1
        }
    }
}
