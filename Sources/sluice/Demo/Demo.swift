internal import EmbeddedCluster
internal import Foundation

/// The steps of `sluice demo`, each told as it is taken.
struct Demo: Sendable {
    /// Records that the producer sends and the consumer reads.
    let records: Int
    /// Whether to stay after the last step until the process is interrupted.
    let keepRunning: Bool
    /// Runs Sluice with the configuration in that file until the task is cancelled, then drains it.
    let runProxy: @Sendable (_ configurationFile: String) async throws -> Void

    private static let topic = "orders"

    /// Runs all steps. Nothing is left running or lying about after it, whether it returns or throws.
    ///
    /// - Throws: `DemoError` for a step that did not come out as it should, `EmbeddedClusterError` without librdkafka,
    ///   and whatever `runProxy` throws.
    func run() async throws {
        step("Starting a Kafka cluster of three brokers inside this process")
        let cluster = try await blocking { try EmbeddedCluster(brokers: 3) }
        defer { cluster.stop() }
        try cluster.createTopic(Self.topic, partitions: 6)
        detail("brokers at \(cluster.bootstrapServers.joined(separator: ", ")); topic \(Self.topic) with 6 partitions")

        let configuration = DemoConfiguration(bootstrapServers: cluster.bootstrapServers)
        let file = FileManager.default.temporaryDirectory.appending(path: "sluice-demo-\(UUID().uuidString).yaml").path
        try configuration.yaml.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }

        step("Starting Sluice before it, with this configuration")
        detail(configuration.yaml)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await runProxy(file)
                // Cancelled is the way it ends; before that, it has to run.
                if !Task.isCancelled { throw DemoError.proxyEnded }
            }
            group.addTask { try await showTraffic(through: configuration) }
            // The first to end is the traffic, or what went wrong.
            defer { group.cancelAll() }
            try await group.next()
        }
        step("Stopped. Nothing is left running.")
    }

    private func showTraffic(through configuration: DemoConfiguration) async throws {
        let admin = SmallHTTP(port: configuration.adminPort)
        try await waitUntilReady(admin)
        let bootstrap = ["127.0.0.1:\(configuration.port)"]
        detail("ready: to its clients, the cluster is at \(bootstrap[0])")

        step("Producing \(records) records to \(Self.topic) through Sluice")
        let acknowledged = try await blocking {
            try EmbeddedProducer(bootstrapServers: bootstrap, clientID: "demo-producer")
                .produce((1...records).map { "order \($0)" }, to: Self.topic, timeoutMilliseconds: 15_000)
        }
        guard acknowledged == records else { throw DemoError.lost(sent: records, acknowledged: acknowledged) }
        detail("all \(acknowledged) acknowledged by the brokers")

        step("Consuming them through Sluice, as the group demo-group")
        let values = try await blocking {
            let consumer = try EmbeddedConsumer(
                bootstrapServers: bootstrap, group: "demo-group", topics: [Self.topic], clientID: "demo-consumer")
            defer { consumer.close() }
            return try consumer.read(records, within: .seconds(20))
        }
        guard Set(values).count == records else { throw DemoError.unread(sent: records, read: Set(values).count) }
        detail("all \(values.count) read")

        step("What Sluice saw: the interesting lines of http://127.0.0.1:\(configuration.adminPort)/stats")
        let stats = try await blocking { try admin.get("/stats") }
        detail(DemoStats.interestingLines(of: stats.body).joined(separator: "\n"))

        if keepRunning {
            step("Sluice goes on until you interrupt it. Try:")
            detail(
                """
                curl http://127.0.0.1:\(configuration.adminPort)/stats
                kcat -L -b \(bootstrap[0])
                and open http://127.0.0.1:\(configuration.adminPort)/ in a browser
                """)
            try await Task.sleep(for: .seconds(365 * 86_400))
        }
    }

    /// Polls `/ready` until it answers 200.
    private func waitUntilReady(_ admin: SmallHTTP) async throws {
        let end = ContinuousClock.now + .seconds(15)
        var last = "no answer"
        while ContinuousClock.now < end {
            if let answer = try? await blocking({ try admin.get("/ready") }) {
                if answer.status == 200 { return }
                last = "\(answer.status) \(answer.body)"
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw DemoError.notReady(last)
    }

    private func step(_ text: String) {
        print("\n▸ \(text)")
        fflush(nil)
    }

    private func detail(_ text: String) {
        for line in text.split(separator: "\n") { print("    \(line)") }
        fflush(nil)
    }
}

/// A step of the demo that did not come out as it should.
enum DemoError: Error, CustomStringConvertible {
    /// Sluice ended by itself.
    case proxyEnded
    /// `/ready` did not become 200; its last answer.
    case notReady(String)
    /// Not every record was acknowledged.
    case lost(sent: Int, acknowledged: Int)
    /// Not every record came back.
    case unread(sent: Int, read: Int)

    var description: String {
        switch self {
        case .proxyEnded: "Sluice ended before the demo did"
        case .notReady(let last): "Sluice did not become ready; its last answer: \(last)"
        case .lost(let sent, let acknowledged): "only \(acknowledged) of \(sent) records were acknowledged"
        case .unread(let sent, let read): "only \(read) of \(sent) records came back"
        }
    }
}

/// Runs a blocking call on a thread of its own, so that it holds up no task.
private func blocking<Value: Sendable>(_ call: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: call)) }
    }
}
