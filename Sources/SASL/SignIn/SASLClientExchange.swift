/// What Sluice signs in to brokers with.
package enum SASLCredentials: Sendable {
    /// With a name and a password, by PLAIN or SCRAM. With `isDelegationToken` the name is a token's ID and the
    /// password its HMAC (KIP-48), by SCRAM alone.
    case password(mechanism: SASLMechanism, username: String, password: [UInt8], isDelegationToken: Bool)
    /// With a token that somebody has issued, by OAUTHBEARER.
    case token([UInt8], extensions: [(name: String, value: String)])

    /// How they are shown to the broker.
    package var mechanism: SASLMechanism {
        switch self {
        case .password(let mechanism, _, _, _): mechanism
        case .token: .oauthBearer
        }
    }
}

/// Signing in to a broker: SaslHandshake, then as many SaslAuthenticate as the mechanism takes; without I/O.
package struct SASLClientExchange: Sendable {
    /// What to do next.
    package enum Action: Sendable {
        /// Ask for the mechanism, in a SaslHandshake of version 1.
        case handshake(SASLMechanism)
        /// Send this in a SaslAuthenticate.
        case token([UInt8])
        /// Do this away from the event loop, and hand its result to ``stretched(_:)``.
        case stretch(ScramClient.Stretching)
        /// Signed in, for this many milliseconds; nil for as long as the connection lasts.
        case done(lifetime: Int64?)
        /// Not signed in: the connection is of no use.
        case failed(SASLFailure)
    }

    private enum State {
        case start
        case sentHandshake
        case sentPlain
        case sentScramFirst(ScramClient)
        case stretching(ScramClient)
        case sentScramFinal(ScramClient)
        case sentToken
        case acknowledged(SASLFailure)
        case done
    }

    private let credentials: SASLCredentials
    private let nonce: [UInt8]
    private var state = State.start

    /// Begins an exchange.
    package init(_ credentials: SASLCredentials, nonce: [UInt8] = RandomBytes.nonce()) {
        self.credentials = credentials
        self.nonce = nonce
    }

    /// The first step.
    package mutating func begin() -> Action {
        state = .sentHandshake
        return .handshake(credentials.mechanism)
    }

    /// Takes the answer to SaslHandshake.
    ///
    /// - Parameters:
    ///   - errorCode: 0 for yes.
    ///   - mechanisms: what the broker offers.
    /// - Returns: the next step.
    package mutating func handshakeAnswered(errorCode: Int16, mechanisms: [String]) -> Action {
        guard case .sentHandshake = state else { return fail(Self.outOfTurn) }
        guard errorCode == 0 else {
            let offered = mechanisms.prefix(16).joined(separator: ", ")
            return fail(
                SASLFailure(
                    .unsupportedMechanism,
                    "the broker does not take \(credentials.mechanism.rawValue) (error \(errorCode)); it offers "
                        + (offered.isEmpty ? "nothing" : offered)))
        }
        switch credentials {
        case .password(.plain, let username, let password, _):
            state = .sentPlain
            return .token(PlainMessage(username: username, password: password).bytes)
        case .password(let mechanism, let username, let password, let isDelegationToken):
            guard let hash = mechanism.scramHash else { return fail(Self.outOfTurn) }
            var client = ScramClient(
                hash: hash, username: username, password: password, isDelegationToken: isDelegationToken, nonce: nonce)
            let first = client.begin()
            state = .sentScramFirst(client)
            return .token(first)
        case .token(let token, let extensions):
            state = .sentToken
            return .token(OAuthBearerMessage(token: token, extensions: extensions).bytes)
        }
    }

    /// Takes the answer to SaslAuthenticate.
    ///
    /// - Parameters:
    ///   - errorCode: 0 for going on, or done.
    ///   - message: the broker's words; nil if it has none.
    ///   - token: what the mechanism says.
    ///   - lifetime: for how long the sign-in holds, in milliseconds; 0 or less for ever.
    /// - Returns: the next step.
    package mutating func tokenAnswered(errorCode: Int16, message: String?, token: [UInt8], lifetime: Int64) -> Action {
        guard errorCode == 0 else {
            if case .acknowledged(let failure) = state { return fail(failure) }
            return fail(
                SASLFailure(
                    .rejected,
                    "the broker refuses: \(message.map(Self.shown) ?? "without a reason") (error \(errorCode))"))
        }
        do throws(SASLFailure) {
            switch state {
            case .sentPlain: return succeed(lifetime)
            case .sentScramFirst(var client):
                let stretching = try client.receiveFirst(token)
                state = .stretching(client)
                return .stretch(stretching)
            case .sentScramFinal(var client):
                try client.receiveFinal(token)
                return succeed(lifetime)
            case .sentToken:
                if token.isEmpty { return succeed(lifetime) }
                let reason = Self.shown(String(decoding: token.prefix(1024), as: UTF8.self))
                state = .acknowledged(SASLFailure(.rejected, "the broker refuses the token: \(reason)"))
                return .token(OAuthBearerMessage.acknowledgement)
            case .acknowledged(let failure): throw failure
            case .start, .sentHandshake, .stretching, .done: throw Self.outOfTurn
            }
        } catch {
            return fail(error)
        }
    }

    /// Takes the result of a ``Action/stretch(_:)``.
    package mutating func stretched(_ result: [UInt8]) -> Action {
        guard case .stretching(var client) = state else { return fail(Self.outOfTurn) }
        do throws(SASLFailure) {
            let message = try client.finalMessage(stretched: result)
            state = .sentScramFinal(client)
            return .token(message)
        } catch {
            return fail(error)
        }
    }

    private static var outOfTurn: SASLFailure { SASLFailure(.illegalState, "an answer is out of turn") }

    private mutating func fail(_ failure: SASLFailure) -> Action {
        state = .done
        return .failed(failure)
    }

    private mutating func succeed(_ lifetime: Int64) -> Action {
        state = .done
        return .done(lifetime: lifetime > 0 ? lifetime : nil)
    }

    /// A broker's words as they may stand in a log.
    private static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(512).map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
