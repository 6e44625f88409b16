import ArgumentParser
import Settings
import SluiceConfiguration

/// `sluice validate`: checks a configuration, and says what a running proxy would change for it.
struct ValidateCommand: ParsableCommand {
    /// How the difference is printed.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks a configuration and prints every error in it.",
        discussion: """
            The exit status is 0 when the proxy would start with it, 1 when not. With --diff, prints what a running proxy \
            would change if it took this file up, and how many open connections it would drain; nothing is changed.
            """
    )

    @Option(name: [.customShort("c"), .customLong("config")], help: "The configuration file.")
    var config: String

    @Option(
        name: .customLong("diff"),
        help: ArgumentHelp("The admin server of a running proxy, as http://127.0.0.1:9901.", valueName: "url"))
    var proxy: RunningProxy?

    @Option(help: "How the difference is printed: text or json.")
    var format = Format.text

    func run() throws {
        let file = try ConfigurationFile.load(config)
        if proxy == nil || format == .text { print("\(config): OK (\(Self.summary(of: file.configuration)))") }
        guard let proxy else { return }
        let report: ReloadReport
        do throws(RunningProxy.Failure) {
            report = try proxy.report(on: file)
        } catch {
            StandardError.print("sluice: \(error)")
            throw ExitCode(1)
        }
        switch format {
        case .text: print(report.text, terminator: "")
        case .json: print(report.json.prettyPrinted)
        }
    }

    private static func summary(of loaded: ProxyConfiguration) -> String {
        let counts = [
            (loaded.listeners.count, "listener"), (loaded.clusters.count, "cluster"),
            (loaded.listeners.reduce(0) { $0 + $1.filters.count }, "filter"),
        ]
        return counts.map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: ", ")
    }
}
