import KafkaMessages
import KafkaWire

// Requests between brokers and controllers. Topics in them are not what a client asks for: they name nothing here.

extension LeaderAndIsrResponse: ErrorResponse {}
extension LeaderAndIsrRequest: Refusable {}

extension StopReplicaResponse: ErrorResponse {}
extension StopReplicaRequest: Refusable {}

extension UpdateMetadataResponse: ErrorResponse {}
extension UpdateMetadataRequest: Refusable {}

extension ControlledShutdownResponse: ErrorResponse {}
extension ControlledShutdownRequest: Refusable {}

extension VoteResponse: ErrorResponse {}
extension VoteRequest: Refusable {}

extension BeginQuorumEpochResponse: ErrorResponse {}
extension BeginQuorumEpochRequest: Refusable {}

extension EndQuorumEpochResponse: ErrorResponse {}
extension EndQuorumEpochRequest: Refusable {}

extension DescribeQuorumResponse: ErrorMessageResponse {}
extension DescribeQuorumRequest: Refusable {}

extension AlterPartitionResponse: ErrorResponse {}
extension AlterPartitionRequest: Refusable {}

extension EnvelopeResponse: ErrorResponse {}
extension EnvelopeRequest: Refusable {}

extension FetchSnapshotResponse: ErrorResponse {}
extension FetchSnapshotRequest: Refusable {}

extension BrokerRegistrationResponse: ErrorResponse {}
extension BrokerRegistrationRequest: Refusable {}

extension BrokerHeartbeatResponse: ErrorResponse {}
extension BrokerHeartbeatRequest: Refusable {}

extension AllocateProducerIdsResponse: ErrorResponse {}
extension AllocateProducerIdsRequest: Refusable {}

extension ControllerRegistrationResponse: ErrorMessageResponse {}
extension ControllerRegistrationRequest: Refusable {}

extension AssignReplicasToDirsResponse: ErrorResponse {}
extension AssignReplicasToDirsRequest: Refusable {}

extension AddRaftVoterResponse: ErrorMessageResponse {}
extension AddRaftVoterRequest: Refusable {}

extension RemoveRaftVoterResponse: ErrorMessageResponse {}
extension RemoveRaftVoterRequest: Refusable {}

extension UpdateRaftVoterResponse: ErrorResponse {}
extension UpdateRaftVoterRequest: Refusable {}
