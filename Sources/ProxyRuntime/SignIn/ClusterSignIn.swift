import Logging
import NIOCore
import NIOPosix
import SASL
import Settings
import SluiceConfiguration
import Synchronization
import TLS

/// What Sluice signs in to a cluster's brokers with, for all event loops. Secrets are read anew when they change.
package final class ClusterSignIn: Sendable {
    /// How the brokers are signed in to.
    let mechanism: SASLMechanism
    private let configuration: ClusterSASLConfiguration
    private let cluster: String
    private let logger: Logger
    private let secret: WatchedSecret
    private let tokens: FetchedToken?
    private let turns = Repeating()
    /// What was stretched last: all brokers of a cluster give one salt, so one result does for all connections.
    private let stretched = Mutex<(ScramClient.Stretching, [UInt8])?>(nil)

    /// How often files are looked at.
    private static let interval = Duration.seconds(1)

    /// Reads the secret.
    ///
    /// - Throws: what is wrong with it.
    init(
        _ configuration: ClusterSASLConfiguration, cluster: String, group: any EventLoopGroup, logger: Logger
    ) throws(SettingProblem) {
        self.configuration = configuration
        self.cluster = cluster
        self.logger = logger
        mechanism = configuration.mechanism
        switch configuration.credentials {
        case .password(_, _, let source, _), .token(let source, _):
            secret = try WatchedSecret(source)
            tokens = nil
        case .clientCredentials(let client, _):
            let watched = try WatchedSecret(client.clientSecret)
            secret = watched
            do throws(TLSError) {
                tokens = try FetchedToken(client, secret: watched, group: group, logger: logger)
            } catch {
                throw SettingProblem("\(error)")
            }
        }
        turns.begin(every: Self.interval) { [weak self] in
            guard let self else { return false }
            await self.look()
            return true
        }
    }

    /// What to sign in with now.
    func credentials(on loop: any EventLoop) -> EventLoopFuture<SASLCredentials> {
        switch configuration.credentials {
        case .password(let mechanism, let username, _, let isDelegationToken):
            return loop.makeSucceededFuture(
                .password(
                    mechanism: mechanism, username: username, password: Array(secret.value.utf8),
                    isDelegationToken: isDelegationToken))
        case .token(_, let extensions):
            return credentials(token: Array(secret.value.utf8), extensions, on: loop)
        case .clientCredentials(_, let extensions):
            guard let tokens else { return loop.makeFailedFuture(SASLFailure(.unavailable, "no token")) }
            return tokens.token(on: loop).flatMap { self.credentials(token: $0, extensions, on: loop) }
        }
    }

    private func credentials(
        token: [UInt8], _ extensions: [String: String], on loop: any EventLoop
    ) -> EventLoopFuture<SASLCredentials> {
        guard OAuthBearerMessage.isToken(token) else {
            return loop.makeFailedFuture(SASLFailure(.unavailable, "the token has characters in it that none can have"))
        }
        let sorted = extensions.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
        return loop.makeSucceededFuture(.token(token, extensions: sorted))
    }

    /// Stretches a password away from the event loop, unless that has just been done.
    func stretch(_ stretching: ScramClient.Stretching, on loop: any EventLoop) -> EventLoopFuture<[UInt8]> {
        if let known = stretched.withLock({ $0 }), known.0 == stretching {
            return loop.makeSucceededFuture(known.1)
        }
        return SlowWork.shared.perform(on: loop) { stretching.perform() }.map { [self] result in
            stretched.withLock { $0 = (stretching, result) }
            return result
        }
    }

    /// A sign-in was refused: what was at hand may be outdated.
    func refused() {
        tokens?.forget()
    }

    private func look() async {
        let secret = secret
        guard case .file(let path) = secret.source else { return }
        switch try? await NIOThreadPool.singleton.runIfActive({ secret.look() }) {
        case .changed:
            tokens?.forget()
            logger.info("secret read anew", metadata: ["cluster": "\(cluster)", "file": "\(path)"])
        case .invalid(let problem):
            logger.error(
                "secret cannot be read; the former one stays in force",
                metadata: ["cluster": "\(cluster)", "file": "\(path)", "error": "\(problem)"])
        case .unchanged, nil: break
        }
    }
}

/// A secret that is read anew when its file changes.
final class WatchedSecret: Sendable {
    let source: Secret.Source
    private let file: WatchedFile<Secret>?
    private let fixed: Secret?

    init(_ source: Secret.Source) throws(SettingProblem) {
        self.source = source
        switch source {
        case .variable:
            fixed = try source.reveal().get()
            file = nil
        case .file(let path):
            fixed = nil
            file = try WatchedFile(path: path, maxSize: Int(clamping: Secret.maxFileSize.bytes)) { _ in source.reveal()
            }
        }
    }

    /// The secret itself.
    var value: String { file?.value.revealed ?? fixed?.revealed ?? "" }

    func look() -> WatchedFile<Secret>.Look { file?.look() ?? .unchanged }
}
