import ArgumentParser

/// The `sluice` command.
@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "A Kafka-aware layer-7 sidecar proxy.",
        version: BuildInfo.version,
        subcommands: [
            RunCommand.self, ValidateCommand.self, DemoCommand.self, DecodeCommand.self, CheckCommand.self,
            CredentialsCommand.self, ConfigSchemaCommand.self, VersionCommand.self,
        ]
    )
}
