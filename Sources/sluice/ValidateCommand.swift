import ArgumentParser
import Settings
import SluiceConfiguration

/// `sluice validate`: checks a configuration.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks a configuration and prints every error in it.",
        discussion: "The exit status is 0 when the proxy would start with it, 1 when not."
    )

    @Option(name: [.customShort("c"), .customLong("config")], help: "The configuration file.")
    var config: String

    func run() throws {
        let loaded = try ConfigurationFile.load(config).configuration
        let counts = [
            (loaded.listeners.count, "listener"), (loaded.clusters.count, "cluster"),
            (loaded.listeners.reduce(0) { $0 + $1.filters.count }, "filter"),
        ]
        let summary = counts.map { "\($0) \($1)\($0 == 1 ? "" : "s")" }.joined(separator: ", ")
        print("\(config): OK (\(summary))")
    }
}
