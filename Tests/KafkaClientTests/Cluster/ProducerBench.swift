import EmbeddedCluster
import KafkaClient
import KafkaRecords
import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A producer against an embedded cluster, with two loops: the producer's, and that of whoever gives records.
final class ProducerBench: Sendable {
    let cluster: EmbeddedCluster
    let producer: KafkaProducer
    let source: any EventLoop
    let ends: Ends
    let connector = CountingConnector()

    /// Counts the connections that are asked for.
    final class CountingConnector: BrokerConnector {
        private let count = Atomic(0)

        var connects: Int { count.load(ordering: .relaxed) }

        func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<BrokerConnection> {
            count.add(1, ordering: .relaxed)
            return PlainConnector(timeout: .seconds(5)).connect(host: host, port: port, on: loop)
        }
    }

    /// The outcomes, in their order.
    final class Ends: Sendable {
        private let all = Mutex<[ProducerOutcome]>([])

        func add(_ end: ProducerOutcome) { all.withLock { $0.append(end) } }
        var list: [ProducerOutcome] { all.withLock { $0 } }
    }

    static let produce: Int16 = 0
    static let initProducerID: Int16 = 22

    init(brokers: Int, change: (inout ProducerConfiguration) -> Void = { _ in }) throws {
        cluster = try EmbeddedCluster(brokers: brokers)
        var configuration = ProducerConfiguration(
            bootstrapServers: Self.servers(of: cluster), clientID: "tests")
        // A busy machine may keep a test waiting for long.
        configuration.deliveryTimeout = .hours(1)
        configuration.retryBackoff = .milliseconds(20)
        configuration.maxRetryBackoff = .milliseconds(200)
        change(&configuration)
        let ends = Ends()
        self.ends = ends
        source = MultiThreadedEventLoopGroup.singleton.next()
        producer = KafkaProducer(
            configuration, connector: connector,
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(), outcome: { ends.add($0) })
    }

    static func servers(of cluster: EmbeddedCluster) -> [ProducerConfiguration.Server] {
        cluster.bootstrapServers.map { address in
            let parts = address.split(separator: ":")
            return ProducerConfiguration.Server(host: String(parts[0]), port: Int(parts[1]) ?? 0)
        }
    }

    /// Gives values to a topic, and tells how many were taken.
    func enqueue(_ values: [String], to name: String, partition: Int32? = nil, flushEach: Bool = false) async throws
        -> Int
    {
        let topic = try #require(producer.topic(name))
        return try await source.submit { [self] in
            let stage = producer.stage(on: source)
            var accepted = 0
            for value in values {
                let result = stage.enqueue(
                    topic, key: nil, value: ByteBuffer(string: value), partition: partition)
                if result == .accepted { accepted += 1 }
                if flushEach { stage.flush() }
            }
            return accepted
        }.get()
    }

    func shutDown(within timeout: TimeAmount = .seconds(30)) async throws {
        try await producer.shutDown(within: timeout).get()
    }

    /// Reads values back, with checksums checked.
    func read(_ count: Int, from topic: String, partitions: Int32 = 1) throws -> [String] {
        let consumer = try EmbeddedConsumer(
            bootstrapServers: cluster.bootstrapServers, topic: topic, partitions: partitions, clientID: "tests",
            properties: ["check.crcs": "true"])
        defer { consumer.close() }
        return try consumer.read(count, within: .seconds(20))
    }

    /// The failures among the outcomes.
    var failures: [ProducerFailure] {
        ends.list.compactMap { end in if case .failed(let failure) = end.result { failure } else { nil } }
    }
}
