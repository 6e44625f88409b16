import KafkaMessages
import KafkaWire
import SASL

/// What one client may send, where Sluice signs clients in or lets none sign in. Belongs to the client's connection.
final class SignInGate {
    /// What clients are checked by; nil where none is to sign in.
    let service: ListenerSignIn?
    /// Where the client's sign-in stands.
    var termination = SASLTermination()

    init(_ service: ListenerSignIn?) {
        self.service = service
    }

    /// True if a frame of that size is taken: from whom nobody knows, no larger one than signing in needs.
    func admits(size: Int) -> Bool {
        service == nil || termination.identity != nil || size <= SASLTermination.maxSize
    }
}

extension APIKey {
    /// True for the APIs by which clients sign in.
    var isSASL: Bool { self == .saslHandshake || self == .saslAuthenticate }
}
