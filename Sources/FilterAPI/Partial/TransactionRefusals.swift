public import KafkaMessages
import KafkaWire

extension AddPartitionsToTxnRequest: PartiallyRefusable, SubjectNaming {
    /// Up to version 3, the transactional ID.
    public func subjects(version: Int16) -> [ResourceReference] {
        version >= 4 ? [] : [.transactionalID(v3AndBelowTransactionalID)]
    }

    /// Above all transactions from version 4 on, before at each partition.
    public func refusal(_ refusal: Refusal, version: Int16) -> AddPartitionsToTxnResponse {
        with(AddPartitionsToTxnResponse()) {
            if version >= 4 {
                $0.errorCode = refusal.error
            } else {
                $0.resultsByTopicV3AndBelow = Self.results(v3AndBelowTopics) { _, _ in refusal }
            }
        }
    }

    /// Refuses transactions, topics and partitions. A transaction gets all of its partitions or none: where one is
    /// refused, the others are answered OPERATION_NOT_ATTEMPTED.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<AddPartitionsToTxnResponse> {
        var answer = AddPartitionsToTxnResponse()
        guard version >= 4 else {
            guard let results = Self.refused(v3AndBelowTopics, decide) else { return .nothing }
            answer.resultsByTopicV3AndBelow = results
            return .everything(answer)
        }
        var rest: [AddPartitionsToTxnTransaction] = []
        for transaction in transactions {
            let results: [AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult]
            if let refusal = decide(.transactionalID(transaction.transactionalID)) {
                results = Self.results(transaction.topics) { _, _ in refusal }
            } else if let refused = Self.refused(transaction.topics, decide) {
                results = refused
            } else {
                rest.append(transaction)
                continue
            }
            answer.resultsByTransaction.append(
                with(AddPartitionsToTxnResponse.AddPartitionsToTxnResult()) {
                    $0.transactionalID = transaction.transactionalID
                    $0.topicResults = results
                })
        }
        if answer.resultsByTransaction.isEmpty { return .nothing }
        transactions = rest
        return rest.isEmpty ? .everything(answer) : .part(answer)
    }

    /// The results of all partitions if one is refused.
    private static func refused(
        _ topics: [AddPartitionsToTxnTopic], _ decide: Decide
    ) -> [AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult]? {
        var isRefused = false
        let results = results(topics) { topic, index in
            let refusal = decide(index.map { .partition(topic, $0) } ?? .topic(topic))
            isRefused = isRefused || refusal != nil
            return refusal
        }
        return isRefused ? results : nil
    }

    private static func results(
        _ topics: [AddPartitionsToTxnTopic], _ refusal: (TopicReference, Int32?) -> Refusal?
    ) -> [AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult] {
        topics.map { topic in
            let reference = TopicReference(name: topic.name)
            let whole = refusal(reference, nil)
            return with(AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult()) {
                $0.name = topic.name
                $0.resultsByPartition = topic.partitions.map { index in
                    with(AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult()) {
                        $0.partitionIndex = index
                        $0.partitionErrorCode = (whole ?? refusal(reference, index))?.error ?? .operationNotAttempted
                    }
                }
            }
        }
    }
}

extension WriteTxnMarkersRequest: PartiallyRefusable {
    /// Refuses topics and partitions of all markers.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<WriteTxnMarkersResponse> {
        var answer = WriteTxnMarkersResponse()
        var rest: [WritableTxnMarker] = []
        for var marker in markers {
            let refused = PartTaking.take(
                from: &marker.topics, \.partitionIndexes, reference: { TopicReference(name: $0.name) }, index: { $0 },
                decide)
            if refused.isEmpty || !marker.topics.isEmpty { rest.append(marker) }
            if refused.isEmpty { continue }
            answer.markers.append(
                with(WriteTxnMarkersResponse.WritableTxnMarkerResult()) {
                    $0.producerID = marker.producerID
                    $0.topics = refused.map(Self.result)
                })
        }
        if answer.markers.isEmpty { return .nothing }
        markers = rest
        return rest.allSatisfy(\.topics.isEmpty) ? .everything(answer) : .part(answer)
    }

    private static func result(
        _ refused: PartTaking.RefusedTopic<WritableTxnMarkerTopic, Int32>
    ) -> WriteTxnMarkersResponse.WritableTxnMarkerTopicResult {
        with(WriteTxnMarkersResponse.WritableTxnMarkerTopicResult()) {
            $0.name = refused.topic.name
            $0.partitions = refused.partitions.map { partition in
                with(WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult()) {
                    $0.partitionIndex = partition.asked
                    $0.errorCode = partition.refusal.error
                }
            }
        }
    }
}

extension DescribeTransactionsRequest: PartiallyRefusable {
    /// Refuses transactional IDs.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DescribeTransactionsResponse> {
        let refused = PartTaking.take(from: &transactionalIDs) { decide(.transactionalID($0)) }
        if refused.isEmpty { return .nothing }
        var answer = DescribeTransactionsResponse()
        answer.transactionStates = refused.map { transaction in
            with(DescribeTransactionsResponse.TransactionState()) {
                $0.transactionalID = transaction.asked
                $0.errorCode = transaction.refusal.error
            }
        }
        return transactionalIDs.isEmpty ? .everything(answer) : .part(answer)
    }
}
