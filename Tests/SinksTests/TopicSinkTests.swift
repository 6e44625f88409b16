import EmbeddedCluster
import FilterAPI
import NIOCore
import NIOPosix
import Settings
import Telemetry
import Testing

@testable import Sinks

/// A cluster that is reached by TCP alone.
struct PlainCluster: ClusterAccess {
    var name: String { "main" }
    let servers: [NetworkAddress]

    func connect(host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop).connectTimeout(.seconds(2)).connect(host: host, port: port).map { $0 }
    }
}

@Suite("A topic as a sink")
struct TopicSinkTests {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let metrics: LoopMetrics

    init() async throws {
        metrics = try await LoopMetrics(loop)
    }

    private func sink(
        at servers: [String], _ log: RecordingLog = RecordingLog(),
        _ change: (inout TopicSinkConfiguration) -> Void = { _ in }
    ) throws -> TopicSink {
        var configuration = TopicSinkConfiguration(cluster: "main", topic: "tap.orders")
        configuration.linger = .milliseconds(5)
        change(&configuration)
        let cluster = PlainCluster(servers: try servers.map { try NetworkAddress(parsing: $0) })
        return try TopicSink(
            configuration, context: .make(metrics.registry, logger: log.logger, clusters: ["main": cluster]))
    }

    @Test(arguments: TopicSinkConfiguration.Compression.allCases)
    func `has every record that was taken`(compression: TopicSinkConfiguration.Compression) async throws {
        let cluster = try EmbeddedCluster(brokers: 1)
        try cluster.createTopic("tap.orders", partitions: 1)
        let sink = try sink(at: cluster.bootstrapServers) { $0.compression = compression }
        let texts = (0..<500).map { "{\"n\":\($0)}" }
        #expect(try await sink.offer(texts, on: loop, metrics).allSatisfy { $0 == .accepted })
        await sink.shutDown()
        let consumer = try EmbeddedConsumer(
            bootstrapServers: cluster.bootstrapServers, topic: "tap.orders", partitions: 1, clientID: "tests")
        defer { consumer.close() }
        #expect(try consumer.read(500, within: .seconds(10)).sorted() == texts.sorted())
        #expect(await metrics.value("offered_total") == 500)
        #expect(await metrics.value("written_total") == 500)
        #expect(await metrics.value("written_bytes_total") == texts.joined().utf8.count)
        #expect(await metrics.value("queued") == 0)
        #expect(await metrics.value("queued_bytes") == 0)
    }

    @Test func `tells who waits when a record is acknowledged`() async throws {
        let cluster = try EmbeddedCluster(brokers: 1)
        try cluster.createTopic("tap.orders", partitions: 2)
        let sink = try sink(at: cluster.bootstrapServers)
        for number in 0..<5 {
            try await sink.offerDurably("{\"n\":\(number)}", on: loop, metrics)
            #expect(await metrics.value("written_total") == number + 1)
        }
        await sink.shutDown()
    }

    @Test func `of a cluster that is not there fails for who waits, and counts what it lost`() async throws {
        let log = RecordingLog()
        let sink = try sink(at: ["127.0.0.1:1"], log)
        await #expect(throws: SinkError.self) {
            try await sink.offerDurably("{}", on: loop, metrics, within: .milliseconds(300))
        }
        _ = try await sink.offer(["1", "2"], on: loop, metrics)
        await sink.shutDown()
        try await eventually {
            let reasons = ["timed_out", "shut_down", "write_failed"]
            var lost = 0
            for reason in reasons { lost += await metrics.value("dropped_total", reason) }
            return lost == 3
        }
        #expect(await metrics.value("queued") == 0)
        #expect(await metrics.value("written_total") == 0)
        #expect(log.messages == ["records cannot be written"])
    }

    @Test func `is there for who waits again when the broker is`() async throws {
        let cluster = try EmbeddedCluster(brokers: 1)
        try cluster.createTopic("tap.orders", partitions: 1)
        let sink = try sink(at: cluster.bootstrapServers)
        try cluster.setBrokerDown(1)
        await #expect(throws: SinkError.self) {
            try await sink.offerDurably("1", on: loop, metrics, within: .milliseconds(300))
        }
        try cluster.setBrokerUp(1)
        try await eventually {
            (try? await sink.offerDurably("2", on: loop, metrics, within: .milliseconds(500))) != nil
        }
        await sink.shutDown()
    }

    @Test func `takes no record that is too large, and not more than may wait`() async throws {
        let sink = try sink(at: ["127.0.0.1:1"]) {
            $0.maxBuffered = .kibibytes(256)
            // Longer than this test may take beside many others.
            $0.deliveryTimeout = .seconds(3600)
        }
        let large = String(repeating: "x", count: 2_000_000)
        #expect(try await sink.offer([large], on: loop, metrics) == [.dropped(.tooLarge)])
        let long = String(repeating: "x", count: 1000)
        let offers = try await sink.offer(Array(repeating: long, count: 1000), on: loop, metrics)
        #expect(offers.last == .dropped(.bufferFull))
        let accepted = offers.count { $0 == .accepted }
        let metrics = metrics
        let room = try await loop.submit {
            let port = sink.port(on: loop, metrics: metrics.shard.value)
            port.refuse(3)
            return [1, 1000, 2_000_000].map { port.hasRoom(for: $0) }
        }.get()
        // What is too large in any case, an offer says.
        #expect(room.suffix(2) == [false, true])
        #expect(await metrics.value("offered_total") == 1004)
        #expect(await metrics.value("queued") == accepted)
        #expect(await metrics.value("dropped_total", "buffer_full") == 1003 - accepted)
        await sink.shutDown()
        try await eventually { await metrics.value("dropped_total", "shut_down") == accepted }
        #expect(await metrics.value("queued_bytes") == 0)
    }
}
