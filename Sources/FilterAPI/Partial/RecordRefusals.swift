public import KafkaMessages
import KafkaWire
import NIOCore

extension ProduceRequest: PartiallyRefusable, SubjectNaming {
    /// The transactional ID, if there is one.
    public func subjects(version: Int16) -> [ResourceReference] {
        transactionalID.map { [.transactionalID($0)] } ?? []
    }

    /// Refuses topics and partitions. With `acks=0` nothing can be told: all of it is refused, which closes the connection
    /// as it does with a broker.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<ProduceResponse> {
        let refused = PartTaking.take(
            from: &topicData, \.partitionData, reference: { TopicReference($0.name, $0.topicID) }, index: \.index,
            decide)
        if refused.isEmpty { return .nothing }
        var answer = ProduceResponse()
        answer.responses = refused.map { taken in
            with(ProduceResponse.TopicProduceResponse()) {
                $0.name = taken.topic.name
                $0.topicID = taken.topic.topicID
                $0.partitionResponses = taken.partitions.map { partition in
                    with(ProduceResponse.PartitionProduceResponse()) {
                        $0.index = partition.asked.index
                        $0.errorCode = partition.refusal.error
                        $0.errorMessage = partition.refusal.message
                        $0.baseOffset = -1
                        $0.recordErrors = partition.refusal.records.map { record in
                            with(ProduceResponse.BatchIndexAndErrorMessage()) {
                                $0.batchIndex = record.index
                                $0.batchIndexErrorMessage = record.message
                            }
                        }
                    }
                }
            }
        }
        return topicData.isEmpty || acks == 0 ? .everything(answer) : .part(answer)
    }
}

extension FetchRequest: PartiallyRefusable {
    /// Epochs of sessions (KIP-227): 0 asks for a new one, −1 for none; all else goes on with one.
    private static let withoutSession: Int32 = -1

    private func hasSession(_ version: Int16) -> Bool { version >= 7 && sessionEpoch > 0 }

    /// Above all partitions from version 7 on, before at each of them.
    public func refusal(_ refusal: Refusal, version: Int16) -> FetchResponse {
        var answer = FetchResponse()
        if version >= 7 {
            answer.errorCode = refusal.error
            answer.sessionID = sessionID
        } else {
            var rest = self
            answer.responses = Self.answers(rest.take { _ in refusal })
        }
        return answer
    }

    /// Refuses topics and partitions.
    ///
    /// A broker names the partitions of a session that have errors in each of its answers; here the broker's session
    /// would not know of them. So what is left of a request that would begin a session goes on without one: the client
    /// names all partitions each time. Where a session is going on, the request is answered INVALID_FETCH_SESSION_EPOCH,
    /// and the client asks again for all. Partitions that are to be forgotten stay: a broker passes over unknown ones.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<FetchResponse> {
        let refused = take(decide)
        if refused.isEmpty { return .nothing }
        var answer = FetchResponse()
        if hasSession(version) {
            answer.errorCode = .invalidFetchSessionEpoch
            answer.sessionID = sessionID
            return .everything(answer)
        }
        answer.responses = Self.answers(refused)
        if topics.isEmpty { return .everything(answer) }
        sessionEpoch = Self.withoutSession
        return .part(answer)
    }

    private typealias Taken = PartTaking.RefusedTopic<FetchTopic, FetchPartition>

    private mutating func take(_ decide: Decide) -> [Taken] {
        PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference($0.topic, $0.topicID) }, index: \.partition, decide
        )
    }

    private static func answers(_ refused: [Taken]) -> [FetchResponse.FetchableTopicResponse] {
        refused.map { taken in
            with(FetchResponse.FetchableTopicResponse()) {
                $0.topic = taken.topic.topic
                $0.topicID = taken.topic.topicID
                $0.partitions = taken.partitions.map { partition in
                    with(FetchResponse.PartitionData()) {
                        $0.partitionIndex = partition.asked.partition
                        $0.errorCode = partition.refusal.error
                        $0.highWatermark = -1
                        $0.abortedTransactions = nil
                    }
                }
            }
        }
    }
}

extension DeleteRecordsRequest: PartiallyRefusable {
    /// Refuses topics and partitions.
    public mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<DeleteRecordsResponse> {
        let refused = PartTaking.take(
            from: &topics, \.partitions, reference: { TopicReference(name: $0.name) }, index: \.partitionIndex, decide)
        if refused.isEmpty { return .nothing }
        var answer = DeleteRecordsResponse()
        answer.topics = refused.map { taken in
            with(DeleteRecordsResponse.DeleteRecordsTopicResult()) {
                $0.name = taken.topic.name
                $0.partitions = taken.partitions.map { partition in
                    with(DeleteRecordsResponse.DeleteRecordsPartitionResult()) {
                        $0.partitionIndex = partition.asked.partitionIndex
                        $0.errorCode = partition.refusal.error
                        $0.lowWatermark = -1
                    }
                }
            }
        }
        return topics.isEmpty ? .everything(answer) : .part(answer)
    }
}
