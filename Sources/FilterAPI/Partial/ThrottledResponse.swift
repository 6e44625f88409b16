import KafkaMessages

/// A response that says how long the client should wait.
protocol ThrottledResponse: ResponseMessage {
    var throttleTimeMs: Int32 { get set }
}

extension AddPartitionsToTxnResponse: ThrottledResponse {}
extension AlterConfigsResponse: ThrottledResponse {}
extension CreatePartitionsResponse: ThrottledResponse {}
extension CreateTopicsResponse: ThrottledResponse {}
extension DeleteGroupsResponse: ThrottledResponse {}
extension DeleteRecordsResponse: ThrottledResponse {}
extension DeleteTopicsResponse: ThrottledResponse {}
extension DescribeConfigsResponse: ThrottledResponse {}
extension DescribeGroupsResponse: ThrottledResponse {}
extension DescribeTopicPartitionsResponse: ThrottledResponse {}
extension ElectLeadersResponse: ThrottledResponse {}
extension FetchResponse: ThrottledResponse {}
extension IncrementalAlterConfigsResponse: ThrottledResponse {}
extension ListOffsetsResponse: ThrottledResponse {}
extension MetadataResponse: ThrottledResponse {}
extension OffsetCommitResponse: ThrottledResponse {}
extension OffsetDeleteResponse: ThrottledResponse {}
extension OffsetFetchResponse: ThrottledResponse {}
extension OffsetForLeaderEpochResponse: ThrottledResponse {}
extension ProduceResponse: ThrottledResponse {}
extension ShareAcknowledgeResponse: ThrottledResponse {}
extension ShareFetchResponse: ThrottledResponse {}
extension TxnOffsetCommitResponse: ThrottledResponse {}
