/// Watches an exchange between a client and a broker: who the client is, once the broker has accepted it. The broker
/// alone decides; nothing is checked here.
package struct SASLPassage: Sendable {
    private enum State {
        case idle
        /// The client has asked for a mechanism.
        case asked(SASLMechanism?)
        /// The broker has agreed; the client's first token is to come.
        case chosen(SASLMechanism)
        /// A token is with the broker, whose yes makes the client this user; nil if the name cannot be told.
        case claimed(SASLMechanism, name: String?)
        /// The first half of SCRAM is over; the client's final message is to come.
        case halfway(SASLMechanism, name: String?)
        /// The client's final message of SCRAM is with the broker.
        case proving(SASLMechanism, name: String?)
        /// The broker has agreed to a mechanism of which nothing is known but that it answers with an error code.
        case foreign(Foreign)
    }

    /// How far an exchange of an unknown mechanism has come.
    private enum Foreign {
        /// The broker has answered no token.
        case begun
        /// It has answered one, and may be content.
        case answered
        /// It was said that the client is signed in.
        case accepted
    }

    /// What an answer of the broker has changed.
    package enum Outcome: Sendable, Equatable {
        /// Nothing yet.
        case pending
        /// The client is signed in. The name is nil where it cannot be told: by a delegation token, whose owner only
        /// the broker knows, a token that is not a JSON Web Token, or a mechanism that is not known.
        case accepted(name: String?, mechanism: SASLMechanism?)
        /// The broker has said no.
        case refused(mechanism: SASLMechanism?)
    }

    private let principalClaim: String
    private var state = State.idle

    /// - Parameter principalClaim: which claim of a token names its user.
    package init(principalClaim: String = "sub") {
        self.principalClaim = principalClaim
    }

    /// The client asks for a mechanism.
    package mutating func handshake(mechanism: String) {
        state = .asked(SASLMechanism(rawValue: mechanism))
    }

    /// The broker has answered that.
    package mutating func handshakeAnswered(errorCode: Int16) {
        guard case .asked(let mechanism) = state else { return }
        guard errorCode == 0 else {
            state = .idle
            return
        }
        state = mechanism.map { .chosen($0) } ?? .foreign(.begun)
    }

    /// True while the client's next request, if the broker takes one, is what shows that it is signed in.
    package var isOpen: Bool {
        if case .foreign(.answered) = state { return true }
        return false
    }

    /// The client sends a request that is no part of a sign-in. Of an unknown mechanism it cannot be told which answer is
    /// the last one; but clients do not go on before the broker is content, nor do brokers let them.
    package mutating func requested() -> Outcome {
        guard isOpen else { return .pending }
        state = .idle
        return .accepted(name: nil, mechanism: nil)
    }

    /// The client sends a token.
    package mutating func sent(_ token: [UInt8]) {
        switch state {
        case .chosen(let mechanism): state = .claimed(mechanism, name: claimedName(mechanism, token))
        case .halfway(let mechanism, let name): state = .proving(mechanism, name: name)
        case .claimed(let mechanism, _) where mechanism == .oauthBearer:
            // The client has heard the reasons of a refusal.
            state = .claimed(mechanism, name: nil)
        case .foreign: break
        case .idle, .asked, .claimed, .proving: state = .idle
        }
    }

    /// The broker has answered that.
    package mutating func answered(errorCode: Int16, token: [UInt8]) -> Outcome {
        switch state {
        case .idle, .asked, .chosen, .halfway: return .pending
        case .foreign(let stage):
            guard errorCode == 0 else {
                state = .idle
                return .refused(mechanism: nil)
            }
            if case .accepted = stage { return .pending }
            // As GSSAPI ends. Others may have last words: see `requested()`.
            state = .foreign(token.isEmpty ? .accepted : .answered)
            return token.isEmpty ? .accepted(name: nil, mechanism: nil) : .pending
        case .claimed(let mechanism, let name):
            guard errorCode == 0 else { return refused(mechanism) }
            switch mechanism {
            case .plain: return accepted(name, mechanism)
            case .oauthBearer:
                // Reasons in the place of nothing: the broker is about to refuse.
                return token.isEmpty ? accepted(name, mechanism) : .pending
            case .scramSHA256, .scramSHA512:
                state = .halfway(mechanism, name: name)
                return .pending
            }
        case .proving(let mechanism, let name):
            // Whoever does not know the password gets an error code, or `e=`.
            guard errorCode == 0, token.starts(with: "v=".utf8) else { return refused(mechanism) }
            return accepted(name, mechanism)
        }
    }

    private mutating func accepted(_ name: String?, _ mechanism: SASLMechanism) -> Outcome {
        state = .idle
        return .accepted(name: name, mechanism: mechanism)
    }

    private mutating func refused(_ mechanism: SASLMechanism) -> Outcome {
        state = .idle
        return .refused(mechanism: mechanism)
    }

    private func claimedName(_ mechanism: SASLMechanism, _ token: [UInt8]) -> String? {
        switch mechanism {
        case .plain:
            return try? PlainMessage(reading: token).username
        case .scramSHA256, .scramSHA512:
            guard let message = try? ScramClientFirst(reading: token), !message.isDelegationToken else { return nil }
            return message.username
        case .oauthBearer:
            guard let message = try? OAuthBearerMessage(reading: token),
                let token = try? JSONWebToken(reading: message.token), let name = token.text(principalClaim),
                !name.isEmpty, name.utf8.count <= PlainMessage.longestName
            else { return nil }
            return name
        }
    }
}
