import ArgumentParser
import Logging
import SluiceConfiguration
import Telemetry

/// How log lines look, as an option.
enum LogFormatOption: String, ExpressibleByArgument, CaseIterable {
    case text
    case json

    var format: LogFormat { self == .text ? .text : .json }
}

/// The level of the log, as an option.
struct LogLevelOption: ExpressibleByArgument {
    let level: Logger.Level

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument) else { return nil }
        self.level = level
    }

    init(_ level: Logger.Level) {
        self.level = level
    }

    var defaultValueDescription: String { level.rawValue }

    static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }
}

/// `sluice run`: the proxy.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the proxy.",
        discussion: """
            SIGTERM and SIGINT drain and end it; a second one ends it at once. SIGHUP reads the configuration again and \
            takes up what has changed, or nothing if there are errors. SIGUSR1 opens log files anew. Exits 1 \
            if the configuration has errors or an address is in use.
            """
    )

    @Option(name: [.customShort("c"), .customLong("config")], help: "The configuration file.")
    var config: String

    @Option(help: "What is logged.")
    var logLevel = LogLevelOption(.info)

    @Option(help: "How it is logged: text or json.")
    var logFormat = LogFormatOption.text

    @Option(help: "How many event loops serve clients; by default one a core.")
    var concurrency: Int?

    func validate() throws {
        if let concurrency, !(1...1024).contains(concurrency) {
            throw ValidationError("--concurrency is from 1 to 1024")
        }
    }

    func run() async throws {
        Allocator.tune()
        let level = LogLevelControl(logLevel.level)
        let sink = LogSink(format: logFormat.format)
        LineLogHandler.bootstrap(level: level, sink: sink)
        defer { _ = sink.flush() }
        let loaded = try ConfigurationFile.load(config)
        let server = try ProxyServer(
            loaded: loaded, file: config, concurrency: concurrency, level: level, sink: sink,
            logger: Logger(label: "sluice"))
        do {
            try await server.run(signals: true)
        } catch {
            StandardError.print("sluice: \(error)")
            throw ExitCode(1)
        }
    }
}

/// Reads configuration files with the filters that there are.
enum ConfigurationFile {
    /// Knows the filters and the APIs that there are.
    static let loader = ConfigurationLoader(filterTypes: BuiltInFilters.types, apis: KnownAPIs.names)

    /// The configuration, or all of its errors on standard error and exit status 1.
    static func load(_ path: String) throws -> LoadedConfiguration {
        do throws(ConfigurationError) {
            return try loader.load(path: path)
        } catch {
            StandardError.print(error.description)
            let count = error.issues.count
            StandardError.print(count == 1 ? "1 error" : "\(count) errors")
            throw ExitCode(1)
        }
    }
}
