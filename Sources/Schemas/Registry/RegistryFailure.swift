/// Why a registry has not given a schema, or not one for this topic.
package struct RegistryFailure: Error, Sendable, Hashable {
    /// The kinds of failures: the values of a label in metrics.
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The registry has no such schema.
        case notFound = "not_found"
        /// The schema is not one of the topic's subject.
        case wrongSubject = "wrong_subject"
        /// The schema cannot be used: it is not valid, too large, or refers to too much.
        case invalidSchema = "invalid_schema"
        /// The registry has refused the question.
        case denied
        /// The registry has not answered, or not in its protocol.
        case unavailable
        /// So many schemas wait to be asked for that no more may. It says nothing about the registry.
        case busy
    }

    /// The kind.
    package let reason: Reason
    /// What happened, for the log.
    package let message: String

    /// A failure of a kind, in words.
    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }
}

extension RegistryFailure: CustomStringConvertible {
    package var description: String { "\(message) (\(reason.rawValue))" }
}
