import Admin
import Logging
import NIOCore
import NIOPosix
import ProxyRuntime
import ServiceLifecycle
import Settings
import SluiceConfiguration
import Synchronization
import TLS
import Telemetry
import UnixSignals

/// The whole process: the proxy, its admin server, its signals.
final class ProxyServer: Sendable {
    let proxy: Proxy
    let status: ServerStatus
    private let registry: MetricsRegistry
    private let inspection: Inspection
    private let reloader: Reloader
    private let logger: Logger

    /// Makes the server; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - loaded: the configuration.
    ///   - file: where it was read, and is read again; nil if it is not to be.
    ///   - concurrency: event loops; nil for one a core.
    ///   - level: the level of the log.
    ///   - sink: where the log goes; nil where somebody else owns it.
    ///   - logger: for everything that is not a request.
    /// - Throws: what a filter cannot do without, for instance a file that cannot be opened.
    init(
        loaded: LoadedConfiguration, file: String?, concurrency: Int?, level: LogLevelControl, sink: LogSink?,
        logger: Logger
    ) throws {
        let registry = MetricsRegistry()
        ProcessMetrics.declare(in: registry)
        BuildInformation(
            version: BuildInfo.version, kafkaVersion: BuildInfo.kafkaVersion, opensslVersion: TLSLibrary.version
        ).declare(in: registry)
        sink?.declareMetrics(in: registry)
        self.registry = registry
        self.logger = logger
        proxy = try Proxy(
            loaded, filters: BuiltInFilters.all, concurrency: concurrency ?? System.coreCount, registry: registry,
            logger: logger)
        status = ServerStatus()
        reloader = Reloader(
            proxy: proxy, file: file, loader: ConfigurationFile.loader, metrics: ReloadMetrics(registry: registry),
            logger: logger)
        inspection = Inspection(proxy: proxy, status: status, reloader: reloader, file: file, level: level)
    }

    /// Runs until a signal, `/quitquitquit` or the cancellation of the task ends it, and drains.
    ///
    /// - Parameter signals: whether to heed signals; false where the process is not the proxy's own.
    /// - Throws: ``BindError`` or the admin server's error if an address cannot be had.
    func run(signals: Bool) async throws {
        // Cancelled is another way to be asked to quit: what is in flight is answered all the same.
        try await withTaskCancellationHandler {
            try await Task { [self] in try await serve(signals: signals) }.value
        } onCancel: {
            _ = status.quit()
        }
    }

    private func serve(signals: Bool) async throws {
        let admin = proxy.loaded.configuration.admin
        let server = AdminServer(
            configuration: Admin.AdminConfiguration(
                address: .init(host: admin.address.host, port: admin.address.port),
                publicAddress: admin.publicAddress.map { .init(host: $0.host, port: $0.port) }),
            inspection: inspection, registry: registry, eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger)
        // Before anything is open, so that no signal finds the process without an ear for it.
        let trapped: UnixSignalsSequence? =
            signals ? await UnixSignalsSequence(trapping: .sigterm, .sigint, .sigusr1, .sighup) : nil
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            if let trapped { tasks.addTask { [self] in await heed(trapped) } }
            let group = ServiceGroup(configuration: .init(services: [server], logger: QuietLogger.make(logger)))
            let adminTask = Task { try await group.run() }
            tasks.addTask { try await adminTask.value }
            do {
                try await proxy.open()
            } catch {
                await proxy.shutDown()
                await group.triggerGracefulShutdown()
                _ = await adminTask.result
                tasks.cancelAll()
                throw error
            }
            status.set(.live)
            for listener in proxy.listeners {
                logger.info(
                    "listening",
                    metadata: [
                        "listener": "\(listener.name)", "address": "\(listener.configuration.address)",
                        "cluster": "\(listener.cluster.name)",
                    ])
            }
            proxy.beginWatch()
            reloader.followWatchSettings()
            tasks.addTask { [self] in
                await status.waitForQuit()
                try Task.checkCancellation()
                throw QuitError()
            }
            var failure: (any Error)?
            do {
                // What ends first ends all: a request to quit, or an admin server that cannot listen.
                while try await tasks.next() != nil {}
            } catch is QuitError {
            } catch is CancellationError {
            } catch {
                failure = error
            }
            status.set(.draining)
            logger.info("draining")
            // A reload that is under way comes to its end first.
            await Task { [reloader] in await reloader.endWatch() }.value
            // Not cancelled with the task that asked for it: what is in flight is to be answered.
            _ = await Task { [proxy] in await proxy.drain() }.value
            proxy.endStreams()
            await group.triggerGracefulShutdown()
            _ = await adminTask.result
            // The watch of the clusters uses the event loops that end next.
            await Task { [proxy] in
                await proxy.endWatch()
                await proxy.shutDown()
            }.value
            tasks.cancelAll()
            if let failure { throw failure }
            logger.info("stopped")
        }
    }

    private func heed(_ signals: UnixSignalsSequence) async {
        // A reload takes its time, and a signal to quit does not wait for it. Signals that come meanwhile are one more.
        let (reloads, asked) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { [reloader] in
                for await _ in reloads { _ = await reloader.reload(by: .signal) }
            }
            for await signal in signals {
                switch signal {
                case .sigusr1:
                    proxy.reopenFiles()
                    logger.info("log files opened anew")
                case .sighup:
                    asked.yield()
                default:
                    if !status.quit() { ExitNow.exit() }
                }
            }
            asked.finish()
        }
    }

    /// The way in which a request to quit ends the group of tasks.
    private struct QuitError: Error {}
}

/// A logger for libraries whose everyday messages are of no use to an operator.
enum QuietLogger {
    /// The logger, from warnings on.
    static func make(_ logger: Logger) -> Logger {
        var quiet = logger
        if quiet.logLevel > .debug { quiet.logLevel = .warning }
        return quiet
    }
}
