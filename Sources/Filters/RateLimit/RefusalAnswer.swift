import FilterAPI
import KafkaMessages
import KafkaWire

/// How a request is answered that is refused.
enum RefusalAnswer {
    /// With this.
    case answer(Answer)
    /// Not at all: it ends a fetch session and asks for nothing, so that it goes on.
    case endOfSession
    /// There is no way to tell the client.
    case impossible

    /// The answer to a request that is there whole.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - limit: the name of the limit that it is over, for messages.
    ///   - continuity: the fetch sessions of the connection.
    /// - Returns: the answer, or why there is none.
    static func to(_ request: FilteredRequest, limit: String, _ continuity: inout FetchContinuity) -> RefusalAnswer {
        let message = "over the rate limit '\(limit)'"
        switch request.record.apiKey {
        case .fetch:
            guard let body = try? request.frame.body(FetchRequest.self) else { return .impossible }
            let answer = continuity.answer(body, version: request.record.apiVersion)
            return answer.map { .answer(Answer($0)) } ?? .endOfSession
        case .produce:
            // Who asks for no answer gets none: it is slowed, as with a broker's quota.
            guard let body = try? request.frame.body(ProduceRequest.self), body.acks != 0 else { return .impossible }
            return refuseAll(request, Refusal(.notEnoughReplicas, message: message))
        default:
            return refuseAll(request, Refusal(.throttlingQuotaExceeded, message: message))
        }
    }

    private static func refuseAll(_ request: FilteredRequest, _ refusal: Refusal) -> RefusalAnswer {
        guard case .answer(let answer)? = try? request.refuseAll(refusal) else { return .impossible }
        return .answer(answer)
    }
}
