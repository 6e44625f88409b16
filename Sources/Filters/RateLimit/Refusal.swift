import FilterAPI
import KafkaMessages
import KafkaWire

/// How a request is refused that is there whole.
enum Refusal {
    /// It is answered with an error that its client takes well.
    case answer(Answer)
    /// It ends a fetch session and asks for nothing.
    case endOfSession
    /// There is no way to tell the client.
    case impossible

    /// How this request is refused.
    ///
    /// - Parameters:
    ///   - request: the request, whole.
    ///   - limit: the limit's name, for messages.
    ///   - continuity: the fetch sessions of the connection.
    static func of(_ request: FilteredRequest, limit: String, _ continuity: inout FetchContinuity) -> Refusal {
        let message = "over the rate limit '\(limit)'"
        switch request.record.apiKey {
        case .fetch:
            guard let body = try? request.frame.body(FetchRequest.self) else { return .impossible }
            let answer = continuity.answer(body, version: request.record.apiVersion)
            return answer.map { .answer(Answer($0)) } ?? .endOfSession
        case .produce:
            // Who asks for no answer gets none: it is slowed, as with a broker's quota.
            guard let body = try? request.frame.body(ProduceRequest.self), body.acks != 0 else { return .impossible }
            return .answer(Answer(body.refusal(.notEnoughReplicas, message)))
        case .createTopics:
            guard let body = try? request.frame.body(CreateTopicsRequest.self) else { return .impossible }
            return .answer(Answer(body.refusal(.throttlingQuotaExceeded, message)))
        case .deleteTopics:
            guard let body = try? request.frame.body(DeleteTopicsRequest.self) else { return .impossible }
            return .answer(Answer(body.refusal(.throttlingQuotaExceeded, message)))
        case .createPartitions:
            guard let body = try? request.frame.body(CreatePartitionsRequest.self) else { return .impossible }
            return .answer(Answer(body.refusal(.throttlingQuotaExceeded, message)))
        default:
            return .impossible
        }
    }
}

extension ProduceRequest {
    fileprivate func refusal(_ error: ErrorCode, _ message: String) -> ProduceResponse {
        var answer = ProduceResponse()
        answer.responses = topicData.map { topic in
            var refused = ProduceResponse.TopicProduceResponse()
            refused.name = topic.name
            refused.topicID = topic.topicID
            refused.partitionResponses = topic.partitionData.map { partition in
                var result = ProduceResponse.PartitionProduceResponse()
                result.index = partition.index
                result.errorCode = error
                result.errorMessage = message
                result.baseOffset = -1
                return result
            }
            return refused
        }
        return answer
    }
}

extension CreateTopicsRequest {
    fileprivate func refusal(_ error: ErrorCode, _ message: String) -> CreateTopicsResponse {
        var answer = CreateTopicsResponse()
        answer.topics = topics.map { topic in
            var result = CreateTopicsResponse.CreatableTopicResult()
            result.name = topic.name
            result.errorCode = error
            result.errorMessage = message
            return result
        }
        return answer
    }
}

extension DeleteTopicsRequest {
    fileprivate func refusal(_ error: ErrorCode, _ message: String) -> DeleteTopicsResponse {
        func result(_ name: String?, _ id: KafkaUUID) -> DeleteTopicsResponse.DeletableTopicResult {
            var result = DeleteTopicsResponse.DeletableTopicResult()
            result.name = name
            result.topicID = id
            result.errorCode = error
            result.errorMessage = message
            return result
        }
        var answer = DeleteTopicsResponse()
        answer.responses = topics.map { result($0.name, $0.topicID) } + topicNames.map { result($0, .zero) }
        return answer
    }
}

extension CreatePartitionsRequest {
    fileprivate func refusal(_ error: ErrorCode, _ message: String) -> CreatePartitionsResponse {
        var answer = CreatePartitionsResponse()
        answer.results = topics.map { topic in
            var result = CreatePartitionsResponse.CreatePartitionsTopicResult()
            result.name = topic.name
            result.errorCode = error
            result.errorMessage = message
            return result
        }
        return answer
    }
}
