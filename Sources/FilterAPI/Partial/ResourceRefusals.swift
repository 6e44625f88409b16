public import KafkaMessages
import KafkaWire

extension ResourceReference {
    /// A resource with a configuration.
    init(resourceType type: Int8, name: String) {
        self =
            switch type {
            case 2: .topic(TopicReference(name: name))
            case 32: .group(name)
            default: .resource(type: type, name: name)
            }
    }
}

extension DescribeConfigsRequest: PartiallyRefusable {
    /// Refuses resources.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DescribeConfigsResponse> {
        let refused = PartTaking.take(from: &resources) {
            decide(ResourceReference(resourceType: $0.resourceType, name: $0.resourceName))
        }
        if refused.isEmpty { return .nothing }
        var answer = DescribeConfigsResponse()
        answer.results = refused.map { resource in
            with(DescribeConfigsResponse.DescribeConfigsResult()) {
                $0.errorCode = resource.refusal.error
                $0.errorMessage = resource.refusal.message
                $0.resourceType = resource.asked.resourceType
                $0.resourceName = resource.asked.resourceName
            }
        }
        return resources.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension AlterConfigsRequest: PartiallyRefusable {
    /// Refuses resources.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<AlterConfigsResponse> {
        let refused = PartTaking.take(from: &resources) {
            decide(ResourceReference(resourceType: $0.resourceType, name: $0.resourceName))
        }
        if refused.isEmpty { return .nothing }
        var answer = AlterConfigsResponse()
        answer.responses = refused.map { resource in
            with(AlterConfigsResponse.AlterConfigsResourceResponse()) {
                $0.errorCode = resource.refusal.error
                $0.errorMessage = resource.refusal.message
                $0.resourceType = resource.asked.resourceType
                $0.resourceName = resource.asked.resourceName
            }
        }
        return resources.isEmpty ? .everything(answer) : .part(answer)
    }
}

extension IncrementalAlterConfigsRequest: PartiallyRefusable {
    /// Refuses resources.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<IncrementalAlterConfigsResponse> {
        let refused = PartTaking.take(from: &resources) {
            decide(ResourceReference(resourceType: $0.resourceType, name: $0.resourceName))
        }
        if refused.isEmpty { return .nothing }
        var answer = IncrementalAlterConfigsResponse()
        answer.responses = refused.map { resource in
            with(IncrementalAlterConfigsResponse.AlterConfigsResourceResponse()) {
                $0.errorCode = resource.refusal.error
                $0.errorMessage = resource.refusal.message
                $0.resourceType = resource.asked.resourceType
                $0.resourceName = resource.asked.resourceName
            }
        }
        return resources.isEmpty ? .everything(answer) : .part(answer)
    }
}
