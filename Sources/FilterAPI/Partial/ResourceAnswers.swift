public import KafkaMessages
import KafkaWire

/// By what a resource with a configuration is known.
private struct ResourceKey: Hashable {
    let type: Int8
    let name: String
}

/// Answered by resource.
extension DescribeConfigsRequest: PartiallyAnswerable {
    /// Merges the configurations of resources, in the order of the request.
    public func merge(_ answers: [DescribeConfigsResponse], version: Int16) -> DescribeConfigsResponse {
        var merged = AnswerMerge.base(answers)
        merged.results = AnswerMerge.parts(
            answers.map(\.results), asked: resources.map { ResourceKey(type: $0.resourceType, name: $0.resourceName) },
            key: { ResourceKey(type: $0.resourceType, name: $0.resourceName) })
        return merged
    }
}

/// Answered by resource.
extension AlterConfigsRequest: PartiallyAnswerable {
    /// Merges the results of resources, in the order of the request.
    public func merge(_ answers: [AlterConfigsResponse], version: Int16) -> AlterConfigsResponse {
        var merged = AnswerMerge.base(answers)
        merged.responses = AnswerMerge.parts(
            answers.map(\.responses),
            asked: resources.map { ResourceKey(type: $0.resourceType, name: $0.resourceName) },
            key: { ResourceKey(type: $0.resourceType, name: $0.resourceName) })
        return merged
    }
}

/// Answered by resource.
extension IncrementalAlterConfigsRequest: PartiallyAnswerable {
    /// Merges the results of resources, in the order of the request.
    public func merge(_ answers: [IncrementalAlterConfigsResponse], version: Int16) -> IncrementalAlterConfigsResponse {
        var merged = AnswerMerge.base(answers)
        merged.responses = AnswerMerge.parts(
            answers.map(\.responses),
            asked: resources.map { ResourceKey(type: $0.resourceType, name: $0.resourceName) },
            key: { ResourceKey(type: $0.resourceType, name: $0.resourceName) })
        return merged
    }
}
