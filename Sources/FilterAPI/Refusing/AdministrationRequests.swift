public import KafkaMessages
import KafkaWire

// Requests of administration that name no topics, groups or transactional IDs, or that are about one thing.

extension DescribeAclsResponse: ErrorMessageResponse {}
extension DescribeAclsRequest: SubjectNaming {
    /// What the ACLs are for that are looked for.
    public func subjects(version: Int16) -> [ResourceReference] {
        [.acl(ACLPattern(type: resourceTypeFilter, name: resourceNameFilter, patternType: patternTypeFilter))]
    }
}

extension ListGroupsResponse: ErrorResponse {}
extension ListGroupsRequest: Refusable {}

extension ListConfigResourcesResponse: ErrorResponse {}
extension ListConfigResourcesRequest: Refusable {}

extension DescribeClusterResponse: ErrorMessageResponse {}
extension DescribeClusterRequest: Refusable {}

extension UpdateFeaturesResponse: ErrorMessageResponse {}
extension UpdateFeaturesRequest: Refusable {}

extension UnregisterBrokerResponse: ErrorMessageResponse {}
extension UnregisterBrokerRequest: Refusable {}

extension CreateDelegationTokenResponse: ErrorResponse {}
extension CreateDelegationTokenRequest: Refusable {}

extension RenewDelegationTokenResponse: ErrorResponse {}
extension RenewDelegationTokenRequest: Refusable {}

extension ExpireDelegationTokenResponse: ErrorResponse {}
extension ExpireDelegationTokenRequest: Refusable {}

extension DescribeDelegationTokenResponse: ErrorResponse {}
extension DescribeDelegationTokenRequest: Refusable {}

extension DescribeClientQuotasRequest: Refusable {
    /// The error stands above all else. There are no quotas, which is null.
    public func refusal(_ refusal: Refusal, version: Int16) -> DescribeClientQuotasResponse {
        with(DescribeClientQuotasResponse()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
            $0.entries = nil
        }
    }
}

extension AlterClientQuotasRequest: Refusable {
    /// The error stands at each entity.
    public func refusal(_ refusal: Refusal, version: Int16) -> AlterClientQuotasResponse {
        with(AlterClientQuotasResponse()) {
            $0.entries = entries.map { entry in
                with(AlterClientQuotasResponse.EntryData()) {
                    $0.errorCode = refusal.error
                    $0.errorMessage = refusal.message
                    $0.entity = entry.entity.map { part in
                        with(AlterClientQuotasResponse.EntityData()) {
                            $0.entityType = part.entityType
                            $0.entityName = part.entityName
                        }
                    }
                }
            }
        }
    }
}

extension DescribeUserScramCredentialsRequest: Refusable {
    /// The error stands above all else, and at each user that was asked for.
    public func refusal(_ refusal: Refusal, version: Int16) -> DescribeUserScramCredentialsResponse {
        with(DescribeUserScramCredentialsResponse()) {
            $0.errorCode = refusal.error
            $0.errorMessage = refusal.message
            $0.results = (users ?? []).map { user in
                with(DescribeUserScramCredentialsResponse.DescribeUserScramCredentialsResult()) {
                    $0.user = user.name
                    $0.errorCode = refusal.error
                    $0.errorMessage = refusal.message
                }
            }
        }
    }
}

extension AlterUserScramCredentialsRequest: Refusable {
    /// The error stands at each user, once.
    public func refusal(_ refusal: Refusal, version: Int16) -> AlterUserScramCredentialsResponse {
        var seen: Set<String> = []
        let users = (deletions.map(\.name) + upsertions.map(\.name)).filter { seen.insert($0).inserted }
        return with(AlterUserScramCredentialsResponse()) {
            $0.results = users.map { user in
                with(AlterUserScramCredentialsResponse.AlterUserScramCredentialsResult()) {
                    $0.user = user
                    $0.errorCode = refusal.error
                    $0.errorMessage = refusal.message
                }
            }
        }
    }
}
