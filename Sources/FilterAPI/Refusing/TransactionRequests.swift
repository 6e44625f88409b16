public import KafkaMessages
import KafkaWire

// Requests of transactional producers.

extension InitProducerIdRequest: SubjectNaming {
    /// The transactional ID; none for a producer that is idempotent only.
    public func subjects(version: Int16) -> [ResourceReference] {
        transactionalID.map { [.transactionalID($0)] } ?? []
    }

    /// The error stands above all else. There is no producer.
    public func refusal(_ refusal: Refusal, version: Int16) -> InitProducerIdResponse {
        with(InitProducerIdResponse()) {
            $0.errorCode = refusal.error
            $0.producerID = -1
            $0.producerEpoch = -1
        }
    }
}

extension AddOffsetsToTxnResponse: ErrorResponse {}
extension AddOffsetsToTxnRequest: SubjectNaming {
    /// The transactional ID and the group.
    public func subjects(version: Int16) -> [ResourceReference] {
        [.transactionalID(transactionalID), .group(groupID)]
    }
}

extension EndTxnResponse: ErrorResponse {}
extension EndTxnRequest: SubjectNaming {
    /// The transactional ID.
    public func subjects(version: Int16) -> [ResourceReference] { [.transactionalID(transactionalID)] }
}

extension ListTransactionsResponse: ErrorResponse {}
extension ListTransactionsRequest: Refusable {}
