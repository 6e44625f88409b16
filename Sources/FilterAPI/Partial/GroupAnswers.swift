public import KafkaMessages
import KafkaWire

/// Answered by group.
extension DescribeGroupsRequest: PartiallyAnswerable {
    /// Merges the groups, in the order of the request.
    public func merge(_ answers: [DescribeGroupsResponse], version: Int16) -> DescribeGroupsResponse {
        var merged = AnswerMerge.base(answers)
        merged.groups = AnswerMerge.parts(answers.map(\.groups), asked: groups, key: \.groupID)
        return merged
    }
}

/// Answered by group.
extension DeleteGroupsRequest: PartiallyAnswerable {
    /// Merges the results of groups, in the order of the request.
    public func merge(_ answers: [DeleteGroupsResponse], version: Int16) -> DeleteGroupsResponse {
        var merged = AnswerMerge.base(answers)
        merged.results = AnswerMerge.parts(answers.map(\.results), asked: groupsNames, key: \.groupID)
        return merged
    }
}

/// Answered by group.
extension ConsumerGroupDescribeRequest: PartiallyAnswerable {
    /// Merges the groups, in the order of the request.
    public func merge(_ answers: [ConsumerGroupDescribeResponse], version: Int16) -> ConsumerGroupDescribeResponse {
        var merged = AnswerMerge.base(answers)
        merged.groups = AnswerMerge.parts(answers.map(\.groups), asked: groupIDs, key: \.groupID)
        return merged
    }
}

/// Answered by group.
extension ShareGroupDescribeRequest: PartiallyAnswerable {
    /// Merges the groups, in the order of the request.
    public func merge(_ answers: [ShareGroupDescribeResponse], version: Int16) -> ShareGroupDescribeResponse {
        var merged = AnswerMerge.base(answers)
        merged.groups = AnswerMerge.parts(answers.map(\.groups), asked: groupIDs, key: \.groupID)
        return merged
    }
}

/// Answered by group.
extension StreamsGroupDescribeRequest: PartiallyAnswerable {
    /// Merges the groups, in the order of the request.
    public func merge(_ answers: [StreamsGroupDescribeResponse], version: Int16) -> StreamsGroupDescribeResponse {
        var merged = AnswerMerge.base(answers)
        merged.groups = AnswerMerge.parts(answers.map(\.groups), asked: groupIDs, key: \.groupID)
        return merged
    }
}

/// Answered by key, from version 4 on.
extension FindCoordinatorRequest: PartiallyAnswerable {
    /// Merges the coordinators, in the order of the request.
    public func merge(_ answers: [FindCoordinatorResponse], version: Int16) -> FindCoordinatorResponse {
        var merged = AnswerMerge.base(answers)
        merged.coordinators = AnswerMerge.parts(answers.map(\.coordinators), asked: coordinatorKeys, key: \.key)
        return merged
    }
}
