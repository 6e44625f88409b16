import FilterAPI
import KafkaWire

/// What a right is for.
package enum ResourceType: UInt8, Sendable, CaseIterable {
    case topic
    case group
    case transactionalID
    case cluster
    case delegationToken
    case user

    /// The name of the one resource of type ``cluster``.
    static let clusterName = "kafka-cluster"

    /// Kafka's word, in logs and tables.
    package var name: String {
        switch self {
        case .topic: "Topic"
        case .group: "Group"
        case .transactionalID: "TransactionalId"
        case .cluster: "Cluster"
        case .delegationToken: "DelegationToken"
        case .user: "User"
        }
    }

    /// The key in the settings of a rule.
    package var key: String {
        switch self {
        case .topic: "topic"
        case .group: "group"
        case .transactionalID: "transactional_id"
        case .cluster: "cluster"
        case .delegationToken: "delegation_token"
        case .user: "user"
        }
    }

    /// The operations that Kafka knows on resources of this type.
    package var operations: OperationSet {
        let operations: [Operation] =
            switch self {
            case .topic: [.read, .write, .create, .describe, .delete, .alter, .describeConfigs, .alterConfigs]
            case .group: [.read, .describe, .delete, .describeConfigs, .alterConfigs]
            case .transactionalID: [.describe, .write, .twoPhaseCommit]
            case .cluster:
                [
                    .create, .clusterAction, .describeConfigs, .alterConfigs, .idempotentWrite, .alter, .describe,
                ]
            case .delegationToken: [.describe]
            case .user: [.createTokens, .describeTokens]
            }
        return OperationSet(operations.map { OperationSet($0) })
    }

    /// What a client is told that lacks a right to such a resource.
    var refusal: Refusal {
        switch self {
        case .topic: Refusal(.topicAuthorizationFailed)
        case .group: Refusal(.groupAuthorizationFailed)
        case .transactionalID: Refusal(.transactionalIDAuthorizationFailed)
        case .cluster: Refusal(.clusterAuthorizationFailed)
        case .delegationToken, .user: Refusal(.delegationTokenAuthorizationFailed)
        }
    }
}
