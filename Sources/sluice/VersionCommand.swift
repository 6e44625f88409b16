import ArgumentParser
import KafkaRecords
import TLS

/// `sluice version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract:
            "Prints the versions of Sluice, of the protocol that it speaks, and of the libraries that it runs with."
    )

    func run() {
        print("sluice \(BuildInfo.version)")
        print("Kafka protocol \(BuildInfo.oldestKafkaVersion) to \(BuildInfo.kafkaVersion)")
        print(TLSLibrary.version)
        print(CompressionCodec.allCases.compactMap(\.library).joined(separator: ", "))
    }
}
