import Settings

/// What a client says in OAUTHBEARER (RFC 7628 §3.1): `n,a=user,^Aauth=Bearer token^A…^A^A`.
package struct OAuthBearerMessage: Sendable {
    /// The token's bytes.
    package let token: [UInt8]
    /// For whom the client wants to act; nil for itself.
    package let authorizationID: String?
    /// What the client says beside it (KIP-342), by name.
    package let extensions: [(name: String, value: String)]

    /// What a client says when it was refused: a server that gives its reasons waits for it.
    package static let acknowledgement: [UInt8] = [separator]

    private static let separator: UInt8 = 1
    private static let scheme = Array("bearer ".utf8)
    /// How many extensions are read.
    private static let mostExtensions = 64

    /// Makes a message.
    package init(token: [UInt8], extensions: [(name: String, value: String)] = []) {
        self.token = token
        self.extensions = extensions
        authorizationID = nil
    }

    /// The message as it is sent.
    package var bytes: [UInt8] {
        var bytes = Array("n,,\u{1}auth=Bearer ".utf8) + token + [Self.separator]
        for (name, value) in extensions { bytes += Array("\(name)=\(value)".utf8) + [Self.separator] }
        return bytes + [Self.separator]
    }

    /// Reads a message.
    ///
    /// - Throws: ``SASLFailure`` if it is malformed, or has no token in it.
    package init(reading message: [UInt8]) throws(SASLFailure) {
        let malformed = SASLFailure.malformed("an OAUTHBEARER message is n,,^Aauth=Bearer token^A^A")
        guard message.count <= JSONWebToken.maxSize + ScramAttributes.longestMessage else {
            throw .malformed("an OAUTHBEARER message is too large")
        }
        guard let start = message.firstIndex(of: Self.separator) else { throw malformed }
        let header = message[..<start].split(separator: ScramAttributes.comma, omittingEmptySubsequences: false)
        guard header.count == 3, header[0].elementsEqual("n".utf8), header[2].isEmpty else { throw malformed }
        if header[1].isEmpty {
            authorizationID = nil
        } else {
            guard header[1].starts(with: "a=".utf8), let name = ScramAttributes.name(header[1].dropFirst(2)) else {
                throw malformed
            }
            authorizationID = name
        }
        let rest = message[(start + 1)...]
        guard rest.suffix(2).elementsEqual([Self.separator, Self.separator]) else { throw malformed }
        var token: [UInt8]?
        var extensions: [(name: String, value: String)] = []
        for pair in rest.dropLast(2).split(separator: Self.separator, omittingEmptySubsequences: false) {
            guard let equals = pair.firstIndex(of: ScramAttributes.equals),
                let name = String(validating: pair[..<equals], as: UTF8.self), !name.isEmpty,
                let value = String(validating: pair[(equals + 1)...], as: UTF8.self)
            else { throw malformed }
            guard name == "auth" else {
                guard extensions.count < Self.mostExtensions else { throw malformed }
                extensions.append((name, value))
                continue
            }
            guard token == nil else { throw malformed }
            let lowered = value.utf8.prefix(Self.scheme.count).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            guard lowered == Self.scheme else { throw .malformed("the token is not a bearer token") }
            token = Array(value.utf8.dropFirst(Self.scheme.count).drop { $0 == 0x20 })
        }
        guard let token, !token.isEmpty else { throw .malformed("an OAUTHBEARER message has no token in it") }
        self.token = token
        self.extensions = extensions
    }

    /// True if the bytes can be sent as a token: printable ASCII without spaces.
    package static func isToken(_ bytes: [UInt8]) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// What a server answers to a token that it does not take (RFC 7628 §3.2.2).
    ///
    /// - Parameter scope: what a token would have to be good for; nil for no hint.
    /// - Returns: a JSON object.
    package static func refusal(scope: String?) -> [UInt8] {
        let hint = scope.map { [JSONValue.Member("scope", .string($0))] } ?? []
        return Array((["status": "invalid_token"] as JSONValue).merging(hint).description.utf8)
    }
}
