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
