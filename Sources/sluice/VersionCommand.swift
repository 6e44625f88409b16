import ArgumentParser

/// `sluice version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Prints the version of Sluice and of the protocol that it speaks."
    )

    func run() {
        print("sluice \(BuildInfo.version)")
        print("Kafka protocol \(BuildInfo.oldestKafkaVersion) to \(BuildInfo.kafkaVersion)")
    }
}
