import Logging
import NIOCore
import NIOPosix
import SASL
import Settings
import SluiceConfiguration
import Synchronization
import TLS

/// What becomes of the SASL of a listener's clients.
enum ClientSignIn: Sendable {
    /// It passes to the broker, and is watched for who the client is: by this claim of a token.
    case passes(principalClaim: String)
    /// Sluice answers in the broker's place.
    case terminates(ListenerSignIn)
    /// Nobody is to sign in: Sluice does that with the broker, in all clients' place.
    case refuses

    /// Makes what a listener is configured for.
    ///
    /// - Throws: what is wrong with a file.
    init(_ listener: ListenerConfiguration, cluster: ClusterState, logger: Logger) throws(SettingProblem) {
        switch listener.sasl {
        case .terminate(let configuration):
            self = .terminates(
                try ListenerSignIn(
                    configuration, listener: listener.name, group: MultiThreadedEventLoopGroup.singleton,
                    logger: logger))
        case .passThrough(let claim): self = cluster.signIn == nil ? .passes(principalClaim: claim) : .refuses
        }
    }
}

/// What a listener that signs clients in itself checks them by, for all event loops: users, keys of tokens, and the
/// failures of addresses. Files are read anew when they change.
package final class ListenerSignIn: Sendable {
    let configuration: SASLTerminationConfiguration
    private let listener: String
    private let logger: Logger
    private let credentials: WatchedFile<CredentialTable>?
    private let keyFile: WatchedFile<JSONWebKeySet>?
    private let fetchedKeys: FetchedKeys?
    private let delays: Mutex<FailureDelays>
    private let files = Repeating()

    /// How often files are looked at.
    private static let interval = Duration.seconds(1)

    /// Reads the files.
    ///
    /// - Throws: what is wrong with one of them.
    init(
        _ configuration: SASLTerminationConfiguration, listener: String, group: any EventLoopGroup, logger: Logger
    ) throws(SettingProblem) {
        self.configuration = configuration
        self.listener = listener
        self.logger = logger
        delays = Mutex(FailureDelays(configuration.delays))
        if let path = configuration.credentialsFile {
            credentials = try WatchedFile<CredentialTable>.credentials(path)
        } else {
            credentials = nil
        }
        switch configuration.keys {
        case .file(let path)?:
            keyFile = try WatchedFile<JSONWebKeySet>.keySet(path)
            fetchedKeys = nil
        case .url(let address, let authorities, let refresh)?:
            keyFile = nil
            do throws(TLSError) {
                fetchedKeys = try FetchedKeys(
                    address, authorityFiles: authorities, refresh: refresh, group: group, logger: logger)
            } catch {
                throw SettingProblem("\(error)")
            }
        case nil:
            keyFile = nil
            fetchedKeys = nil
        }
        files.begin(every: Self.interval) { [weak self] in await self?.look() ?? false }
    }

    /// What clients are checked by now.
    var authority: SASLAuthority {
        SASLAuthority(
            mechanisms: configuration.mechanisms, credentials: credentials?.value ?? .empty,
            keys: keyFile?.value ?? fetchedKeys?.keys ?? .empty, tokenRules: configuration.tokenRules,
            longestSession: longestSession)
    }

    /// For how long a sign-in holds at most, in milliseconds.
    var longestSession: Int64? { configuration.maxSession?.milliseconds }

    // MARK: Checks

    /// Does a check away from the event loop.
    ///
    /// - Returns: its verdict, on the loop; a failure that is counted as unavailable where too much waits.
    func perform(_ check: SASLCheck, on loop: any EventLoop) -> EventLoopFuture<SASLVerdict> {
        SlowWork.shared.perform(on: loop) { check.perform() }.flatMap { [self] verdict in
            guard case .unknownKey = verdict, case .token(let asked) = check, let fetchedKeys else {
                return loop.makeSucceededFuture(verdict)
            }
            // The key may be a new one: ask for the keys, then look once more.
            return fetchedKeys.refreshForUnknownKey(on: loop).flatMap { keys in
                guard let keys else { return loop.makeSucceededFuture(verdict) }
                return SlowWork.shared.perform(on: loop) {
                    var again = asked
                    again.keys = keys
                    return again.perform()
                }
            }
        }.flatMapErrorThrowing { _ in .rejected(SASLFailure(.unavailable, "too many sign-ins wait for their turn")) }
    }

    // MARK: Failures

    /// True if an address may try to sign in.
    func admits(_ address: String) -> Bool {
        delays.withLock { $0.admits(Self.key(address), now: Self.now) }
    }

    /// Notes a failure.
    ///
    /// - Returns: for how long the answer is to be held back.
    func failed(_ address: String) -> TimeAmount {
        let delay = delays.withLock { $0.failed(Self.key(address), now: Self.now) }
        return .milliseconds(delay.milliseconds)
    }

    private static var now: Duration { .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }

    /// What failures are counted under: an IPv4 address, or the /64 of an IPv6 address, in which one host has as many
    /// as it likes.
    static func key(_ address: String) -> String {
        guard let parsed = IPAddress(address), parsed.isIPv6,
            let network = IPAddress(bytes: Array(parsed.bytes.prefix(8)) + [UInt8](repeating: 0, count: 8))
        else { return address }
        return "\(network)/64"
    }

    // MARK: Files

    private func look() async -> Bool {
        await look(credentials)
        await look(keyFile)
        return true
    }

    private func look<Value>(_ file: WatchedFile<Value>?) async {
        guard let file else { return }
        let look = try? await NIOThreadPool.singleton.runIfActive { file.look() }
        switch look {
        case .changed:
            logger.info("file read anew", metadata: ["listener": "\(listener)", "file": "\(file.path)"])
        case .invalid(let problem):
            logger.error(
                "file cannot be read; what it said before stays in force",
                metadata: ["listener": "\(listener)", "file": "\(file.path)", "error": "\(problem)"])
        case .unchanged, nil: break
        }
    }
}
