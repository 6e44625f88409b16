import KafkaMessages
import KafkaWire

/// What a broker checks for each API. An API that is not in it is denied.
package struct CheckTable: Sendable {
    /// The checks of each API, in the order in which they are made; an empty list where there is nothing to check.
    let rows: [APIKey: [Check]]

    /// The checks of a request; nil for an API that the table does not name.
    func checks(_ key: APIKey, _ version: Int16) -> [Check]? {
        guard let row = rows[key] else { return nil }
        return row.filter { $0.versions.contains(version) }
    }

    /// True if the answers to an API are looked through.
    func looksAtAnswers(_ key: APIKey) -> Bool {
        // Sessions are known by the answers to the requests that begin them.
        key == .fetch || rows[key]?.contains(where: \.isOnAnswer) ?? false
    }

    /// Kafka's own checks.
    package static let kafka = CheckTable(
        rows: [clients, groups, transactions, administration, security, brokers].reduce(into: [:]) { all, rows in
            all.merge(rows) { _, new in new }
        })

    /// Reading, writing and looking around.
    private static let clients: [APIKey: [Check]] = [
        .apiVersions: [],
        .produce: [.transactionalID(.write, when: .transactional), .topic(.write)],
        .fetch: [
            .topic(.read, when: .fromConsumer),
            Check(
                rights: [.cluster(.clusterAction)], subject: .topic, versions: 0...Int16.max, condition: .fromFollower,
                effect: .refuses),
        ],
        .listOffsets: [.topic(.describe)],
        .metadata: [
            .topic(.describe),
            .topic(.create, or: .cluster(.create), when: .autoCreation),
            .hidden(.topic, .topic(.describe)),
            .limited(.topic, .topic), .limited(.request, .cluster),
        ],
        .describeTopicPartitions: [.topic(.describe), .hidden(.topic, .topic(.describe)), .limited(.topic, .topic)],
        .offsetForLeaderEpoch: [.topic(.describe, or: .cluster(.clusterAction))],
        .describeCluster: [.limited(.request, .cluster)],
        .describeProducers: [.topic(.read)],
        .getTelemetrySubscriptions: [],
        .pushTelemetry: [],
    ]

    /// Groups of all kinds.
    private static let groups: [APIKey: [Check]] = [
        .findCoordinator: [
            .group(.describe, when: .groupCoordinator),
            .transactionalID(.describe, when: .transactionCoordinator),
            .cluster(.clusterAction, when: .shareCoordinator),
        ],
        .joinGroup: [.group(.read)],
        .syncGroup: [.group(.read)],
        .heartbeat: [.group(.read)],
        .leaveGroup: [.group(.read)],
        .offsetCommit: [.group(.read), .topic(.read)],
        .offsetFetch: [.group(.describe), .topic(.describe), .hidden(.topic, .topic(.describe))],
        .offsetDelete: [.group(.delete), .topic(.read)],
        .describeGroups: [.group(.describe), .limited(.group, .group)],
        .listGroups: [.hidden(.group, .group(.describe), .cluster(.describe))],
        .deleteGroups: [.group(.delete)],
        .consumerGroupHeartbeat: [.group(.read), .topic(.describe), .hidden(.topic, .topic(.describe))],
        .consumerGroupDescribe: [.group(.describe), describedTopics, .limited(.group, .group)],
        .shareGroupHeartbeat: [.group(.read), .topic(.describe)],
        .shareGroupDescribe: [.group(.describe), describedTopics, .limited(.group, .group)],
        .shareFetch: [.group(.read), .topic(.read)],
        .shareAcknowledge: [.group(.read), .topic(.read)],
        .describeShareGroupOffsets: [.group(.describe), .topic(.describe), .hidden(.topic, .topic(.describe))],
        .alterShareGroupOffsets: [.group(.read), .topic(.read)],
        .deleteShareGroupOffsets: [.group(.delete), .topic(.read)],
        .streamsGroupHeartbeat: [
            .group(.read), .topic(.describe), .topic(.create, or: .cluster(.create), when: .internalTopics),
        ],
        .streamsGroupDescribe: [.group(.describe), describedTopics, .limited(.group, .group)],
    ]

    private static let describedTopics = Check.replaced(
        .topic, .topic(.describe), by: "TOPIC_AUTHORIZATION_FAILED at its group")

    /// Transactional and idempotent producers.
    private static let transactions: [APIKey: [Check]] = [
        .initProducerID: [
            .transactionalID(.write, when: .transactional),
            .transactionalID(.twoPhaseCommit, versions: 6...Int16.max, when: .twoPhaseCommit),
            .cluster(.idempotentWrite, or: .anyTopic(.write), when: .notTransactional),
        ],
        .addPartitionsToTxn: [
            .transactionalID(.write, versions: 0...3), .topic(.write, versions: 0...3),
            .cluster(.clusterAction, versions: 4...Int16.max),
        ],
        .addOffsetsToTxn: [.transactionalID(.write), .group(.read)],
        .endTxn: [.transactionalID(.write)],
        .writeTxnMarkers: [.cluster(.alter, or: .cluster(.clusterAction))],
        .txnOffsetCommit: [.transactionalID(.write), .group(.read), .topic(.read)],
        .describeTransactions: [.transactionalID(.describe), .hidden(.topic, .topic(.describe))],
        .listTransactions: [.hidden(.transactionalID, .transactionalID(.describe))],
    ]

    /// Topics, configurations and the cluster.
    private static let administration: [APIKey: [Check]] = [
        .createTopics: [
            .topic(.create, or: .cluster(.create)),
            .replaced(
                .topic, .topic(.describeConfigs),
                by: "TOPIC_AUTHORIZATION_FAILED at its configuration, which is left out"),
        ],
        .deleteTopics: [.topic(.delete)],
        .deleteRecords: [.topic(.delete)],
        .createPartitions: [.topic(.alter)],
        .describeConfigs: [
            .topic(.describeConfigs), .group(.describeConfigs), .otherResource(.describeConfigs),
        ],
        .alterConfigs: [.topic(.alterConfigs), .group(.alterConfigs), .otherResource(.alterConfigs)],
        .incrementalAlterConfigs: [.topic(.alterConfigs), .group(.alterConfigs), .otherResource(.alterConfigs)],
        .listConfigResources: [.cluster(.describeConfigs)],
        .alterReplicaLogDirs: [.cluster(.alter)],
        .describeLogDirs: [.cluster(.describe)],
        .electLeaders: [.cluster(.alter)],
        .alterPartitionReassignments: [.cluster(.alter)],
        .listPartitionReassignments: [.cluster(.describe)],
        .describeClientQuotas: [.cluster(.describeConfigs)],
        .alterClientQuotas: [.cluster(.alterConfigs)],
        .describeQuorum: [.cluster(.describe)],
        .updateFeatures: [.cluster(.alter)],
        .unregisterBroker: [.cluster(.alter)],
        .addRaftVoter: [.cluster(.alter)],
        .removeRaftVoter: [.cluster(.alter)],
    ]

    /// Who clients are and what they may do.
    private static let security: [APIKey: [Check]] = [
        .saslHandshake: [],
        .saslAuthenticate: [],
        .describeAcls: [.cluster(.describe)],
        .createAcls: [.cluster(.alter)],
        .deleteAcls: [.cluster(.alter)],
        .describeUserScramCredentials: [.cluster(.describe)],
        .alterUserScramCredentials: [.cluster(.alter)],
        .createDelegationToken: [
            Check(
                rights: [.user(.createTokens)], subject: .owner, versions: 3...Int16.max, condition: .otherOwner,
                effect: .refuses)
        ],
        // The broker lets only owners and renewers of a token renew and expire it.
        .renewDelegationToken: [],
        .expireDelegationToken: [],
        .describeDelegationToken: [.hidden(.token, .token(.describe), .user(.describeTokens))],
    ]

    /// What brokers and controllers ask one another.
    private static let brokers: [APIKey: [Check]] = [
        APIKey.leaderAndIsr, .stopReplica, .updateMetadata, .controlledShutdown, .vote, .beginQuorumEpoch,
        .endQuorumEpoch,
        .alterPartition, .envelope, .fetchSnapshot, .brokerRegistration, .brokerHeartbeat, .allocateProducerIDs,
        .controllerRegistration, .assignReplicasToDirs, .updateRaftVoter, .initializeShareGroupState,
        .readShareGroupState, .writeShareGroupState, .deleteShareGroupState, .readShareGroupStateSummary,
    ].reduce(into: [:]) { $0[$1] = [.cluster(.clusterAction)] }
}
