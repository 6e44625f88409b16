internal import ArgumentParser

/// `sluice demo`: an embedded three-broker Kafka cluster and the proxy before it, to try at once.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show Sluice at work: an embedded three-broker Kafka cluster with Sluice before it.",
        discussion: """
            Starts everything inside this process, sends records through, shows the interesting lines of /stats, and \
            stops again. Needs librdkafka (Debian: librdkafka1).
            """
    )

    @Flag(help: "Keep the cluster and Sluice running after the steps, until interrupted.")
    var keepRunning = false

    @Option(help: "How many records to send.")
    var records = 1000

    func validate() throws {
        guard (1...1_000_000).contains(records) else {
            throw ValidationError("--records must be from 1 to 1,000,000")
        }
    }

    func run() async throws {
        let demo = Demo(records: records, keepRunning: keepRunning) { file in
            try await runProxy(configurationFile: file)
        }
        do {
            try await demo.run()
        } catch {
            StandardError.print("The demo failed: \(error)")
            throw ExitCode(1)
        }
    }
}
