import Logging
import NIOCore
import SASL
import Settings
import SluiceConfiguration
import Synchronization
import TLS
import WebClient

/// A token that is asked for by client credentials (RFC 6749 §4.4), and kept until it is about to expire.
final class FetchedToken: Sendable {
    private struct State {
        var token: [UInt8]?
        /// From when on another is asked for.
        var renewAt = NIODeadline.uptimeNanoseconds(0)
        var asking: EventLoopFuture<[UInt8]>?
    }

    private let configuration: OAuthClientConfiguration
    private let client: WebClient
    private let secret: WatchedSecret
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())

    private static let timeout = TimeAmount.seconds(10)
    private static let largestAnswer = 256 * 1024
    /// For a token whose endpoint does not say how long it holds.
    private static let usualLifetime: Int64 = 300

    /// - Throws: what is wrong with a file of CAs.
    init(
        _ configuration: OAuthClientConfiguration, secret: WatchedSecret, group: any EventLoopGroup, logger: Logger
    ) throws(TLSError) {
        self.configuration = configuration
        client = try WebClient(
            isSecure: configuration.endpoint.isSecure, authorityFiles: configuration.authorityFiles)
        self.secret = secret
        self.group = group
        self.logger = logger
    }

    /// The next sign-in asks for another token.
    func forget() {
        state.withLock { $0.token = nil }
    }

    /// A token: the one at hand, or a new one. Who comes while it is asked for waits for the same.
    func token(on loop: any EventLoop) -> EventLoopFuture<[UInt8]> {
        let asking = group.next()
        let promise = asking.makePromise(of: [UInt8].self)
        let found = state.withLock { state -> EventLoopFuture<[UInt8]>? in
            if let token = state.token, state.renewAt > .now() { return loop.makeSucceededFuture(token) }
            if let running = state.asking { return running }
            state.asking = promise.futureResult
            return nil
        }
        if let found {
            promise.fail(ChannelError.alreadyClosed)
            return found.hop(to: loop)
        }
        ask(on: asking).whenComplete { [self] result in
            state.withLock { state in
                state.asking = nil
                guard case .success(let (token, lifetime)) = result else { return }
                state.token = token
                state.renewAt = .now() + .seconds(lifetime * 4 / 5)
            }
            switch result {
            case .success(let (token, _)): promise.succeed(token)
            case .failure(let error):
                logger.error(
                    "no token to be had",
                    metadata: ["from": "\(configuration.endpoint)", "error": "\(error)"])
                promise.fail(SASLFailure(.unavailable, "no token to be had from \(configuration.endpoint): \(error)"))
            }
        }
        return promise.futureResult.hop(to: loop)
    }

    private func ask(on loop: any EventLoop) -> EventLoopFuture<([UInt8], Int64)> {
        var form = [(name: "grant_type", value: "client_credentials")]
        if let scope = configuration.scope { form.append(("scope", scope)) }
        // RFC 6749 §2.3.1: each part is written as in a form before it becomes base64.
        let basic = "\(FormText.encode(configuration.clientID)):\(FormText.encode(secret.value))"
        let request = WebRequest.form(
            configuration.endpoint, form,
            fields: [("Authorization", "Basic \(Base64.encode(Array(basic.utf8)))")])
        return client.send(request, on: loop, timeout: Self.timeout, largest: Self.largestAnswer).flatMapThrowing {
            let json = try JSONText.parse($0.requireOK())
            guard case .string(let token)? = json["access_token"], OAuthBearerMessage.isToken(Array(token.utf8)) else {
                throw SASLFailure(.malformed, "the answer has no access_token")
            }
            var lifetime = Self.usualLifetime
            if case .integer(let seconds)? = json["expires_in"], seconds > 0 { lifetime = min(Int64(seconds), 86_400) }
            return (Array(token.utf8), lifetime)
        }
    }
}
