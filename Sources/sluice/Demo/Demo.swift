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
    /// Topics of the cluster that no client of the demo asks for by their names.
    private static let otherTopics = ["orders.canary", "payments.v1", "payments.v2"]
    /// Records for each of these.
    private static let otherRecords = 100

    /// Runs all steps. Nothing is left running or lying about after it, whether it returns or throws.
    ///
    /// - Throws: `DemoError` for a step that did not come out as it should, `EmbeddedClusterError` without librdkafka,
    ///   and whatever `runProxy` throws.
    func run() async throws {
        step("Starting a Kafka cluster of three brokers inside this process")
        let cluster = try await blocking { try EmbeddedCluster(brokers: 3) }
        defer { cluster.stop() }
        try cluster.createTopic(Self.topic, partitions: 6)
        for topic in Self.otherTopics { try cluster.createTopic(topic, partitions: 6) }
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
            group.addTask {
                let admin = SmallHTTP(port: configuration.adminPort)
                try await waitUntilReady(admin)
                try await showTraffic(through: configuration)
                try await showCanary(through: configuration)
                try await showSwitch(through: configuration, admin)
                try await showStatistics(of: configuration, admin)
            }
            // The first to end is the traffic, or what went wrong.
            defer { group.cancelAll() }
            try await group.next()
        }
        step("Stopped. Nothing is left running.")
    }

    private func showTraffic(through configuration: DemoConfiguration) async throws {
        let bootstrap = configuration.clientBootstrap
        detail("ready: to its clients, the cluster is at \(bootstrap[0])")

        step("Producing \(records) records to \(Self.topic) through Sluice")
        try await produce(records, "order", to: Self.topic, as: "demo-producer", at: bootstrap)
        detail("all \(records) acknowledged by the brokers")

        step("Consuming them through Sluice, as the group demo-group")
        try await consume(records, from: Self.topic, as: "demo-group", at: bootstrap)
        detail("all \(records) read")
    }

    private func showCanary(through configuration: DemoConfiguration) async throws {
        let count = Self.otherRecords
        step("A canary: a client whose ID begins with 'canary-' produces \(count) records to the same topic")
        try await produce(
            count, "canary order", to: Self.topic, as: "canary-shop", at: configuration.clientBootstrap)
        try await consume(count, from: "orders.canary", as: "demo-check", at: configuration.bootstrapServers)
        detail("Sluice has put them into orders.canary: all \(count) read there, from the brokers themselves")
    }

    private func showSwitch(through configuration: DemoConfiguration, _ admin: SmallHTTP) async throws {
        let count = Self.otherRecords
        step("Blue and green: \(count) records to payments, a switch, and \(count) more")
        try await produce(count, "payment", to: "payments", as: "demo-till", at: configuration.clientBootstrap)
        try await consume(count, from: "payments.v1", as: "demo-blue", at: configuration.bootstrapServers)
        detail("blue: all \(count) are in payments.v1")
        let path = "/filters/names/rules/payments?active=green"
        let answer = try await blocking { try admin.post(path) }
        guard answer.status == 200 else { throw DemoError.notSwitched(answer.body) }
        detail("curl -X POST 'http://127.0.0.1:\(configuration.adminPort)\(path)'")
        detail(answer.body)
        try await produce(count, "payment", to: "payments", as: "demo-till", at: configuration.clientBootstrap)
        try await consume(count, from: "payments.v2", as: "demo-green", at: configuration.bootstrapServers)
        detail("green: all \(count) are in payments.v2")
    }

    private func produce(
        _ count: Int, _ what: String, to topic: String, as clientID: String, at servers: [String]
    ) async throws {
        let acknowledged = try await blocking {
            try EmbeddedProducer(bootstrapServers: servers, clientID: clientID)
                .produce((1...count).map { "\(what) \($0)" }, to: topic, timeoutMilliseconds: 15_000)
        }
        guard acknowledged == count else { throw DemoError.lost(sent: count, acknowledged: acknowledged) }
    }

    private func consume(_ count: Int, from topic: String, as group: String, at servers: [String]) async throws {
        let values = try await blocking {
            let consumer = try EmbeddedConsumer(
                bootstrapServers: servers, group: group, topics: [topic], clientID: "demo-consumer")
            defer { consumer.close() }
            return try consumer.read(count, within: .seconds(20))
        }
        guard Set(values).count == count else { throw DemoError.unread(sent: count, read: Set(values).count) }
    }

    private func showStatistics(of configuration: DemoConfiguration, _ admin: SmallHTTP) async throws {
        step("What Sluice saw: the interesting lines of http://127.0.0.1:\(configuration.adminPort)/stats")
        let stats = try await blocking { try admin.get("/stats") }
        detail(DemoStats.interestingLines(of: stats.body).joined(separator: "\n"))

        if keepRunning {
            step("Sluice goes on until you interrupt it. Try:")
            detail(
                """
                curl http://127.0.0.1:\(configuration.adminPort)/stats
                curl http://127.0.0.1:\(configuration.adminPort)/filters
                kcat -L -b \(configuration.clientBootstrap[0])
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
    /// The rule was not switched; what the admin server said.
    case notSwitched(String)
    /// Not every record came back.
    case unread(sent: Int, read: Int)

    var description: String {
        switch self {
        case .proxyEnded: "Sluice ended before the demo did"
        case .notReady(let last): "Sluice did not become ready; its last answer: \(last)"
        case .lost(let sent, let acknowledged): "only \(acknowledged) of \(sent) records were acknowledged"
        case .notSwitched(let answer): "the rule was not switched: \(answer)"
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
