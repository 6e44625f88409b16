package import KafkaMessages
import KafkaWire

/// A connection of the producer's, by number; numbers are not used again.
package struct ConnectionID: Hashable, Sendable {
    let rawValue: UInt64
}

/// What a producer's state machine wants done.
package enum ProducerAction: Sendable, Equatable {
    /// Open a connection, and tell `connected` or `closed`.
    case connect(ConnectionID, host: String, port: Int)
    /// Close it, if it is open. It is not told of again.
    case close(ConnectionID)
    /// Send a request, and tell what came of it under its number.
    case send(ConnectionID, request: UInt64, ProducerRequest, version: Int16)
    /// Records have come to their end.
    case report(ProducerOutcome)
    /// Nothing is left, and nothing is taken any more.
    case drained
}

/// A request of the producer's.
package enum ProducerRequest: Sendable, Equatable {
    case apiVersions(ApiVersionsRequest)
    case metadata(MetadataRequest)
    /// With `acks` 0 there is no answer: tell `.sent` when the system has taken it.
    case produce(ProduceRequest)
    case initProducerID(InitProducerIdRequest)
    case createTopics(CreateTopicsRequest)
}

/// What came of a request.
package enum ProducerAnswer: Sendable, Equatable {
    case apiVersions(ApiVersionsResponse)
    case metadata(MetadataResponse)
    case produce(ProduceResponse)
    case initProducerID(InitProducerIdResponse)
    case createTopics(CreateTopicsResponse)
    /// It is on its way, and no answer will come.
    case sent
    /// The answer makes no sense. Where that is not told of ApiVersions, the connection is given up.
    case unreadable
}
