public import KafkaMessages
public import KafkaWire

/// Answers that refuse whole requests.
public enum ErrorAnswer {
    /// The answer with which a broker would refuse a request.
    ///
    /// - Parameters:
    ///   - request: the body of the request, of any API.
    ///   - version: its version.
    ///   - refusal: the error, and words where the answer has a place for them.
    /// - Returns: the answer; nil only for a type that is no request of Kafka's.
    public static func make(
        for request: any RequestMessage, version: Int16, _ refusal: Refusal
    ) -> (any ResponseMessage)? {
        (request as? any Refusable)?.refusal(refusal, version: version)
    }
}

/// A response that has an error above all else.
public protocol ErrorResponse: ResponseMessage {
    /// The error of the whole response.
    var errorCode: ErrorCode { get set }
}

/// A response that has an error with words above all else.
public protocol ErrorMessageResponse: ErrorResponse {
    /// Words for people; nil if there is no error, or none are needed.
    var errorMessage: String? { get set }
}

extension Refusable where Response: ErrorResponse {
    /// The error stands above all else, which has its defaults.
    public func refusal(_ refusal: Refusal, version: Int16) -> Response {
        var answer = Response()
        answer.errorCode = refusal.error
        return answer
    }
}

extension Refusable where Response: ErrorMessageResponse {
    /// The error stands above all else, which has its defaults.
    public func refusal(_ refusal: Refusal, version: Int16) -> Response {
        var answer = Response()
        answer.errorCode = refusal.error
        answer.errorMessage = refusal.message
        return answer
    }
}
