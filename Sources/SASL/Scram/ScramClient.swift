/// The client's side of SCRAM (RFC 5802), without I/O.
package struct ScramClient: Sendable {
    /// The slow part: to be done away from the event loop.
    package struct Stretching: Sendable, Hashable {
        /// The mechanism's hash.
        package let hash: Hash
        let password: [UInt8]
        let salt: [UInt8]
        let iterations: Int

        /// Does it.
        package func perform() -> [UInt8] {
            hash.stretched(password, salt: salt, iterations: iterations)
        }
    }

    private enum State {
        case start
        case sentFirst
        case stretching(ScramServerFirst)
        case sentFinal(signature: [UInt8])
        case done
    }

    private let hash: Hash
    private let password: [UInt8]
    private let first: ScramClientFirst
    private var state = State.start

    /// Begins an exchange.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 or SHA-512.
    ///   - username: who signs in; a token's ID with `isDelegationToken`.
    ///   - password: a password, or a token's HMAC.
    ///   - isDelegationToken: whether to sign in by a delegation token (KIP-48).
    ///   - nonce: random text; made anew where none is given.
    package init(
        hash: Hash, username: String, password: [UInt8], isDelegationToken: Bool = false,
        nonce: [UInt8] = RandomBytes.nonce()
    ) {
        self.hash = hash
        self.password = password
        first = ScramClientFirst(username: username, nonce: nonce, isDelegationToken: isDelegationToken)
    }

    /// The first message.
    package mutating func begin() -> [UInt8] {
        state = .sentFirst
        return first.bytes
    }

    /// Takes the server's first message.
    ///
    /// - Returns: what to do before ``finalMessage(stretched:)``.
    /// - Throws: ``SASLFailure`` if it is malformed, belongs to another exchange, or is out of turn.
    package mutating func receiveFirst(_ token: [UInt8]) throws(SASLFailure) -> Stretching {
        guard case .sentFirst = state else { throw SASLFailure(.illegalState, "a SCRAM message is out of turn") }
        let server = try ScramServerFirst(reading: token)
        guard server.nonce.starts(with: first.nonce), server.nonce.count > first.nonce.count else {
            throw SASLFailure(.serverNotTrusted, "the broker's nonce does not go on from ours")
        }
        state = .stretching(server)
        return Stretching(hash: hash, password: password, salt: server.salt, iterations: server.iterations)
    }

    /// The final message, once the password is stretched.
    ///
    /// - Throws: ``SASLFailure`` if it is out of turn.
    package mutating func finalMessage(stretched: [UInt8]) throws(SASLFailure) -> [UInt8] {
        guard case .stretching(let server) = state else {
            throw SASLFailure(.illegalState, "a SCRAM message is out of turn")
        }
        let keys = ScramKeys(hash: hash, saltedPassword: stretched)
        let withoutProof = Array("c=\(Base64.encode(first.gs2Header)),r=".utf8) + server.nonce
        let comma = [ScramAttributes.comma]
        let authMessage = first.bare + comma + server.bytes + comma + withoutProof
        state = .sentFinal(signature: hash.hmac(key: keys.serverKey, authMessage))
        return withoutProof + Array(",p=\(Base64.encode(keys.clientProof(authMessage)))".utf8)
    }

    /// Takes the server's final message, which shows that the server knows the verifier of the password.
    ///
    /// - Throws: ``SASLFailure`` if it does not, says no, or is out of turn.
    package mutating func receiveFinal(_ token: [UInt8]) throws(SASLFailure) {
        guard case .sentFinal(let signature) = state else {
            throw SASLFailure(.illegalState, "a SCRAM message is out of turn")
        }
        let attributes = try ScramAttributes.read(token[...])
        switch attributes.first?.name {
        case "e": throw SASLFailure(.rejected, "the broker refuses the user or the password")
        case "v":
            guard let value = attributes.first?.value, let given = Base64.decode(value),
                given.isEqualInConstantTime(to: signature)
            else {
                throw SASLFailure(.serverNotTrusted, "the broker does not show that it knows the password's verifier")
            }
            state = .done
        default: throw .malformed("the broker's final SCRAM message has no v= in it")
        }
    }
}
