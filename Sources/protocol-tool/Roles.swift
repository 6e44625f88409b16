/// What fields mean to a proxy: Kafka's `entityType` marks most names, but not all, so the rest is said here.
enum Roles {
    /// Structures whose host and port are a broker's address that clients connect to. The empty name is the message.
    private static let addresses: [String: Set<String>] = [
        "MetadataResponse": ["MetadataResponseBroker"],
        "FindCoordinatorResponse": ["", "Coordinator"],
        "DescribeClusterResponse": ["DescribeClusterBroker"],
        "ProduceResponse": ["NodeEndpoint"],
        "FetchResponse": ["NodeEndpoint"],
        "ShareFetchResponse": ["NodeEndpoint"],
        "ShareAcknowledgeResponse": ["NodeEndpoint"],
    ]

    /// Single fields, by `Message.Field` or `Message.Structure.Field`.
    private static let overlay: [String: String] = [
        "ConsumerProtocolSubscription.Topics": "topicName",
        "ShareGroupHeartbeatRequest.SubscribedTopicNames": "topicName",
        "FindCoordinatorRequest.Key": "coordinatorKey",
        "FindCoordinatorRequest.CoordinatorKeys": "coordinatorKey",
        "FindCoordinatorRequest.KeyType": "coordinatorKeyType",
        "FindCoordinatorResponse.Coordinator.Key": "coordinatorKey",
        "ProduceRequest.Acks": "acks",
        "ProduceRequest.PartitionProduceData.Records": "records",
        "FetchResponse.PartitionData.Records": "records",
        "ShareFetchResponse.PartitionData.Records": "records",
        "ProduceRequest.PartitionProduceData.Index": "partitionIndex",
        "ProduceResponse.PartitionProduceResponse.Index": "partitionIndex",
        "JoinGroupRequest.JoinGroupRequestProtocol.Metadata": "subscriptionBytes",
        "JoinGroupResponse.JoinGroupResponseMember.Metadata": "subscriptionBytes",
        "DescribeGroupsResponse.DescribedGroupMember.MemberMetadata": "subscriptionBytes",
        "SyncGroupRequest.SyncGroupRequestAssignment.Assignment": "assignmentBytes",
        "SyncGroupResponse.Assignment": "assignmentBytes",
        "DescribeGroupsResponse.DescribedGroupMember.MemberAssignment": "assignmentBytes",
        "JoinGroupResponse.Leader": "memberID",
        "StreamsGroupHeartbeatRequest.Subtopology.SourceTopicRegex": "topicRegex",
        "StreamsGroupHeartbeatResponse.Status.StatusDetail": "errorMessage",
        "ListTransactionsRequest.TransactionalIdPattern": "transactionalIDPattern",
        "ListTransactionsRequest.ProducerIdFilters": "producerID",
        "ListConfigResourcesRequest.ResourceTypes": "resourceType",
        "ApiVersionsRequest.ClientSoftwareName": "clientSoftwareName",
        "ApiVersionsRequest.ClientSoftwareVersion": "clientSoftwareVersion",
        "ApiVersionsResponse.ApiVersion.ApiKey": "apiKey",
        "ApiVersionsResponse.ApiVersion.MinVersion": "minimumVersion",
        "ApiVersionsResponse.ApiVersion.MaxVersion": "maximumVersion",
        "SaslHandshakeRequest.Mechanism": "saslMechanism",
        "SaslHandshakeResponse.Mechanisms": "saslMechanism",
        "SaslAuthenticateRequest.AuthBytes": "saslBytes",
        "SaslAuthenticateResponse.AuthBytes": "saslBytes",
        "RequestHeader.ClientId": "clientID",
        "CreateTopicsResponse.CreatableTopicResult.NumPartitions": "partitionCount",
        "FetchRequest.FetchPartition.FetchOffset": "offset",
        "DeleteRecordsRequest.DeleteRecordsPartition.Offset": "offset",
    ]

    /// By Kafka's `entityType`.
    private static let entities = [
        "topicName": "topicName", "groupId": "groupID", "transactionalId": "transactionalID",
        "producerId": "producerID",
    ]

    /// By name and type, where a name means the same in every message.
    private static let names: [String: String] = [
        "TopicId uuid": "topicID", "TopicId []uuid": "topicID", "TopicIds []uuid": "topicID",
        "GroupId string": "groupID", "GroupIds []string": "groupID",
        "LeaderId int32": "leaderID",
        "Partition int32": "partitionIndex", "PartitionIndex int32": "partitionIndex",
        "PartitionId int32": "partitionIndex", "Partitions []int32": "partitionIndex",
        "PartitionIndexes []int32": "partitionIndex", "PartitionIds []int32": "partitionIndex",
        "ThrottleTimeMs int32": "throttleTime",
        "ResourceType int8": "resourceType", "ResourceTypeFilter int8": "resourceType",
        "ResourcePatternType int8": "patternType", "PatternTypeFilter int8": "patternType",
        "PatternType int8": "patternType",
        "ResourceName string": "resourceName", "ResourceNameFilter string": "resourceName",
        "Principal string": "principal", "PrincipalFilter string": "principal", "PrincipalName string": "principal",
        "OwnerPrincipalName string": "principal", "TokenRequesterPrincipalName string": "principal",
        "MemberId string": "memberID", "GroupInstanceId string": "groupInstanceID",
        "InstanceId string": "groupInstanceID", "GenerationId int32": "generationID",
        "GenerationIdOrMemberEpoch int32": "generationID", "MemberEpoch int32": "memberEpoch",
        "ClientId string": "clientID", "ClientHost string": "clientHost", "ProtocolType string": "protocolType",
        "SubscribedTopicRegex string": "topicRegex", "EndpointType int8": "endpointType",
        "ProducerId int64": "producerID", "ProducerEpoch int16": "producerEpoch",
        "LeaderEpoch int32": "leaderEpoch", "CurrentLeaderEpoch int32": "leaderEpoch",
        "HighWatermark int64": "highWatermark", "LogStartOffset int64": "logStartOffset",
        "BaseOffset int64": "baseOffset", "CommittedOffset int64": "offset", "Offset int64": "offset",
        "SessionId int32": "sessionID", "SessionEpoch int32": "sessionEpoch",
        "ShareSessionEpoch int32": "sessionEpoch",
        "Rack string": "rack", "RackId string": "rack", "ClusterId string": "clusterID",
        "IsInternal bool": "isInternal",
    ]

    static func assign(_ message: inout Message) {
        message.fields = message.fields.map { assigned($0, message.name, "") }
        for index in message.structures.indices {
            let structure = message.structures[index]
            message.structures[index].fields = structure.fields.map { assigned($0, message.name, structure.name) }
        }
    }

    private static func assigned(_ field: Field, _ message: String, _ structure: String) -> Field {
        var field = field
        field.role = role(field, message, structure)
        field.fields = field.fields.map { assigned($0, message, field.elementType) }
        return field
    }

    private static func role(_ field: Field, _ message: String, _ structure: String) -> String? {
        let path = structure.isEmpty ? "\(message).\(field.name)" : "\(message).\(structure).\(field.name)"
        if let role = overlay[path] { return role }
        if addresses[message]?.contains(structure) ?? false {
            switch field.name {
            case "NodeId", "BrokerId": return "brokerID"
            case "Host": return "host"
            case "Port": return "port"
            default: break
            }
        }
        if let role = field.entityType.flatMap({ entities[$0] }) { return role }
        if field.type == "int16", field.name.hasSuffix("ErrorCode") { return "errorCode" }
        if field.type == "string", field.name.hasSuffix("ErrorMessage") { return "errorMessage" }
        if let role = names["\(field.name) \(field.type)"] { return role }
        return field.entityType == "brokerId" ? "nodeID" : nil
    }
}
