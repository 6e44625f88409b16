public import KafkaMessages
import KafkaWire

/// A request that can be refused: all are.
public protocol Refusable: RequestMessage {
    /// The answer with which a broker would refuse all of this request.
    ///
    /// The error stands where the version has a place for it: above all else, or at each part that was asked for. A
    /// request for all that there is, at a version whose answer has errors at its parts only, gets an empty answer.
    ///
    /// - Parameters:
    ///   - refusal: the error, and words where the answer has a place for them.
    ///   - version: the version of the request.
    /// - Returns: the answer.
    func refusal(_ refusal: Refusal, version: Int16) -> Response
}

/// A request that has subjects: what it is about as a whole. If one is refused, all of the request is.
public protocol SubjectNaming: Refusable {
    /// The group, the transactional ID, the topics without which the request has no meaning.
    ///
    /// - Parameter version: the version of the request: some have a subject in old versions, and parts in newer ones.
    /// - Returns: the subjects, each once.
    func subjects(version: Int16) -> [ResourceReference]
}

/// A request of which parts can be refused while the rest goes on.
public protocol PartiallyRefusable: Refusable, PartiallyAnswerable {
    /// Takes parts out of this request and gives the answer to them, with all fields as a broker fills them.
    ///
    /// What asks for all (a null list, or an empty one where the version means all by it) names nothing: it stays as it
    /// is, and its answer is to be looked through when it comes. ``SubjectNaming/subjects(version:)`` are no parts.
    ///
    /// - Parameters:
    ///   - version: the version of the request.
    ///   - decide: whether a part is refused; called in the order of the request, for a topic or group first and, if that
    ///     is not refused, for each of its parts. It must decide the same when it is asked for the same twice.
    /// - Returns: what was refused. After ``RefusedParts/part(_:)`` this request holds only the rest; after all else it is
    ///   not to be sent, or is as it was.
    mutating func refuseParts(
        version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) -> RefusedParts<Response>
}

/// What was refused of a request.
public enum RefusedParts<Response: ResponseMessage>: Sendable, Equatable {
    /// Nothing: the request is as it was.
    case nothing
    /// Some: the answer to these parts, each once as often as it was asked for, in the order of the request. The rest is
    /// to be sent, and the answers merged by ``PartiallyAnswerable/merge(_:refused:rest:version:)``.
    case part(Response)
    /// All, or so much that a broker would do nothing of the rest: the answer to the whole request.
    case everything(Response)
}

extension PartiallyRefusable {
    /// Each part is refused.
    public func refusal(_ refusal: Refusal, version: Int16) -> Response {
        var rest = self
        switch rest.refuseParts(version: version, { _ in refusal }) {
        case .nothing: return Response()
        case .part(let answer), .everything(let answer): return answer
        }
    }
}
