import Admin
import Logging
import NIOPosix
import ProxyRuntime
import Settings
import SluiceConfiguration
import Synchronization
import Telemetry

/// Reads the configuration file again and has the proxy take it up: on a signal, on request, or when the file changes.
final class Reloader: Sendable {
    /// Who wants it.
    enum Trigger: String {
        case signal
        case admin
        case watch
    }

    /// What was last found at the path of the file.
    private enum Found: Equatable {
        case contents(Int)
        case nothing
    }

    private let proxy: Proxy
    /// Nil where the process has no file.
    private let file: String?
    private let loader: ConfigurationLoader
    private let metrics: ReloadMetrics
    private let logger: Logger
    /// Reading and taking up go together, so that an older version never follows a newer one.
    private let turns = Turns()
    private let latest: Mutex<Found?>
    private let watching = Mutex<(settings: ReloadConfiguration, task: Task<Void, Never>)?>(nil)

    /// Makes a reloader; nothing is watched yet.
    init(proxy: Proxy, file: String?, loader: ConfigurationLoader, metrics: ReloadMetrics, logger: Logger) {
        self.proxy = proxy
        self.file = file
        self.loader = loader
        self.metrics = metrics
        self.logger = logger
        latest = Mutex(proxy.loaded.fingerprint.map { .contents($0) })
    }

    /// Reads the file and takes it up.
    func reload(by trigger: Trigger) async -> ReloadResult {
        guard let file else { return .unsupported }
        return await turns.take { await take(await read(file), by: trigger) }
    }

    /// Reads the file and says what would change.
    func dryRun() async -> ReloadResult {
        guard let file else { return .unsupported }
        switch await read(file).loaded {
        case .failure(let error): return .refused(error.issues.map(\.description))
        case .success(let next): return .accepted(await proxy.preview(next).answer)
        }
    }

    /// Reads the file, and takes it up if there is something else in it than the last time.
    private func reloadIfOther(_ file: String) async {
        await turns.take {
            let read = await read(file)
            guard latest.withLock({ $0 }) != read.found else { return }
            _ = await take(read, by: .watch)
        }
    }

    private struct Read: Sendable {
        let found: Found
        let loaded: Result<LoadedConfiguration, ConfigurationError>
    }

    /// Reads and checks the file, on a thread that may wait for files.
    private func read(_ file: String) async -> Read {
        let loader = loader
        let read = try? await NIOThreadPool.singleton.runIfActive { () -> Read in
            do throws(ConfigurationError) {
                let contents = try loader.contents(of: file)
                let found = Found.contents(ConfigurationLoader.fingerprint(of: contents))
                do throws(ConfigurationError) {
                    return Read(found: found, loaded: .success(try loader.load(contents, file: file)))
                } catch {
                    return Read(found: found, loaded: .failure(error))
                }
            } catch {
                return Read(found: .nothing, loaded: .failure(error))
            }
        }
        let mark = SettingsMark(file: file, line: 0, column: 0)
        let ending = ConfigurationError([SettingsIssue(at: mark, path: "", message: "cannot be read: the process ends")]
        )
        return read ?? Read(found: .nothing, loaded: .failure(ending))
    }

    private func take(_ read: Read, by trigger: Trigger) async -> ReloadResult {
        latest.withLock { $0 = read.found }
        switch read.loaded {
        case .failure(let error): return refused(error.issues.map(\.description), by: trigger)
        case .success(let next):
            do throws(ReloadError) {
                let report = try await proxy.reload(next)
                accepted(report, by: trigger)
                followWatchSettings()
                return .accepted(report.answer)
            } catch {
                switch error {
                case .draining:
                    logger.warning("configuration not reloaded: draining", metadata: ["trigger": "\(trigger)"])
                    return .unavailable("\(error)")
                case .refused(let errors): return refused(errors, by: trigger)
                }
            }
        }
    }

    private func refused(_ errors: [String], by trigger: Trigger) -> ReloadResult {
        metrics.count(.refused)
        logger.error(
            "configuration not reloaded; the former one goes on",
            metadata: ["trigger": "\(trigger)", "errors": "\(errors.count)"])
        for error in errors { logger.error("error in the configuration", metadata: ["error": "\(error)"]) }
        return .refused(errors)
    }

    private func accepted(_ report: ReloadReport, by trigger: Trigger) {
        for change in report.diff.needsRestart {
            logger.warning(
                "a setting has changed that is taken up at the next start", metadata: ["setting": "\(change.path)"])
        }
        guard !report.diff.isEmpty else {
            metrics.count(.unchanged)
            logger.info("configuration read again; nothing has changed", metadata: ["trigger": "\(trigger)"])
            return
        }
        metrics.count(.applied)
        logger.notice(
            "configuration reloaded",
            metadata: [
                "trigger": "\(trigger)", "generation": "\(proxy.generation)", "changes": "\(report.summary)",
                "drained_connections": "\(report.drainedConnections)",
            ])
    }

    // MARK: Watching

    /// Watches the file as the configuration in force says; called again when that has changed.
    func followWatchSettings() {
        guard let file else { return }
        let settings = proxy.loaded.configuration.reload
        watching.withLock { watching in
            guard watching?.settings != settings else { return }
            watching?.task.cancel()
            watching = nil
            guard settings.watch else { return }
            let watch = FileWatch(path: file, interval: settings.interval)
            let task = Task { [self] in await watch.run { await self.reloadIfOther(file) } }
            watching = (settings, task)
        }
    }

    /// Ends the watch, and waits for a reload that it may have begun.
    func endWatch() async {
        let task = watching.withLock { watching in
            defer { watching = nil }
            watching?.task.cancel()
            return watching?.task
        }
        await task?.value
    }
}

extension ReloadReport {
    /// For the admin server.
    var answer: ReloadAnswer { ReloadAnswer(text: text, json: json) }
}
