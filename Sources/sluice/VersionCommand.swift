import ArgumentParser
import TLS

/// `sluice version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Prints the versions of Sluice, of the protocol that it speaks, and of OpenSSL."
    )

    func run() {
        print("sluice \(BuildInfo.version)")
        print("Kafka protocol \(BuildInfo.oldestKafkaVersion) to \(BuildInfo.kafkaVersion)")
        print(TLSLibrary.version)
    }
}
