import KafkaClient
import KafkaMessages
import KafkaWire
import NIOCore
import SASL

/// Asks a broker something, on whatever connection there is.
protocol SignInAsking {
    var eventLoop: any EventLoop { get }

    func answer<Request: RequestMessage>(_ request: Request, version: Int16) -> EventLoopFuture<Request.Response>
}

/// One sign-in to a broker: carries out what the state machine says. Lives on one event loop.
final class BrokerSignIn {
    private let signIn: ClusterSignIn
    private let asking: any SignInAsking
    private let promise: EventLoopPromise<Int64?>
    private var exchange: SASLClientExchange?

    /// Kafka 1.0 and later.
    private static let handshakeVersion: Int16 = 1
    /// Kafka 2.5 and later; has the session's lifetime.
    private static let authenticateVersion: Int16 = 2

    private init(_ signIn: ClusterSignIn, _ asking: any SignInAsking) {
        self.signIn = signIn
        self.asking = asking
        promise = asking.eventLoop.makePromise()
    }

    /// Signs in.
    ///
    /// - Returns: for how long it holds, in milliseconds; nil for as long as the connection lasts. Fails with
    ///   ``SASLFailure``, or with the connection's error.
    static func run(_ signIn: ClusterSignIn, _ asking: any SignInAsking) -> EventLoopFuture<Int64?> {
        let one = BrokerSignIn(signIn, asking)
        signIn.credentials(on: asking.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let credentials):
                var exchange = SASLClientExchange(credentials)
                let first = exchange.begin()
                one.exchange = exchange
                one.carryOut(first)
            case .failure(let error): one.promise.fail(error)
            }
        }
        return one.promise.futureResult
    }

    private func next(_ step: (inout SASLClientExchange) -> SASLClientExchange.Action) {
        guard var exchange else { return }
        let action = step(&exchange)
        self.exchange = exchange
        carryOut(action)
    }

    private func carryOut(_ action: SASLClientExchange.Action) {
        switch action {
        case .handshake(let mechanism):
            var request = SaslHandshakeRequest()
            request.mechanism = mechanism.rawValue
            wait(asking.answer(request, version: Self.handshakeVersion)) { answer in
                self.next {
                    $0.handshakeAnswered(errorCode: answer.errorCode.rawValue, mechanisms: answer.mechanisms)
                }
            }
        case .token(let token):
            var request = SaslAuthenticateRequest()
            request.authBytes = ByteBuffer(bytes: token)
            wait(asking.answer(request, version: Self.authenticateVersion)) { answer in
                self.next {
                    $0.tokenAnswered(
                        errorCode: answer.errorCode.rawValue, message: answer.errorMessage,
                        token: Array(answer.authBytes.readableBytesView), lifetime: answer.sessionLifetimeMs)
                }
            }
        case .stretch(let stretching):
            wait(signIn.stretch(stretching, on: asking.eventLoop)) { result in self.next { $0.stretched(result) } }
        case .done(let lifetime): promise.succeed(lifetime)
        case .failed(let failure):
            signIn.refused()
            promise.fail(failure)
        }
    }

    private func wait<Value>(_ future: EventLoopFuture<Value>, _ body: @escaping (Value) -> Void) {
        future.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let value): body(value)
            case .failure(let error): self.promise.fail(error)
            }
        }
    }
}

/// When a session is renewed.
enum SessionRenewal {
    /// After how long, in nanoseconds: at 85 to 95 % of the lifetime, as Kafka's own clients do, so that many
    /// connections that began together are not renewed together.
    static func delay(lifetime: Int64, random: Double = .random(in: 0...1)) -> TimeAmount {
        let nanoseconds = Double(min(lifetime, 86_400_000 * 365)) * 1_000_000 * (0.85 + 0.1 * random)
        return .nanoseconds(Int64(nanoseconds))
    }
}

/// A connection of Sluice's own.
struct OwnConnectionSignIn: SignInAsking {
    let connection: BrokerConnection
    let timeout: TimeAmount

    var eventLoop: any EventLoop { connection.eventLoop }

    func answer<Request: RequestMessage>(_ request: Request, version: Int16) -> EventLoopFuture<Request.Response> {
        connection.ask(request, version: version, clientID: Question.clientID, timeout: timeout)
    }
}

extension ClusterState {
    /// Signs in on a connection of Sluice's own, where the cluster asks for it.
    ///
    /// - Throws: ``SASLFailure``, or the connection's error.
    func signIn(on connection: BrokerConnection) async throws {
        guard let signIn else { return }
        let asking = OwnConnectionSignIn(connection: connection, timeout: connectTimeout)
        _ = try await connection.eventLoop.flatSubmit { BrokerSignIn.run(signIn, asking) }.get()
    }
}
