/// Who has signed in.
package struct SASLIdentity: Sendable, Hashable {
    /// The user's name, without `User:`.
    package let name: String
    /// When what the user has shown runs out, in milliseconds since 1970; nil for never.
    package let expiresAt: Int64?

    package init(name: String, expiresAt: Int64? = nil) {
        self.name = name
        self.expiresAt = expiresAt
    }

    /// The principal in Kafka's form.
    package var principal: String { "User:\(name)" }

    /// True if it is the same user, to the byte.
    package func isSameUser(as other: SASLIdentity) -> Bool {
        name.utf8.elementsEqual(other.name.utf8)
    }
}

/// What came of a check.
package enum SASLVerdict: Sendable, Hashable {
    case accepted(SASLIdentity)
    case rejected(SASLFailure)
    /// The token is signed with a key that is not among those at hand: it may be a new one.
    case unknownKey(SASLFailure)
}

/// Something slow that decides on a client; to be carried away from the event loop.
package enum SASLCheck: Sendable {
    case password(PasswordCheck)
    case token(TokenCheck)

    /// Does it.
    package func perform() -> SASLVerdict {
        switch self {
        case .password(let check): check.perform()
        case .token(let check): check.perform()
        }
    }
}
