import Settings

/// What a token must say to be taken.
package struct TokenRules: Sendable, Hashable {
    /// Who must have issued it (`iss`); nil for anybody whose key is in the set.
    package var issuer: String?
    /// Whom it may be for (`aud`): one of these must be in it; empty for anybody.
    package var audiences: [String]
    /// Which claim names the user. Default `sub`.
    package var principalClaim: String
    /// Which claim lists what the token is good for. Default `scope`.
    package var scopeClaim: String
    /// What it must be good for; all of these.
    package var requiredScopes: [String]
    /// How far the clocks may be apart, in milliseconds. Default 30,000.
    package var clockSkew: Int64

    package init(
        issuer: String? = nil, audiences: [String] = [], principalClaim: String = "sub", scopeClaim: String = "scope",
        requiredScopes: [String] = [], clockSkew: Int64 = 30_000
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.principalClaim = principalClaim
        self.scopeClaim = scopeClaim
        self.requiredScopes = requiredScopes
        self.clockSkew = clockSkew
    }

    /// The longest name that a token may give its user, in bytes.
    static let longestName = PlainMessage.longestName

    /// Checks what a token says; its signature holds.
    func identity(_ token: JSONWebToken, now: Int64) throws(SASLFailure) -> SASLIdentity {
        guard let expiry = try token.time("exp") else {
            throw SASLFailure(.invalidToken, "the token does not say when it expires")
        }
        guard expiry + clockSkew > now else { throw SASLFailure(.invalidToken, "the token has expired") }
        if let start = try token.time("nbf"), start - clockSkew > now {
            throw SASLFailure(.invalidToken, "the token is not valid yet")
        }
        if let issued = try token.time("iat"), issued - clockSkew > now {
            throw SASLFailure(.invalidToken, "the token was issued in the future")
        }
        if let issuer, !(token.text("iss").map { $0.utf8.elementsEqual(issuer.utf8) } ?? false) {
            throw SASLFailure(.invalidToken, "the token is from another issuer")
        }
        if !audiences.isEmpty {
            let given = Self.texts(token.claims["aud"], separator: nil)
            guard audiences.contains(where: { own in given.contains { $0.utf8.elementsEqual(own.utf8) } }) else {
                throw SASLFailure(.invalidToken, "the token is for another audience")
            }
        }
        let scopes = Self.texts(token.claims[scopeClaim], separator: " ")
        guard requiredScopes.allSatisfy({ own in scopes.contains { $0.utf8.elementsEqual(own.utf8) } }) else {
            throw SASLFailure(.invalidToken, "the token does not have the scope that is required")
        }
        guard let name = token.text(principalClaim), !name.isEmpty, name.utf8.count <= Self.longestName,
            !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { throw SASLFailure(.invalidToken, "the token names no user in '\(principalClaim)'") }
        return SASLIdentity(name: name, expiresAt: expiry)
    }

    private static func texts(_ value: JSONValue?, separator: Character?) -> [String] {
        switch value {
        case .string(let text)?: separator.map { text.split(separator: $0).map(String.init) } ?? [text]
        case .array(let values)?: values.compactMap { if case .string(let text) = $0 { text } else { nil } }
        default: []
        }
    }
}

/// The check of one token; to be carried away from the event loop.
package struct TokenCheck: Sendable {
    let token: [UInt8]
    let authorizationID: String?
    /// The keys that there are.
    package var keys: JSONWebKeySet
    let rules: TokenRules
    /// Milliseconds since 1970.
    let now: Int64

    /// A check of a token from a client's message.
    package init(
        token: [UInt8], authorizationID: String? = nil, keys: JSONWebKeySet, rules: TokenRules, now: Int64
    ) {
        self.token = token
        self.authorizationID = authorizationID
        self.keys = keys
        self.rules = rules
        self.now = now
    }

    /// Does it.
    package func perform() -> SASLVerdict {
        do throws(SASLFailure) {
            let token = try JSONWebToken(reading: token)
            guard let algorithm = TokenAlgorithm(rawValue: token.algorithm) else {
                throw SASLFailure(.invalidToken, "the token is not signed by a public key")
            }
            guard !token.isCritical else {
                throw SASLFailure(.invalidToken, "the token has an extension that must be understood and is not")
            }
            guard let key = keys.key(id: token.keyID, for: algorithm) else {
                return .unknownKey(SASLFailure(.invalidToken, "the token is signed with a key that is not known"))
            }
            guard key.verifies(token.signature, of: token.signedPart, algorithm) else {
                throw SASLFailure(.invalidToken, "the token's signature does not hold")
            }
            let identity = try rules.identity(token, now: now)
            if let authorizationID, !authorizationID.utf8.elementsEqual(identity.name.utf8) {
                throw SASLFailure(.invalidToken, "acting for another user is not allowed")
            }
            return .accepted(identity)
        } catch {
            return .rejected(error)
        }
    }
}
