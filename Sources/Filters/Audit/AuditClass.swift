import KafkaMessages
package import KafkaWire

/// What an event is about, by the API: each API is in exactly one class.
package enum AuditClass: String, Sendable, Hashable, CaseIterable {
    /// Topics, partitions, brokers and the cluster itself: made, changed, removed, described.
    case admin
    /// Access control lists.
    case acl
    /// Configurations and quotas.
    case config
    /// Groups: who joins and leaves, what is removed, what is described.
    case group
    /// Transactions, and the producers that have them.
    case transaction
    /// Who signs in, and the credentials for it: SCRAM users, delegation tokens.
    case authentication
    /// What clients do all day: produce, fetch, commit offsets, ask for metadata, keep their membership alive.
    case data

    /// All but ``data``.
    package static let usual: [AuditClass] = allCases.filter { $0 != .data }
}

/// An API as an audit sees it.
package struct AuditedAPI: Sendable, Hashable {
    /// Its class.
    package let auditClass: AuditClass
    /// What it does, in a word or two: `create`, `describe`.
    package let operation: String

    /// What is known of an API; one that is not in the table counts as administration.
    package static func of(_ key: APIKey) -> AuditedAPI {
        table[key] ?? AuditedAPI(auditClass: .admin, operation: "unknown")
    }

    /// The APIs of some classes.
    package static func keys(in classes: Set<AuditClass>) -> Set<APIKey> {
        Set(table.lazy.filter { classes.contains($0.value.auditClass) }.map(\.key))
    }

    /// The APIs of each class, with what they do.
    package static let classes: [(auditClass: AuditClass, apis: [(key: APIKey, operation: String)])] = [
        (
            .admin,
            [
                (.createTopics, "create"), (.deleteTopics, "delete"), (.createPartitions, "alter"),
                (.deleteRecords, "delete_records"), (.electLeaders, "elect_leaders"),
                (.alterPartitionReassignments, "reassign"), (.listPartitionReassignments, "describe"),
                (.alterReplicaLogDirs, "alter"), (.describeLogDirs, "describe"), (.describeCluster, "describe"),
                (.updateFeatures, "alter"), (.unregisterBroker, "delete"), (.describeQuorum, "describe"),
                (.addRaftVoter, "alter"), (.removeRaftVoter, "alter"), (.updateRaftVoter, "alter"),
                (.leaderAndIsr, "cluster_internal"), (.stopReplica, "cluster_internal"),
                (.updateMetadata, "cluster_internal"), (.controlledShutdown, "cluster_internal"),
                (.vote, "cluster_internal"), (.beginQuorumEpoch, "cluster_internal"),
                (.endQuorumEpoch, "cluster_internal"), (.alterPartition, "cluster_internal"),
                (.envelope, "cluster_internal"), (.fetchSnapshot, "cluster_internal"),
                (.brokerRegistration, "cluster_internal"), (.brokerHeartbeat, "cluster_internal"),
                (.allocateProducerIDs, "cluster_internal"), (.controllerRegistration, "cluster_internal"),
                (.assignReplicasToDirs, "cluster_internal"),
            ]
        ),
        (.acl, [(.createAcls, "create"), (.deleteAcls, "delete"), (.describeAcls, "describe")]),
        (
            .config,
            [
                (.alterConfigs, "alter"), (.incrementalAlterConfigs, "alter"), (.describeConfigs, "describe"),
                (.listConfigResources, "describe"), (.alterClientQuotas, "alter"), (.describeClientQuotas, "describe"),
            ]
        ),
        (
            .group,
            [
                (.joinGroup, "join"), (.leaveGroup, "leave"), (.syncGroup, "sync"), (.deleteGroups, "delete"),
                (.describeGroups, "describe"), (.listGroups, "describe"), (.offsetDelete, "delete_offsets"),
                (.consumerGroupHeartbeat, "heartbeat"), (.consumerGroupDescribe, "describe"),
                (.shareGroupHeartbeat, "heartbeat"), (.shareGroupDescribe, "describe"),
                (.streamsGroupHeartbeat, "heartbeat"), (.streamsGroupDescribe, "describe"),
                (.describeShareGroupOffsets, "describe"), (.alterShareGroupOffsets, "alter_offsets"),
                (.deleteShareGroupOffsets, "delete_offsets"), (.initializeShareGroupState, "cluster_internal"),
                (.readShareGroupState, "cluster_internal"), (.writeShareGroupState, "cluster_internal"),
                (.deleteShareGroupState, "cluster_internal"), (.readShareGroupStateSummary, "cluster_internal"),
            ]
        ),
        (
            .transaction,
            [
                (.initProducerID, "begin"), (.addPartitionsToTxn, "add"), (.addOffsetsToTxn, "add"),
                (.endTxn, "end"), (.writeTxnMarkers, "end"), (.txnOffsetCommit, "commit_offsets"),
                (.describeTransactions, "describe"), (.listTransactions, "describe"), (.describeProducers, "describe"),
            ]
        ),
        (
            .authentication,
            [
                (.saslHandshake, "sign_in"), (.saslAuthenticate, "sign_in"),
                (.describeUserScramCredentials, "describe"), (.alterUserScramCredentials, "alter"),
                (.createDelegationToken, "create"), (.renewDelegationToken, "alter"),
                (.expireDelegationToken, "delete"), (.describeDelegationToken, "describe"),
            ]
        ),
        (
            .data,
            [
                (.produce, "write"), (.fetch, "read"), (.shareFetch, "read"), (.shareAcknowledge, "acknowledge"),
                (.listOffsets, "describe"), (.offsetForLeaderEpoch, "describe"), (.metadata, "describe"),
                (.describeTopicPartitions, "describe"), (.offsetCommit, "commit_offsets"), (.offsetFetch, "describe"),
                (.findCoordinator, "describe"), (.heartbeat, "heartbeat"), (.apiVersions, "describe"),
                (.getTelemetrySubscriptions, "describe"), (.pushTelemetry, "telemetry"),
            ]
        ),
    ]

    private static let table: [APIKey: AuditedAPI] = {
        var table: [APIKey: AuditedAPI] = [:]
        for (auditClass, apis) in classes {
            for (key, operation) in apis { table[key] = AuditedAPI(auditClass: auditClass, operation: operation) }
        }
        return table
    }()
}
