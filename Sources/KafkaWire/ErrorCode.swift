/// Kafka's number for how a request, or a part of it, went.
///
/// Any number is a valid value: brokers may be newer than this list, which is that of Kafka 4.3.
public struct ErrorCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    public let rawValue: Int16

    /// Creates a code from its number on the wire.
    @inlinable
    public init(rawValue: Int16) {
        self.rawValue = rawValue
    }
}

extension ErrorCode: CustomStringConvertible {
    /// Kafka's name, as `NOT_LEADER_OR_FOLLOWER`; nil for a number that Kafka 4.3 does not have.
    public var name: String? {
        let index = Int(rawValue) + 1
        return Self.names.indices.contains(index) ? Self.names[index] : nil
    }

    /// Kafka's name, or `ERROR_` and the number.
    public var description: String {
        name ?? "ERROR_\(rawValue)"
    }

    /// The names, in the order of the numbers, from −1.
    private static let names: [String] = [
        "UNKNOWN_SERVER_ERROR",
        "NONE",
        "OFFSET_OUT_OF_RANGE",
        "CORRUPT_MESSAGE",
        "UNKNOWN_TOPIC_OR_PARTITION",
        "INVALID_FETCH_SIZE",
        "LEADER_NOT_AVAILABLE",
        "NOT_LEADER_OR_FOLLOWER",
        "REQUEST_TIMED_OUT",
        "BROKER_NOT_AVAILABLE",
        "REPLICA_NOT_AVAILABLE",
        "MESSAGE_TOO_LARGE",
        "STALE_CONTROLLER_EPOCH",
        "OFFSET_METADATA_TOO_LARGE",
        "NETWORK_EXCEPTION",
        "COORDINATOR_LOAD_IN_PROGRESS",
        "COORDINATOR_NOT_AVAILABLE",
        "NOT_COORDINATOR",
        "INVALID_TOPIC_EXCEPTION",
        "RECORD_LIST_TOO_LARGE",
        "NOT_ENOUGH_REPLICAS",
        "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
        "INVALID_REQUIRED_ACKS",
        "ILLEGAL_GENERATION",
        "INCONSISTENT_GROUP_PROTOCOL",
        "INVALID_GROUP_ID",
        "UNKNOWN_MEMBER_ID",
        "INVALID_SESSION_TIMEOUT",
        "REBALANCE_IN_PROGRESS",
        "INVALID_COMMIT_OFFSET_SIZE",
        "TOPIC_AUTHORIZATION_FAILED",
        "GROUP_AUTHORIZATION_FAILED",
        "CLUSTER_AUTHORIZATION_FAILED",
        "INVALID_TIMESTAMP",
        "UNSUPPORTED_SASL_MECHANISM",
        "ILLEGAL_SASL_STATE",
        "UNSUPPORTED_VERSION",
        "TOPIC_ALREADY_EXISTS",
        "INVALID_PARTITIONS",
        "INVALID_REPLICATION_FACTOR",
        "INVALID_REPLICA_ASSIGNMENT",
        "INVALID_CONFIG",
        "NOT_CONTROLLER",
        "INVALID_REQUEST",
        "UNSUPPORTED_FOR_MESSAGE_FORMAT",
        "POLICY_VIOLATION",
        "OUT_OF_ORDER_SEQUENCE_NUMBER",
        "DUPLICATE_SEQUENCE_NUMBER",
        "INVALID_PRODUCER_EPOCH",
        "INVALID_TXN_STATE",
        "INVALID_PRODUCER_ID_MAPPING",
        "INVALID_TRANSACTION_TIMEOUT",
        "CONCURRENT_TRANSACTIONS",
        "TRANSACTION_COORDINATOR_FENCED",
        "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
        "SECURITY_DISABLED",
        "OPERATION_NOT_ATTEMPTED",
        "KAFKA_STORAGE_ERROR",
        "LOG_DIR_NOT_FOUND",
        "SASL_AUTHENTICATION_FAILED",
        "UNKNOWN_PRODUCER_ID",
        "REASSIGNMENT_IN_PROGRESS",
        "DELEGATION_TOKEN_AUTH_DISABLED",
        "DELEGATION_TOKEN_NOT_FOUND",
        "DELEGATION_TOKEN_OWNER_MISMATCH",
        "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED",
        "DELEGATION_TOKEN_AUTHORIZATION_FAILED",
        "DELEGATION_TOKEN_EXPIRED",
        "INVALID_PRINCIPAL_TYPE",
        "NON_EMPTY_GROUP",
        "GROUP_ID_NOT_FOUND",
        "FETCH_SESSION_ID_NOT_FOUND",
        "INVALID_FETCH_SESSION_EPOCH",
        "LISTENER_NOT_FOUND",
        "TOPIC_DELETION_DISABLED",
        "FENCED_LEADER_EPOCH",
        "UNKNOWN_LEADER_EPOCH",
        "UNSUPPORTED_COMPRESSION_TYPE",
        "STALE_BROKER_EPOCH",
        "OFFSET_NOT_AVAILABLE",
        "MEMBER_ID_REQUIRED",
        "PREFERRED_LEADER_NOT_AVAILABLE",
        "GROUP_MAX_SIZE_REACHED",
        "FENCED_INSTANCE_ID",
        "ELIGIBLE_LEADERS_NOT_AVAILABLE",
        "ELECTION_NOT_NEEDED",
        "NO_REASSIGNMENT_IN_PROGRESS",
        "GROUP_SUBSCRIBED_TO_TOPIC",
        "INVALID_RECORD",
        "UNSTABLE_OFFSET_COMMIT",
        "THROTTLING_QUOTA_EXCEEDED",
        "PRODUCER_FENCED",
        "RESOURCE_NOT_FOUND",
        "DUPLICATE_RESOURCE",
        "UNACCEPTABLE_CREDENTIAL",
        "INCONSISTENT_VOTER_SET",
        "INVALID_UPDATE_VERSION",
        "FEATURE_UPDATE_FAILED",
        "PRINCIPAL_DESERIALIZATION_FAILURE",
        "SNAPSHOT_NOT_FOUND",
        "POSITION_OUT_OF_RANGE",
        "UNKNOWN_TOPIC_ID",
        "DUPLICATE_BROKER_REGISTRATION",
        "BROKER_ID_NOT_REGISTERED",
        "INCONSISTENT_TOPIC_ID",
        "INCONSISTENT_CLUSTER_ID",
        "TRANSACTIONAL_ID_NOT_FOUND",
        "FETCH_SESSION_TOPIC_ID_ERROR",
        "INELIGIBLE_REPLICA",
        "NEW_LEADER_ELECTED",
        "OFFSET_MOVED_TO_TIERED_STORAGE",
        "FENCED_MEMBER_EPOCH",
        "UNRELEASED_INSTANCE_ID",
        "UNSUPPORTED_ASSIGNOR",
        "STALE_MEMBER_EPOCH",
        "MISMATCHED_ENDPOINT_TYPE",
        "UNSUPPORTED_ENDPOINT_TYPE",
        "UNKNOWN_CONTROLLER_ID",
        "UNKNOWN_SUBSCRIPTION_ID",
        "TELEMETRY_TOO_LARGE",
        "INVALID_REGISTRATION",
        "TRANSACTION_ABORTABLE",
        "INVALID_RECORD_STATE",
        "SHARE_SESSION_NOT_FOUND",
        "INVALID_SHARE_SESSION_EPOCH",
        "FENCED_STATE_EPOCH",
        "INVALID_VOTER_KEY",
        "DUPLICATE_VOTER",
        "VOTER_NOT_FOUND",
        "INVALID_REGULAR_EXPRESSION",
        "REBOOTSTRAP_REQUIRED",
        "STREAMS_INVALID_TOPOLOGY",
        "STREAMS_INVALID_TOPOLOGY_EPOCH",
        "STREAMS_TOPOLOGY_FENCED",
        "SHARE_SESSION_LIMIT_REACHED",
    ]
}

extension ErrorCode {
    /// UNKNOWN_SERVER_ERROR
    public static let unknownServerError = ErrorCode(rawValue: -1)
    /// NONE
    public static let none = ErrorCode(rawValue: 0)
    /// OFFSET_OUT_OF_RANGE
    public static let offsetOutOfRange = ErrorCode(rawValue: 1)
    /// CORRUPT_MESSAGE
    public static let corruptMessage = ErrorCode(rawValue: 2)
    /// UNKNOWN_TOPIC_OR_PARTITION
    public static let unknownTopicOrPartition = ErrorCode(rawValue: 3)
    /// INVALID_FETCH_SIZE
    public static let invalidFetchSize = ErrorCode(rawValue: 4)
    /// LEADER_NOT_AVAILABLE
    public static let leaderNotAvailable = ErrorCode(rawValue: 5)
    /// NOT_LEADER_OR_FOLLOWER
    public static let notLeaderOrFollower = ErrorCode(rawValue: 6)
    /// REQUEST_TIMED_OUT
    public static let requestTimedOut = ErrorCode(rawValue: 7)
    /// BROKER_NOT_AVAILABLE
    public static let brokerNotAvailable = ErrorCode(rawValue: 8)
    /// REPLICA_NOT_AVAILABLE
    public static let replicaNotAvailable = ErrorCode(rawValue: 9)
    /// MESSAGE_TOO_LARGE
    public static let messageTooLarge = ErrorCode(rawValue: 10)
    /// STALE_CONTROLLER_EPOCH
    public static let staleControllerEpoch = ErrorCode(rawValue: 11)
    /// OFFSET_METADATA_TOO_LARGE
    public static let offsetMetadataTooLarge = ErrorCode(rawValue: 12)
    /// NETWORK_EXCEPTION
    public static let networkException = ErrorCode(rawValue: 13)
    /// COORDINATOR_LOAD_IN_PROGRESS
    public static let coordinatorLoadInProgress = ErrorCode(rawValue: 14)
    /// COORDINATOR_NOT_AVAILABLE
    public static let coordinatorNotAvailable = ErrorCode(rawValue: 15)
    /// NOT_COORDINATOR
    public static let notCoordinator = ErrorCode(rawValue: 16)
    /// INVALID_TOPIC_EXCEPTION
    public static let invalidTopicException = ErrorCode(rawValue: 17)
    /// RECORD_LIST_TOO_LARGE
    public static let recordListTooLarge = ErrorCode(rawValue: 18)
    /// NOT_ENOUGH_REPLICAS
    public static let notEnoughReplicas = ErrorCode(rawValue: 19)
    /// NOT_ENOUGH_REPLICAS_AFTER_APPEND
    public static let notEnoughReplicasAfterAppend = ErrorCode(rawValue: 20)
    /// INVALID_REQUIRED_ACKS
    public static let invalidRequiredAcks = ErrorCode(rawValue: 21)
    /// ILLEGAL_GENERATION
    public static let illegalGeneration = ErrorCode(rawValue: 22)
    /// INCONSISTENT_GROUP_PROTOCOL
    public static let inconsistentGroupProtocol = ErrorCode(rawValue: 23)
    /// INVALID_GROUP_ID
    public static let invalidGroupID = ErrorCode(rawValue: 24)
    /// UNKNOWN_MEMBER_ID
    public static let unknownMemberID = ErrorCode(rawValue: 25)
    /// INVALID_SESSION_TIMEOUT
    public static let invalidSessionTimeout = ErrorCode(rawValue: 26)
    /// REBALANCE_IN_PROGRESS
    public static let rebalanceInProgress = ErrorCode(rawValue: 27)
    /// INVALID_COMMIT_OFFSET_SIZE
    public static let invalidCommitOffsetSize = ErrorCode(rawValue: 28)
    /// TOPIC_AUTHORIZATION_FAILED
    public static let topicAuthorizationFailed = ErrorCode(rawValue: 29)
    /// GROUP_AUTHORIZATION_FAILED
    public static let groupAuthorizationFailed = ErrorCode(rawValue: 30)
    /// CLUSTER_AUTHORIZATION_FAILED
    public static let clusterAuthorizationFailed = ErrorCode(rawValue: 31)
    /// INVALID_TIMESTAMP
    public static let invalidTimestamp = ErrorCode(rawValue: 32)
    /// UNSUPPORTED_SASL_MECHANISM
    public static let unsupportedSASLMechanism = ErrorCode(rawValue: 33)
    /// ILLEGAL_SASL_STATE
    public static let illegalSASLState = ErrorCode(rawValue: 34)
    /// UNSUPPORTED_VERSION
    public static let unsupportedVersion = ErrorCode(rawValue: 35)
    /// TOPIC_ALREADY_EXISTS
    public static let topicAlreadyExists = ErrorCode(rawValue: 36)
    /// INVALID_PARTITIONS
    public static let invalidPartitions = ErrorCode(rawValue: 37)
    /// INVALID_REPLICATION_FACTOR
    public static let invalidReplicationFactor = ErrorCode(rawValue: 38)
    /// INVALID_REPLICA_ASSIGNMENT
    public static let invalidReplicaAssignment = ErrorCode(rawValue: 39)
    /// INVALID_CONFIG
    public static let invalidConfig = ErrorCode(rawValue: 40)
    /// NOT_CONTROLLER
    public static let notController = ErrorCode(rawValue: 41)
    /// INVALID_REQUEST
    public static let invalidRequest = ErrorCode(rawValue: 42)
    /// UNSUPPORTED_FOR_MESSAGE_FORMAT
    public static let unsupportedForMessageFormat = ErrorCode(rawValue: 43)
    /// POLICY_VIOLATION
    public static let policyViolation = ErrorCode(rawValue: 44)
    /// OUT_OF_ORDER_SEQUENCE_NUMBER
    public static let outOfOrderSequenceNumber = ErrorCode(rawValue: 45)
    /// DUPLICATE_SEQUENCE_NUMBER
    public static let duplicateSequenceNumber = ErrorCode(rawValue: 46)
    /// INVALID_PRODUCER_EPOCH
    public static let invalidProducerEpoch = ErrorCode(rawValue: 47)
    /// INVALID_TXN_STATE
    public static let invalidTxnState = ErrorCode(rawValue: 48)
    /// INVALID_PRODUCER_ID_MAPPING
    public static let invalidProducerIDMapping = ErrorCode(rawValue: 49)
    /// INVALID_TRANSACTION_TIMEOUT
    public static let invalidTransactionTimeout = ErrorCode(rawValue: 50)
    /// CONCURRENT_TRANSACTIONS
    public static let concurrentTransactions = ErrorCode(rawValue: 51)
    /// TRANSACTION_COORDINATOR_FENCED
    public static let transactionCoordinatorFenced = ErrorCode(rawValue: 52)
    /// TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    public static let transactionalIDAuthorizationFailed = ErrorCode(rawValue: 53)
    /// SECURITY_DISABLED
    public static let securityDisabled = ErrorCode(rawValue: 54)
    /// OPERATION_NOT_ATTEMPTED
    public static let operationNotAttempted = ErrorCode(rawValue: 55)
    /// KAFKA_STORAGE_ERROR
    public static let kafkaStorageError = ErrorCode(rawValue: 56)
    /// LOG_DIR_NOT_FOUND
    public static let logDirNotFound = ErrorCode(rawValue: 57)
    /// SASL_AUTHENTICATION_FAILED
    public static let saslAuthenticationFailed = ErrorCode(rawValue: 58)
    /// UNKNOWN_PRODUCER_ID
    public static let unknownProducerID = ErrorCode(rawValue: 59)
    /// REASSIGNMENT_IN_PROGRESS
    public static let reassignmentInProgress = ErrorCode(rawValue: 60)
    /// DELEGATION_TOKEN_AUTH_DISABLED
    public static let delegationTokenAuthDisabled = ErrorCode(rawValue: 61)
    /// DELEGATION_TOKEN_NOT_FOUND
    public static let delegationTokenNotFound = ErrorCode(rawValue: 62)
    /// DELEGATION_TOKEN_OWNER_MISMATCH
    public static let delegationTokenOwnerMismatch = ErrorCode(rawValue: 63)
    /// DELEGATION_TOKEN_REQUEST_NOT_ALLOWED
    public static let delegationTokenRequestNotAllowed = ErrorCode(rawValue: 64)
    /// DELEGATION_TOKEN_AUTHORIZATION_FAILED
    public static let delegationTokenAuthorizationFailed = ErrorCode(rawValue: 65)
    /// DELEGATION_TOKEN_EXPIRED
    public static let delegationTokenExpired = ErrorCode(rawValue: 66)
    /// INVALID_PRINCIPAL_TYPE
    public static let invalidPrincipalType = ErrorCode(rawValue: 67)
    /// NON_EMPTY_GROUP
    public static let nonEmptyGroup = ErrorCode(rawValue: 68)
    /// GROUP_ID_NOT_FOUND
    public static let groupIDNotFound = ErrorCode(rawValue: 69)
    /// FETCH_SESSION_ID_NOT_FOUND
    public static let fetchSessionIDNotFound = ErrorCode(rawValue: 70)
    /// INVALID_FETCH_SESSION_EPOCH
    public static let invalidFetchSessionEpoch = ErrorCode(rawValue: 71)
    /// LISTENER_NOT_FOUND
    public static let listenerNotFound = ErrorCode(rawValue: 72)
    /// TOPIC_DELETION_DISABLED
    public static let topicDeletionDisabled = ErrorCode(rawValue: 73)
    /// FENCED_LEADER_EPOCH
    public static let fencedLeaderEpoch = ErrorCode(rawValue: 74)
    /// UNKNOWN_LEADER_EPOCH
    public static let unknownLeaderEpoch = ErrorCode(rawValue: 75)
    /// UNSUPPORTED_COMPRESSION_TYPE
    public static let unsupportedCompressionType = ErrorCode(rawValue: 76)
    /// STALE_BROKER_EPOCH
    public static let staleBrokerEpoch = ErrorCode(rawValue: 77)
    /// OFFSET_NOT_AVAILABLE
    public static let offsetNotAvailable = ErrorCode(rawValue: 78)
    /// MEMBER_ID_REQUIRED
    public static let memberIDRequired = ErrorCode(rawValue: 79)
    /// PREFERRED_LEADER_NOT_AVAILABLE
    public static let preferredLeaderNotAvailable = ErrorCode(rawValue: 80)
    /// GROUP_MAX_SIZE_REACHED
    public static let groupMaxSizeReached = ErrorCode(rawValue: 81)
    /// FENCED_INSTANCE_ID
    public static let fencedInstanceID = ErrorCode(rawValue: 82)
    /// ELIGIBLE_LEADERS_NOT_AVAILABLE
    public static let eligibleLeadersNotAvailable = ErrorCode(rawValue: 83)
    /// ELECTION_NOT_NEEDED
    public static let electionNotNeeded = ErrorCode(rawValue: 84)
    /// NO_REASSIGNMENT_IN_PROGRESS
    public static let noReassignmentInProgress = ErrorCode(rawValue: 85)
    /// GROUP_SUBSCRIBED_TO_TOPIC
    public static let groupSubscribedToTopic = ErrorCode(rawValue: 86)
    /// INVALID_RECORD
    public static let invalidRecord = ErrorCode(rawValue: 87)
    /// UNSTABLE_OFFSET_COMMIT
    public static let unstableOffsetCommit = ErrorCode(rawValue: 88)
    /// THROTTLING_QUOTA_EXCEEDED
    public static let throttlingQuotaExceeded = ErrorCode(rawValue: 89)
    /// PRODUCER_FENCED
    public static let producerFenced = ErrorCode(rawValue: 90)
    /// RESOURCE_NOT_FOUND
    public static let resourceNotFound = ErrorCode(rawValue: 91)
    /// DUPLICATE_RESOURCE
    public static let duplicateResource = ErrorCode(rawValue: 92)
    /// UNACCEPTABLE_CREDENTIAL
    public static let unacceptableCredential = ErrorCode(rawValue: 93)
    /// INCONSISTENT_VOTER_SET
    public static let inconsistentVoterSet = ErrorCode(rawValue: 94)
    /// INVALID_UPDATE_VERSION
    public static let invalidUpdateVersion = ErrorCode(rawValue: 95)
    /// FEATURE_UPDATE_FAILED
    public static let featureUpdateFailed = ErrorCode(rawValue: 96)
    /// PRINCIPAL_DESERIALIZATION_FAILURE
    public static let principalDeserializationFailure = ErrorCode(rawValue: 97)
    /// SNAPSHOT_NOT_FOUND
    public static let snapshotNotFound = ErrorCode(rawValue: 98)
    /// POSITION_OUT_OF_RANGE
    public static let positionOutOfRange = ErrorCode(rawValue: 99)
    /// UNKNOWN_TOPIC_ID
    public static let unknownTopicID = ErrorCode(rawValue: 100)
    /// DUPLICATE_BROKER_REGISTRATION
    public static let duplicateBrokerRegistration = ErrorCode(rawValue: 101)
    /// BROKER_ID_NOT_REGISTERED
    public static let brokerIDNotRegistered = ErrorCode(rawValue: 102)
    /// INCONSISTENT_TOPIC_ID
    public static let inconsistentTopicID = ErrorCode(rawValue: 103)
    /// INCONSISTENT_CLUSTER_ID
    public static let inconsistentClusterID = ErrorCode(rawValue: 104)
    /// TRANSACTIONAL_ID_NOT_FOUND
    public static let transactionalIDNotFound = ErrorCode(rawValue: 105)
    /// FETCH_SESSION_TOPIC_ID_ERROR
    public static let fetchSessionTopicIDError = ErrorCode(rawValue: 106)
    /// INELIGIBLE_REPLICA
    public static let ineligibleReplica = ErrorCode(rawValue: 107)
    /// NEW_LEADER_ELECTED
    public static let newLeaderElected = ErrorCode(rawValue: 108)
    /// OFFSET_MOVED_TO_TIERED_STORAGE
    public static let offsetMovedToTieredStorage = ErrorCode(rawValue: 109)
    /// FENCED_MEMBER_EPOCH
    public static let fencedMemberEpoch = ErrorCode(rawValue: 110)
    /// UNRELEASED_INSTANCE_ID
    public static let unreleasedInstanceID = ErrorCode(rawValue: 111)
    /// UNSUPPORTED_ASSIGNOR
    public static let unsupportedAssignor = ErrorCode(rawValue: 112)
    /// STALE_MEMBER_EPOCH
    public static let staleMemberEpoch = ErrorCode(rawValue: 113)
    /// MISMATCHED_ENDPOINT_TYPE
    public static let mismatchedEndpointType = ErrorCode(rawValue: 114)
    /// UNSUPPORTED_ENDPOINT_TYPE
    public static let unsupportedEndpointType = ErrorCode(rawValue: 115)
    /// UNKNOWN_CONTROLLER_ID
    public static let unknownControllerID = ErrorCode(rawValue: 116)
    /// UNKNOWN_SUBSCRIPTION_ID
    public static let unknownSubscriptionID = ErrorCode(rawValue: 117)
    /// TELEMETRY_TOO_LARGE
    public static let telemetryTooLarge = ErrorCode(rawValue: 118)
    /// INVALID_REGISTRATION
    public static let invalidRegistration = ErrorCode(rawValue: 119)
    /// TRANSACTION_ABORTABLE
    public static let transactionAbortable = ErrorCode(rawValue: 120)
    /// INVALID_RECORD_STATE
    public static let invalidRecordState = ErrorCode(rawValue: 121)
    /// SHARE_SESSION_NOT_FOUND
    public static let shareSessionNotFound = ErrorCode(rawValue: 122)
    /// INVALID_SHARE_SESSION_EPOCH
    public static let invalidShareSessionEpoch = ErrorCode(rawValue: 123)
    /// FENCED_STATE_EPOCH
    public static let fencedStateEpoch = ErrorCode(rawValue: 124)
    /// INVALID_VOTER_KEY
    public static let invalidVoterKey = ErrorCode(rawValue: 125)
    /// DUPLICATE_VOTER
    public static let duplicateVoter = ErrorCode(rawValue: 126)
    /// VOTER_NOT_FOUND
    public static let voterNotFound = ErrorCode(rawValue: 127)
    /// INVALID_REGULAR_EXPRESSION
    public static let invalidRegularExpression = ErrorCode(rawValue: 128)
    /// REBOOTSTRAP_REQUIRED
    public static let rebootstrapRequired = ErrorCode(rawValue: 129)
    /// STREAMS_INVALID_TOPOLOGY
    public static let streamsInvalidTopology = ErrorCode(rawValue: 130)
    /// STREAMS_INVALID_TOPOLOGY_EPOCH
    public static let streamsInvalidTopologyEpoch = ErrorCode(rawValue: 131)
    /// STREAMS_TOPOLOGY_FENCED
    public static let streamsTopologyFenced = ErrorCode(rawValue: 132)
    /// SHARE_SESSION_LIMIT_REACHED
    public static let shareSessionLimitReached = ErrorCode(rawValue: 133)
}
