import Settings

/// A token of three parts (RFC 7519, RFC 7515): who it is for is only known once its signature was checked.
package struct JSONWebToken: Sendable {
    /// The largest token that is read, in bytes.
    package static let maxSize = 64 * 1024

    /// What the header says of the signature.
    let algorithm: String
    let keyID: String?
    /// True if the header names extensions that must be understood.
    let isCritical: Bool
    /// What the token says.
    let claims: JSONValue
    /// What is signed.
    let signedPart: [UInt8]
    let signature: [UInt8]

    /// Takes a token apart. Nothing in it is to be believed yet.
    ///
    /// - Throws: ``SASLFailure`` if it is not a signed token.
    package init(reading token: [UInt8]) throws(SASLFailure) {
        guard token.count <= Self.maxSize else { throw .malformed("a token is too large") }
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64.decode(parts[0], .url), let claims = Base64.decode(parts[1], .url),
            let signature = Base64.decode(parts[2], .url)
        else { throw .malformed("a token has three parts in base64url") }
        let json = try JSONText.parse(header)
        guard case .string(let algorithm)? = json["alg"] else { throw .malformed("a token's header has no 'alg'") }
        self.algorithm = algorithm
        if let id = json["kid"] {
            guard case .string(let text) = id else { throw .malformed("a token's 'kid' is text") }
            keyID = text
        } else {
            keyID = nil
        }
        isCritical = json["crit"] != nil
        self.claims = try JSONText.parse(claims)
        guard case .object = self.claims else { throw .malformed("a token's claims are an object") }
        signedPart = Array(token[..<(parts[2].startIndex - 1)])
        self.signature = signature
    }

    /// The text of a claim; nil if it has another form, or is not there.
    package func text(_ claim: String) -> String? {
        guard case .string(let text)? = claims[claim] else { return nil }
        return text
    }

    /// A time in a claim, in milliseconds since 1970; nil if it is not there.
    ///
    /// - Throws: ``SASLFailure`` if it is no time.
    func time(_ claim: String) throws(SASLFailure) -> Int64? {
        switch claims[claim] {
        case nil: return nil
        case .integer(let seconds)? where (0...Self.latest).contains(seconds): return Int64(seconds) * 1000
        case .number(let seconds)? where (0...Double(Self.latest)).contains(seconds): return Int64(seconds * 1000)
        default: throw SASLFailure(.invalidToken, "the token's '\(claim)' is no time")
        }
    }

    /// Times behind the year 9999 are no times.
    private static let latest = 253_402_300_799
}
