import FilterAPI
import KafkaMessages
import KafkaWire

extension Check {
    /// What a client is told where the right is missing.
    var refusal: Refusal {
        switch subject {
        case .topic: ResourceType.topic.refusal
        case .group: ResourceType.group.refusal
        case .transactionalID: ResourceType.transactionalID.refusal
        case .request, .otherResource: ResourceType.cluster.refusal
        case .owner, .token: ResourceType.delegationToken.refusal
        }
    }

    /// True if the check is made for a request.
    func applies(to request: any RequestMessage) -> Bool {
        switch condition {
        case .always, .internalTopics: return true
        case .fromConsumer: return (request as? FetchRequest)?.isFromFollower != true
        case .fromFollower: return (request as? FetchRequest)?.isFromFollower == true
        case .shareCoordinator: return (request as? FindCoordinatorRequest)?.keyType == 2
        case .transactionCoordinator: return (request as? FindCoordinatorRequest)?.keyType == 1
        case .groupCoordinator: return ![1, 2].contains((request as? FindCoordinatorRequest)?.keyType ?? 0)
        case .transactional: return true
        case .notTransactional: return (request as? InitProducerIdRequest)?.transactionalID == nil
        case .twoPhaseCommit: return (request as? InitProducerIdRequest)?.enable2Pc == true
        case .otherOwner: return (request as? CreateDelegationTokenRequest)?.owner != nil
        // What is to be created is found out by asking: see the requests for metadata.
        case .autoCreation: return false
        }
    }
}

extension FetchRequest {
    /// True if a broker asks, for its replica.
    var isFromFollower: Bool { replicaID >= 0 || replicaState.replicaID >= 0 }
}

extension CreateDelegationTokenRequest {
    /// The principal that the token is for; nil for the one that asks.
    var owner: String? {
        guard let ownerPrincipalName, !ownerPrincipalName.isEmpty else { return nil }
        return "\(ownerPrincipalType ?? "User"):\(ownerPrincipalName)"
    }
}

extension StreamsGroupHeartbeatRequest {
    /// The topics that the broker creates for the group if they are missing.
    var internalTopics: Set<String> {
        var names: Set<String> = []
        for part in topology?.subtopologies ?? [] {
            names.formUnion(part.repartitionSourceTopics.map(\.name))
            names.formUnion(part.stateChangelogTopics.map(\.name))
        }
        return names
    }
}

extension RequestMessage {
    /// True if the request is for a group that it does not name.
    var hasNullGroup: Bool {
        switch self {
        case let fetch as ShareFetchRequest: fetch.groupID == nil
        case let acknowledge as ShareAcknowledgeRequest: acknowledge.groupID == nil
        default: false
        }
    }
}
