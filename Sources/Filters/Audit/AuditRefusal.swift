import FilterAPI
import KafkaMessages
import KafkaWire

/// What a request is answered with of which no record could be made durable: an error that clients take for something
/// that passes, and try again after a while.
enum AuditRefusal {
    /// In the words of a human.
    static let message = "the audit log cannot be written; the request was not carried out"

    static func refusal(of key: APIKey) -> Refusal {
        Refusal(error(key), message: message)
    }

    private static func error(_ key: APIKey) -> ErrorCode {
        switch key {
        // Not enough disks have it: what producers send again.
        case .produce: .notEnoughReplicas
        // What consumers ask again, after a look at the metadata.
        case .fetch, .shareFetch, .shareAcknowledge, .listOffsets, .offsetForLeaderEpoch: .kafkaStorageError
        case .metadata, .describeTopicPartitions: .leaderNotAvailable
        case .findCoordinator: .coordinatorNotAvailable
        // What members of groups and producers with transactions ask the same coordinator again.
        case .joinGroup, .leaveGroup, .syncGroup, .heartbeat, .offsetCommit, .offsetFetch, .offsetDelete,
            .describeGroups, .listGroups, .deleteGroups, .consumerGroupHeartbeat, .consumerGroupDescribe,
            .shareGroupHeartbeat, .shareGroupDescribe, .streamsGroupHeartbeat, .streamsGroupDescribe,
            .describeShareGroupOffsets, .alterShareGroupOffsets, .deleteShareGroupOffsets, .initProducerID,
            .addPartitionsToTxn, .addOffsetsToTxn, .endTxn, .txnOffsetCommit, .describeTransactions,
            .listTransactions:
            .coordinatorLoadInProgress
        default: .requestTimedOut
        }
    }
}
