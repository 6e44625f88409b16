/// The server's side of SCRAM (RFC 5802), without I/O. Nothing in it is slow: the password was stretched when the
/// verifier was made.
package struct ScramServer: Sendable {
    private enum State {
        case start
        case sentFirst(ScramClientFirst, ScramServerFirst, ScramVerifier, isKnown: Bool)
        case done
    }

    private let hash: Hash
    private let serverNonce: [UInt8]
    private var state = State.start

    /// Begins an exchange.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 or SHA-512.
    ///   - nonce: random text; made anew where none is given.
    package init(hash: Hash, nonce: [UInt8] = RandomBytes.nonce()) {
        self.hash = hash
        serverNonce = nonce
    }

    /// Takes the client's first message.
    ///
    /// - Parameters:
    ///   - token: the message.
    ///   - credentials: who there is. For a user that there is not, the exchange goes on with a verifier that no password
    ///     has, so that nobody learns from it which users there are.
    /// - Returns: the answer.
    /// - Throws: ``SASLFailure`` if it is malformed or out of turn.
    package mutating func receiveFirst(
        _ token: [UInt8], credentials: CredentialTable
    ) throws(SASLFailure) -> [UInt8] {
        guard case .start = state else { throw SASLFailure(.illegalState, "a SCRAM message is out of turn") }
        let client = try ScramClientFirst(reading: token)
        if let other = client.authorizationID, !other.utf8.elementsEqual(client.username.utf8) {
            throw SASLFailure(.invalidCredentials, "acting for another user is not allowed")
        }
        // Delegation tokens are the brokers' own: no password of a user's may pass for one.
        let known = client.isDelegationToken ? nil : credentials.verifier(of: client.username, hash: hash)
        let verifier = known ?? credentials.decoy(for: client.username, hash: hash)
        let answer = ScramServerFirst(
            nonce: client.nonce + serverNonce, salt: verifier.salt, iterations: verifier.iterations)
        state = .sentFirst(client, answer, verifier, isKnown: known != nil)
        return answer.bytes
    }

    /// Takes the client's final message.
    ///
    /// - Returns: who it is, and the answer that shows the client that we know the verifier.
    /// - Throws: ``SASLFailure`` if the proof does not hold, or the message is malformed or out of turn.
    package mutating func receiveFinal(
        _ token: [UInt8]
    ) throws(SASLFailure) -> (username: String, answer: [UInt8]) {
        guard case .sentFirst(let client, let server, let verifier, let isKnown) = state else {
            throw SASLFailure(.illegalState, "a SCRAM message is out of turn")
        }
        state = .done
        let attributes = try ScramAttributes.read(token[...])
        guard attributes.count >= 3, attributes[0].name == "c", attributes[1].name == "r",
            let last = attributes.last, last.name == "p", let proof = Base64.decode(last.value)
        else { throw .malformed("a final SCRAM message has c=, r= and p= in it") }
        guard let binding = Base64.decode(attributes[0].value), binding == client.gs2Header else {
            throw .malformed("a final SCRAM message repeats the header of the first in c=")
        }
        guard attributes[1].value.elementsEqual(server.nonce) else {
            throw .malformed("a final SCRAM message has another nonce than the exchange")
        }
        let withoutProof = token[..<(last.value.startIndex - 3)]
        let authMessage =
            client.bare + [ScramAttributes.comma] + server.bytes + [ScramAttributes.comma] + withoutProof
        let signature = hash.hmac(key: verifier.storedKey, authMessage)
        let isProven =
            proof.count == hash.byteCount
            && hash.digest(proof.xor(signature)).isEqualInConstantTime(to: verifier.storedKey)
        guard isProven, isKnown else { throw SASLFailure(.invalidCredentials, "no such user, or another password") }
        let proofOfOurs = hash.hmac(key: verifier.serverKey, authMessage)
        return (client.username, Array("v=\(Base64.encode(proofOfOurs))".utf8))
    }
}
