package import KafkaWire

/// Signing clients in, in the broker's place: what SaslHandshake and SaslAuthenticate do, and what may pass before,
/// during and after. Without I/O.
///
/// It acts as a broker does: a step out of turn, and a mechanism that is not offered, are answered and end the
/// connection; once a client is signed in, another SaslHandshake begins a re-authentication (KIP-368), which cannot
/// change who the client is.
package struct SASLTermination: Sendable {
    /// An answer for the client.
    package enum Answer: Sendable, Equatable {
        /// To SaslHandshake: the error code, and what is offered.
        case handshake(ErrorCode, mechanisms: [String])
        /// To SaslAuthenticate, or to a bare token: the error code, words for it, what the mechanism says, and for how
        /// long the sign-in holds in milliseconds (0 for ever).
        case token(ErrorCode, message: String?, token: [UInt8], lifetime: Int64)
    }

    /// What to do next.
    package enum Action: Sendable {
        /// Answer; the client goes on.
        case answer(Answer)
        /// Do this away from the event loop, and hand its verdict to ``resume(_:now:)``; nothing else from the client
        /// until then.
        case check(SASLCheck)
        /// The client is this user from now on; answer.
        case signedIn(SASLIdentity, SASLMechanism, Answer)
        /// Count the failure, hold the answer back for as long as its address has to wait, answer, and close.
        case fail(SASLFailure, SASLMechanism?, Answer)
    }

    /// What may be done with a request that is not SASL's.
    package enum Passage: Sendable, Equatable {
        case passes
        /// Nobody is signed in yet, or the client is in the middle of it: a broker closes the connection.
        case signInFirst
        /// The session has run out: a broker closes the connection.
        case expired
    }

    private enum State {
        case idle
        case exchange(SASLServerExchange)
    }

    /// Who is signed in.
    package private(set) var identity: SASLIdentity?
    private var mechanism: SASLMechanism?
    /// When the session runs out, in milliseconds since 1970.
    package private(set) var endsAt: Int64?
    private var state = State.idle
    /// True while tokens come without a Kafka header: behind a SaslHandshake of version 0.
    package private(set) var expectsBareToken = false

    /// The largest SaslHandshake, SaslAuthenticate or token that is read, in bytes: as brokers have it
    /// (`sasl.server.max.receive.size`).
    package static let maxSize = 512 * 1024

    package init() {}

    /// What may be done with a request that is not SASL's.
    ///
    /// - Parameters:
    ///   - isAPIVersions: true for ApiVersions, which clients ask before they sign in.
    ///   - now: milliseconds since 1970.
    /// - Returns: whether it passes.
    package func passage(isAPIVersions: Bool, now: @autoclosure () -> Int64) -> Passage {
        guard case .idle = state else { return .signInFirst }
        guard identity != nil else { return isAPIVersions ? .passes : .signInFirst }
        if let endsAt, endsAt <= now() { return .expired }
        return .passes
    }

    /// Takes a SaslHandshake.
    ///
    /// - Parameters:
    ///   - name: what the client wants to sign in by.
    ///   - version: of the request; with 0, bare tokens follow.
    ///   - authority: what clients are checked by.
    ///   - nonce: random text for the exchange; made anew where none is given.
    /// - Returns: what to do next.
    package mutating func handshake(
        mechanism name: String, version: Int16, authority: SASLAuthority, nonce: [UInt8] = RandomBytes.nonce()
    ) -> Action {
        let offered = authority.mechanisms.map(\.rawValue)
        guard case .idle = state else {
            return illegal(.handshake(.illegalSASLState, mechanisms: []), "SaslHandshake in the middle of an exchange")
        }
        guard let wanted = SASLMechanism(rawValue: name), authority.mechanisms.contains(wanted) else {
            return .fail(
                SASLFailure(.unsupportedMechanism, "the client asks for a mechanism that is not offered"), nil,
                .handshake(.unsupportedSASLMechanism, mechanisms: offered))
        }
        if let mechanism, mechanism != wanted {
            return .fail(
                SASLFailure(.unsupportedMechanism, "the client signs in anew by another mechanism"), wanted,
                .handshake(.unsupportedSASLMechanism, mechanisms: [mechanism.rawValue]))
        }
        state = .exchange(SASLServerExchange(mechanism: wanted, authority: authority, nonce: nonce))
        expectsBareToken = version == 0
        return .answer(.handshake(.none, mechanisms: offered))
    }

    /// Takes the bytes of a SaslAuthenticate, or a bare token.
    ///
    /// - Parameters:
    ///   - token: the mechanism's bytes.
    ///   - isBare: true for a token without a header.
    ///   - now: milliseconds since 1970.
    ///   - longestSession: for how long a sign-in holds at most, in milliseconds; nil for no bound.
    /// - Returns: what to do next.
    package mutating func token(_ token: [UInt8], isBare: Bool, now: Int64, longestSession: Int64?) -> Action {
        guard case .exchange(var exchange) = state, isBare == expectsBareToken else {
            return illegal(
                .token(
                    .illegalSASLState, message: "SaslAuthenticate without a SaslHandshake before it", token: [],
                    lifetime: 0), "SaslAuthenticate without a SaslHandshake before it")
        }
        let action = exchange.receive(token, now: now)
        return take(action, exchange, now: now, longestSession: longestSession)
    }

    /// Goes on with the verdict of a check.
    package mutating func resume(_ verdict: SASLVerdict, now: Int64, longestSession: Int64?) -> Action {
        guard case .exchange(var exchange) = state else {
            return illegal(.token(.illegalSASLState, message: nil, token: [], lifetime: 0), "a verdict out of turn")
        }
        let action = exchange.resume(verdict)
        return take(action, exchange, now: now, longestSession: longestSession)
    }

    private mutating func take(
        _ action: SASLServerExchange.Action, _ exchange: SASLServerExchange, now: Int64, longestSession: Int64?
    ) -> Action {
        state = .exchange(exchange)
        switch action {
        case .challenge(let token): return .answer(.token(.none, message: nil, token: token, lifetime: 0))
        case .check(let check): return .check(check)
        case .rejected(let failure): return fail(failure, exchange.mechanism)
        case .accepted(let user, let token):
            if let identity, !identity.isSameUser(as: user) {
                return fail(
                    SASLFailure(.invalidCredentials, "the client signs in anew as another user"), exchange.mechanism)
            }
            state = .idle
            expectsBareToken = false
            identity = user
            mechanism = exchange.mechanism
            let ends = [user.expiresAt, longestSession.map { now + $0 }].compactMap(\.self).min()
            endsAt = ends
            return .signedIn(
                user, exchange.mechanism,
                .token(.none, message: nil, token: token, lifetime: ends.map { max(1, $0 - now) } ?? 0))
        }
    }

    private mutating func fail(_ failure: SASLFailure, _ mechanism: SASLMechanism) -> Action {
        state = .idle
        expectsBareToken = false
        return .fail(
            failure, mechanism,
            .token(
                .saslAuthenticationFailed,
                message: "Authentication failed: invalid credentials with SASL mechanism \(mechanism.rawValue)",
                token: [],
                lifetime: 0))
    }

    private mutating func illegal(_ answer: Answer, _ message: String) -> Action {
        state = .idle
        expectsBareToken = false
        return .fail(SASLFailure(.illegalState, message), nil, answer)
    }
}
