public import KafkaMessages
import KafkaWire

/// Puts results that have no name in the places of what was asked for.
///
/// - Parameters:
///   - asked: what was asked for.
///   - rest: what was left of it, in the same order.
///   - answer: the results of the rest.
///   - refused: the results of all else.
///   - missing: the result where an answer has too few.
/// - Returns: a result for each that was asked for, and then those that nobody asked for.
private func byPlace<Asked: Equatable, Result>(
    asked: [Asked], rest: [Asked], answer: [Result], refused: [Result], missing: Result
) -> [Result] {
    var rest = rest[...]
    var answer = answer[...]
    var refused = refused[...]
    let results = asked.map { part in
        guard part == rest.first else { return refused.popFirst() ?? missing }
        rest.removeFirst()
        return answer.popFirst() ?? missing
    }
    return results + answer + refused
}

extension CreateAclsRequest: PartiallyAnswerable, PartiallyRefusable {
    /// Puts the results one behind the other: they are known by their place alone.
    public func merge(_ answers: [CreateAclsResponse], version: Int16) -> CreateAclsResponse {
        var merged = AnswerMerge.base(answers)
        merged.results = answers.flatMap(\.results)
        return merged
    }

    /// Puts the results in the places of the ACLs.
    public func merge(
        _ answer: CreateAclsResponse, refused: CreateAclsResponse, rest: Self, version: Int16
    ) -> CreateAclsResponse {
        var merged = AnswerMerge.base([answer, refused])
        merged.results = byPlace(
            asked: creations, rest: rest.creations, answer: answer.results, refused: refused.results,
            missing: Self.result(Refusal(.unknownServerError)))
        return merged
    }

    /// Refuses ACLs by what they are for.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<CreateAclsResponse> {
        let refused = PartTaking.take(from: &creations) {
            decide(
                .acl(ACLPattern(type: $0.resourceType, name: $0.resourceName, patternType: $0.resourcePatternType)))
        }
        if refused.isEmpty { return .nothing }
        var answer = CreateAclsResponse()
        answer.results = refused.map { Self.result($0.refusal) }
        return creations.isEmpty ? .everything(answer) : .part(answer)
    }

    private static func result(_ refusal: Refusal) -> CreateAclsResponse.AclCreationResult {
        with(CreateAclsResponse.AclCreationResult()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
        }
    }
}

extension DeleteAclsRequest: PartiallyAnswerable, PartiallyRefusable {
    /// Puts the results one behind the other: they are known by their place alone.
    public func merge(_ answers: [DeleteAclsResponse], version: Int16) -> DeleteAclsResponse {
        var merged = AnswerMerge.base(answers)
        merged.filterResults = answers.flatMap(\.filterResults)
        return merged
    }

    /// Puts the results in the places of what was looked for.
    public func merge(
        _ answer: DeleteAclsResponse, refused: DeleteAclsResponse, rest: Self, version: Int16
    ) -> DeleteAclsResponse {
        var merged = AnswerMerge.base([answer, refused])
        merged.filterResults = byPlace(
            asked: filters, rest: rest.filters, answer: answer.filterResults, refused: refused.filterResults,
            missing: Self.result(Refusal(.unknownServerError)))
        return merged
    }

    /// Refuses to look for ACLs by what they are for.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DeleteAclsResponse> {
        let refused = PartTaking.take(from: &filters) {
            decide(
                .acl(
                    ACLPattern(
                        type: $0.resourceTypeFilter, name: $0.resourceNameFilter, patternType: $0.patternTypeFilter)))
        }
        if refused.isEmpty { return .nothing }
        var answer = DeleteAclsResponse()
        answer.filterResults = refused.map { Self.result($0.refusal) }
        return filters.isEmpty ? .everything(answer) : .part(answer)
    }

    private static func result(_ refusal: Refusal) -> DeleteAclsResponse.DeleteAclsFilterResult {
        with(DeleteAclsResponse.DeleteAclsFilterResult()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
        }
    }
}
