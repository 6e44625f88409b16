/// The server's side of one exchange of any mechanism, without I/O.
package struct SASLServerExchange: Sendable {
    /// What to do next.
    package enum Action: Sendable {
        /// Send this; the client says something more.
        case challenge([UInt8])
        /// Do this away from the event loop, and hand its verdict to ``resume(_:)``.
        case check(SASLCheck)
        /// The client is signed in; send this.
        case accepted(SASLIdentity, [UInt8])
        /// The client is not signed in, and the exchange is over.
        case rejected(SASLFailure)
    }

    private enum State {
        case start
        case checking
        case scram(ScramServer)
        /// The client was told why, and has to say that it has heard.
        case refused(SASLFailure)
        case done
    }

    /// How the client signs in.
    package let mechanism: SASLMechanism
    private let authority: SASLAuthority
    private let nonce: [UInt8]
    private var state = State.start

    /// Begins an exchange.
    ///
    /// - Parameters:
    ///   - mechanism: one that the authority offers.
    ///   - authority: what clients are checked by.
    ///   - nonce: random text; made anew where none is given.
    package init(mechanism: SASLMechanism, authority: SASLAuthority, nonce: [UInt8] = RandomBytes.nonce()) {
        self.mechanism = mechanism
        self.authority = authority
        self.nonce = nonce
    }

    /// Takes what the client says.
    ///
    /// - Parameters:
    ///   - token: its bytes.
    ///   - now: milliseconds since 1970, for tokens that expire.
    /// - Returns: what to do next.
    package mutating func receive(_ token: [UInt8], now: Int64) -> Action {
        do throws(SASLFailure) {
            return try take(token, now: now)
        } catch {
            state = .done
            return .rejected(error)
        }
    }

    private mutating func take(_ token: [UInt8], now: Int64) throws(SASLFailure) -> Action {
        switch state {
        case .checking, .done: throw SASLFailure(.illegalState, "the exchange is over or waits for its verdict")
        case .refused(let failure): throw failure
        case .scram(var server):
            let (username, answer) = try server.receiveFinal(token)
            state = .done
            return .accepted(SASLIdentity(name: username), answer)
        case .start: break
        }
        switch mechanism {
        case .plain:
            let message = try PlainMessage(reading: token)
            state = .checking
            return .check(.password(PasswordCheck(message, credentials: authority.credentials)))
        case .scramSHA256, .scramSHA512:
            var server = ScramServer(hash: mechanism.scramHash ?? .sha256, nonce: nonce)
            let answer = try server.receiveFirst(token, credentials: authority.credentials)
            state = .scram(server)
            return .challenge(answer)
        case .oauthBearer:
            let message = try OAuthBearerMessage(reading: token)
            state = .checking
            return .check(
                .token(
                    TokenCheck(
                        token: message.token, authorizationID: message.authorizationID, keys: authority.keys,
                        rules: authority.tokenRules, now: now)))
        }
    }

    /// Goes on with the verdict of a check.
    package mutating func resume(_ verdict: SASLVerdict) -> Action {
        guard case .checking = state else {
            return .rejected(SASLFailure(.illegalState, "a verdict that nobody waits for"))
        }
        switch verdict {
        case .accepted(let identity):
            state = .done
            return .accepted(identity, [])
        case .rejected(let failure), .unknownKey(let failure):
            guard mechanism == .oauthBearer else {
                state = .done
                return .rejected(failure)
            }
            state = .refused(failure)
            let scopes = authority.tokenRules.requiredScopes
            return .challenge(
                OAuthBearerMessage.refusal(scope: scopes.isEmpty ? nil : scopes.joined(separator: " ")))
        }
    }
}
