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
}

extension PartiallyAnswerable {
    /// As ``merge(_:version:)``, for answers whose type is not known at compile time.
    package func mergeAny(_ answers: [any ResponseMessage], version: Int16) -> (any ResponseMessage)? {
        let typed = answers.compactMap { $0 as? Response }
        guard typed.count == answers.count, !typed.isEmpty else { return nil }
        return merge(typed, version: version)
    }
}
