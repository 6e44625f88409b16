/// What a client says in PLAIN (RFC 4616): three texts with NUL between them.
package struct PlainMessage: Sendable {
    /// For whom the client wants to act; empty for itself.
    package let authorizationID: String
    /// Who the client is.
    package let username: String
    /// The password's bytes.
    package let password: [UInt8]

    /// The longest name, in bytes: the RFC's 255 characters.
    package static let longestName = 255 * 4
    /// The longest password, in bytes: longer than the RFC's, for some services have tokens in its place.
    package static let longestPassword = 8192

    /// Makes a message.
    package init(authorizationID: String = "", username: String, password: [UInt8]) {
        self.authorizationID = authorizationID
        self.username = username
        self.password = password
    }

    /// Reads a message.
    ///
    /// - Throws: ``SASLFailure`` unless there are exactly two NULs, a user and a password, all UTF-8 and within the
    ///   bounds; and if the client wants to act for another, as Kafka's brokers do.
    package init(reading token: [UInt8]) throws(SASLFailure) {
        let parts = token.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("a PLAIN message has two NULs in it") }
        guard parts[0].count <= Self.longestName, parts[1].count <= Self.longestName,
            parts[2].count <= Self.longestPassword
        else {
            throw .malformed("a text in a PLAIN message is too long")
        }
        guard let authorizationID = String(validating: parts[0], as: UTF8.self),
            let username = String(validating: parts[1], as: UTF8.self),
            String(validating: parts[2], as: UTF8.self) != nil
        else { throw .malformed("a PLAIN message is not UTF-8") }
        guard !username.isEmpty else { throw .malformed("a PLAIN message names no user") }
        guard !parts[2].isEmpty else { throw .malformed("a PLAIN message has no password") }
        // Bytes are compared: Swift's == takes two spellings of one character for the same.
        guard parts[0].isEmpty || parts[0].elementsEqual(parts[1]) else {
            throw SASLFailure(.invalidCredentials, "acting for another user is not allowed")
        }
        self.init(authorizationID: authorizationID, username: username, password: Array(parts[2]))
    }

    /// The message as it is sent.
    package var bytes: [UInt8] {
        Array(authorizationID.utf8) + [0] + Array(username.utf8) + [0] + password
    }
}
