public import KafkaMessages
import KafkaWire

/// A request of which parts can be answered by a filter while the rest goes to the broker.
public protocol PartiallyAnswerable: RequestMessage {
    /// Merges answers to parts of this request into one, in the order in which the request asked.
    ///
    /// - Parameters:
    ///   - answers: the broker's answer first, if there is one, then those of filters.
    ///   - version: the version of the request.
    /// - Returns: one answer; parts that nobody answered are missing from it.
    func merge(_ answers: [Response], version: Int16) -> Response

    /// Merges the answer to what is left of this request with the answer to what was taken out of it.
    ///
    /// - Parameters:
    ///   - answer: the answer to the rest.
    ///   - refused: the answer to what was taken out.
    ///   - rest: what was left. Answers that do not name their parts are put in their places by it; for all others it is
    ///     the same as ``merge(_:version:)``.
    ///   - version: the version of the request.
    /// - Returns: one answer; parts that nobody answered are missing from it.
    func merge(_ answer: Response, refused: Response, rest: Self, version: Int16) -> Response
}

extension PartiallyAnswerable {
    /// Merges by what the answers name.
    public func merge(_ answer: Response, refused: Response, rest: Self, version: Int16) -> Response {
        merge([answer, refused], version: version)
    }

    /// As ``merge(_:refused:rest:version:)``, for values whose types are not known at compile time; nil if they are not
    /// of this API. Without a rest, the parts are known by what the answers name.
    package func mergeAny(
        _ answer: any ResponseMessage, part: any ResponseMessage, rest: (any RequestMessage)?, version: Int16
    ) -> (any ResponseMessage)? {
        guard let answer = answer as? Response, let part = part as? Response else { return nil }
        guard let rest = rest as? Self else { return merge([answer, part], version: version) }
        return merge(answer, refused: part, rest: rest, version: version)
    }
}
