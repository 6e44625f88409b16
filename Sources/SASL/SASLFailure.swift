/// Why somebody is not signed in.
package struct SASLFailure: Error, Sendable, Hashable {
    /// The kinds of failures: the values of the label `result` in metrics.
    package enum Reason: String, Sendable, CaseIterable {
        /// The bytes are not what the mechanism prescribes.
        case malformed
        /// No such user, or another password. Nobody is told which.
        case invalidCredentials = "invalid_credentials"
        /// A token that does not hold: expired, for somebody else, not signed by whom it should be.
        case invalidToken = "invalid_token"
        /// A mechanism that is not offered.
        case unsupportedMechanism = "unsupported_mechanism"
        /// A step that is not next.
        case illegalState = "illegal_state"
        /// The other side could not show that it knows the password.
        case serverNotTrusted = "server_not_trusted"
        /// The broker has said no.
        case rejected
        /// What decides could not be asked.
        case unavailable
        /// Too many failures from one address.
        case tooManyFailures = "too_many_failures"
    }

    /// The kind.
    package let reason: Reason
    /// What happened, for the log: never a password, a token or a part of one.
    package let message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    static func malformed(_ message: String) -> SASLFailure { SASLFailure(.malformed, message) }
}

extension SASLFailure: CustomStringConvertible {
    package var description: String { "\(message) (\(reason.rawValue))" }
}
