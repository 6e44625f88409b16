import KafkaWire

/// What a producer makes of an error of Produce.
enum ProduceErrorClass: Equatable {
    /// It was written.
    case delivered
    /// It was written before.
    case duplicate
    /// Try again; the leader may be another.
    case retryElsewhere
    /// Try again.
    case retry
    /// The sequence does not fit what the broker knows: see KIP-360.
    case sequence
    /// Never again.
    case fatal

    init(_ code: ErrorCode) {
        self =
            switch code {
            case .none: .delivered
            case .duplicateSequenceNumber: .duplicate
            case .unknownTopicOrPartition, .leaderNotAvailable, .notLeaderOrFollower, .brokerNotAvailable,
                .replicaNotAvailable, .networkException, .kafkaStorageError, .fencedLeaderEpoch, .unknownLeaderEpoch,
                .unknownTopicID, .inconsistentTopicID:
                .retryElsewhere
            case .corruptMessage, .requestTimedOut, .notEnoughReplicas, .notEnoughReplicasAfterAppend,
                .coordinatorLoadInProgress, .coordinatorNotAvailable, .notCoordinator, .concurrentTransactions,
                .throttlingQuotaExceeded:
                .retry
            case .outOfOrderSequenceNumber, .unknownProducerID, .invalidProducerEpoch: .sequence
            default: .fatal
            }
    }
}
