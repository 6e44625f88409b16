/// The client's first message: `n,,n=user,r=nonce` (RFC 5802 §7).
package struct ScramClientFirst: Sendable {
    /// What stands before the bare message: the flag of channel binding and for whom the client wants to act.
    let gs2Header: [UInt8]
    /// The message without the header.
    let bare: [UInt8]
    /// Who the client says it is.
    package let username: String
    /// Whom the client wants to act for; nil for itself.
    package let authorizationID: String?
    /// The client's random text.
    let nonce: [UInt8]
    /// True if the user is a delegation token's ID (`tokenauth=true`, KIP-48).
    package let isDelegationToken: Bool

    /// Writes a message.
    init(username: String, nonce: [UInt8], isDelegationToken: Bool) {
        gs2Header = Array("n,,".utf8)
        self.username = username
        self.nonce = nonce
        self.isDelegationToken = isDelegationToken
        authorizationID = nil
        bare =
            Array("n=".utf8) + ScramAttributes.escaped(username) + Array(",r=".utf8) + nonce
            + (isDelegationToken ? Array(",tokenauth=true".utf8) : [])
    }

    /// The whole message.
    var bytes: [UInt8] { gs2Header + bare }

    /// Reads a message.
    ///
    /// - Throws: ``SASLFailure`` if it is malformed, wants channel binding or an extension that must be understood.
    package init(reading token: [UInt8]) throws(SASLFailure) {
        let parts = token.split(separator: ScramAttributes.comma, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("a first SCRAM message begins with n,,") }
        switch parts[0].first {
        case UInt8(ascii: "n"), UInt8(ascii: "y"):
            guard parts[0].count == 1 else { throw .malformed("a first SCRAM message begins with n,,") }
        case UInt8(ascii: "p"): throw .malformed("channel binding is not offered")
        default: throw .malformed("a first SCRAM message begins with n,,")
        }
        authorizationID = try Self.authorizationID(parts[1])
        gs2Header = Array(token[..<parts[2].startIndex])
        bare = Array(parts[2])
        let attributes = try ScramAttributes.read(bare[...])
        isDelegationToken = attributes.contains { $0.name == "tokenauth" && $0.value.elementsEqual("true".utf8) }
        guard attributes.count >= 2, attributes[0].name == "n", attributes[1].name == "r"
        else {
            let isExtended = attributes.first?.name == "m"
            throw .malformed(
                isExtended
                    ? "a SCRAM extension that must be understood is not" : "a first SCRAM message has n= and r= in it")
        }
        guard let username = ScramAttributes.name(attributes[0].value) else {
            throw .malformed("a SCRAM message has no valid name in it")
        }
        guard ScramAttributes.isNonce(attributes[1].value) else { throw .malformed("a SCRAM nonce is not valid") }
        self.username = username
        nonce = Array(attributes[1].value)
    }

    private static func authorizationID(_ part: ArraySlice<UInt8>) throws(SASLFailure) -> String? {
        if part.isEmpty { return nil }
        guard part.starts(with: "a=".utf8), let name = ScramAttributes.name(part.dropFirst(2)) else {
            throw .malformed("a first SCRAM message has an authorization ID that is not valid")
        }
        return name
    }
}
