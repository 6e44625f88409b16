import EmbeddedCluster
import KafkaClient
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore
import Testing

@Suite("A producer against librdkafka's cluster")
struct ProducerClusterTests {
    private let values = (0..<500).map { "order number \($0)" }

    @Test(arguments: CompressionCodec.allCases)
    func `its records are read back with every codec`(codec: CompressionCodec) async throws {
        let bench = try ProducerBench(brokers: 3) { $0.compression = codec }
        try bench.cluster.createTopic("orders", partitions: 4)
        #expect(try await bench.enqueue(values, to: "orders") == 500)
        try await bench.shutDown()
        #expect(try bench.read(500, from: "orders", partitions: 4).sorted() == values.sorted())
        #expect(bench.producer.counts.delivered == 500)
        #expect(bench.producer.counts.bufferedBytes == 0)
    }

    @Test(arguments: [ProducerConfiguration.Acks.none, .leader, .all])
    func `its records arrive with each kind of acknowledgement`(acks: ProducerConfiguration.Acks) async throws {
        let bench = try ProducerBench(brokers: 1) { $0.acks = acks }
        try bench.cluster.createTopic("orders", partitions: 1)
        #expect(try await bench.enqueue(values, to: "orders") == 500)
        try await bench.shutDown()
        #expect(bench.producer.counts.delivered == 500)
        #expect(try bench.read(500, from: "orders") == values)
    }

    // Of version 5 the mock cluster leaves a field out.
    @Test(arguments: [Int16(3), 4, 6, 7])
    func `it speaks the version of Produce that the broker has`(version: Int16) async throws {
        let bench = try ProducerBench(brokers: 1)
        try bench.cluster.setVersions(0...version, of: ProducerBench.produce)
        try bench.cluster.createTopic("orders", partitions: 1)
        _ = try await bench.enqueue(values, to: "orders")
        try await bench.shutDown()
        #expect(bench.failures == [])
        #expect(try bench.read(500, from: "orders") == values)
    }

    @Test(
        arguments: [
            2, 3, 5, 6, 7, 8, 9, 13, 19, 20, 45, 47, 56, 59, 74, 75, EmbeddedCluster.connectionLost,
        ] as [Int16])
    func `it keeps order and loses nothing when requests fail with`(code: Int16) async throws {
        let bench = try ProducerBench(brokers: 2) {
            $0.maxBatchBytes = 500
            $0.linger = .zero
            // The mock cluster does not look at sequences, and takes what follows on a failed batch.
            $0.maxInFlight = 1
        }
        try bench.cluster.createTopic("orders", partitions: 1)
        try bench.cluster.failNextRequests([code, 0, code, code], of: ProducerBench.produce)
        _ = try await bench.enqueue(values, to: "orders", flushEach: true)
        try await bench.shutDown()
        #expect(bench.failures == [])
        #expect(bench.producer.counts.delivered == 500)
        #expect(bench.producer.counts.retries > 0)
        let read = try bench.read(500, from: "orders")
        #expect(read == values)
    }

    @Test(arguments: [-1, 10, 17, 18, 21, 29, 31, 32, 43, 87] as [Int16])
    func `it gives up what a broker refuses for good, and goes on`(code: Int16) async throws {
        let bench = try ProducerBench(brokers: 1)
        try bench.cluster.createTopic("orders", partitions: 1)
        try bench.cluster.failNextRequests([code], of: ProducerBench.produce)
        _ = try await bench.enqueue(["refused"], to: "orders")
        try await Waiting.until { bench.producer.counts.failed == 1 }
        _ = try await bench.enqueue(["kept"], to: "orders")
        try await bench.shutDown()
        #expect(bench.failures == [.refused(.init(rawValue: code))])
        #expect(try bench.read(1, from: "orders") == ["kept"])
    }

    @Test func `it follows a leader that moves`() async throws {
        let bench = try ProducerBench(brokers: 3)
        try bench.cluster.createTopic("orders", partitions: 1)
        for round in 0..<6 {
            try bench.cluster.setLeader(of: "orders", 0, to: Int32(round % 3) + 1)
            _ = try await bench.enqueue(["round \(round)"], to: "orders")
            try await Waiting.until { bench.producer.counts.delivered == round + 1 }
        }
        try await bench.shutDown()
        #expect(try bench.read(6, from: "orders") == (0..<6).map { "round \($0)" })
    }

    @Test func `it waits for a broker that comes back`() async throws {
        let bench = try ProducerBench(brokers: 1)
        try bench.cluster.createTopic("orders", partitions: 1)
        _ = try await bench.enqueue(["before"], to: "orders")
        try await Waiting.until { bench.producer.counts.delivered == 1 }
        try bench.cluster.setBrokerDown(1)
        _ = try await bench.enqueue(["meanwhile"], to: "orders")
        try await Task.sleep(for: .milliseconds(100))
        try bench.cluster.setBrokerUp(1)
        try await bench.shutDown()
        #expect(try bench.read(2, from: "orders") == ["before", "meanwhile"])
    }

    @Test func `it begins at whichever server is there`() async throws {
        let bench = try ProducerBench(brokers: 3)
        try bench.cluster.createTopic("orders", partitions: 1)
        try bench.cluster.setLeader(of: "orders", 0, to: 3)
        try bench.cluster.setBrokerDown(1)
        try bench.cluster.setBrokerDown(2)
        _ = try await bench.enqueue(values, to: "orders")
        try await bench.shutDown()
        #expect(bench.producer.counts.delivered == 500)
    }

    @Test func `it fails records whose time is over, with the reason`() async throws {
        let bench = try ProducerBench(brokers: 1) { $0.deliveryTimeout = .seconds(4) }
        try bench.cluster.createTopic("orders", partitions: 1)
        try bench.cluster.failNextRequests(Array(repeating: 19, count: 1_000), of: ProducerBench.produce)
        _ = try await bench.enqueue(["late"], to: "orders")
        try await Waiting.until { bench.producer.counts.failed == 1 }
        #expect(bench.failures == [.deliveryTimeout(last: .notEnoughReplicas)])
        try await bench.shutDown()
    }

    @Test func `a broker that is too slow is given up, and nothing is written twice`() async throws {
        let bench = try ProducerBench(brokers: 1) { $0.requestTimeout = .milliseconds(200) }
        try bench.cluster.createTopic("orders", partitions: 1)
        _ = try await bench.enqueue(["fast"], to: "orders")
        try await Waiting.until { bench.producer.counts.delivered == 1 }
        let connects = bench.connector.connects
        try bench.cluster.setRoundTrip(of: 1, milliseconds: 600)
        _ = try await bench.enqueue(["slow"], to: "orders")
        try await Waiting.until { bench.connector.connects > connects }
        try bench.cluster.setRoundTrip(of: 1, milliseconds: 0)
        try await bench.shutDown()
        #expect(bench.producer.counts.delivered == 2)
        #expect(bench.failures == [])
    }

    @Test func `what cannot be delivered at the end fails and is counted`() async throws {
        let bench = try ProducerBench(brokers: 1)
        try bench.cluster.createTopic("orders", partitions: 1)
        try bench.cluster.setBrokerDown(1)
        #expect(try await bench.enqueue(values, to: "orders") == 500)
        try await bench.shutDown(within: .milliseconds(100))
        let counts = bench.producer.counts
        #expect(counts.accepted == 500)
        #expect(counts.failed == 500)
        #expect(counts.bufferedBytes == 0)
        #expect(Set(bench.failures) == [.shutDown])
        #expect(try await bench.enqueue(["late"], to: "orders") == 0)
        #expect(bench.producer.counts.dropped[.shuttingDown] == 1)
    }

    @Test func `it drops records when its buffer is full, and takes them again when there is room`() async throws {
        let bench = try ProducerBench(brokers: 1) { $0.maxBufferedBytes = 10_000 }
        try bench.cluster.createTopic("orders", partitions: 1)
        try bench.cluster.setBrokerDown(1)
        let many = (0..<1_000).map { "value \($0)" }
        let accepted = try await bench.enqueue(many, to: "orders")
        #expect(bench.producer.counts.bufferedBytes <= 10_000)
        #expect(bench.producer.counts.bufferedBytes > 9_000)
        #expect(bench.producer.counts.dropped[.bufferFull] == 1_000 - accepted)
        try bench.cluster.setBrokerUp(1)
        try await Waiting.until { bench.producer.counts.bufferedRecords == 0 }
        #expect(try await bench.enqueue(["more"], to: "orders") == 1)
        try await bench.shutDown()
        #expect(bench.producer.counts.delivered == accepted + 1)
    }

    @Test func `a topic that the cluster does not show fails its records, with the reason`() async throws {
        let bench = try ProducerBench(brokers: 1) { $0.unknownTopicTimeout = .milliseconds(100) }
        try bench.cluster.setError(29, of: "secret")
        _ = try await bench.enqueue(["hidden"], to: "secret")
        try await Waiting.until { bench.producer.counts.failed == 1 }
        #expect(bench.failures == [.topicUnavailable(.topicAuthorizationFailed)])
        try await bench.shutDown()
    }

    @Test func `it asks again for an ID that it does not get`() async throws {
        let bench = try ProducerBench(brokers: 1)
        try bench.cluster.createTopic("orders", partitions: 1)
        try bench.cluster.failNextRequests([14, 51, 15], of: ProducerBench.initProducerID)
        _ = try await bench.enqueue(values, to: "orders")
        try await bench.shutDown()
        #expect(bench.producer.counts.delivered == 500)
    }

    @Test func `the admin tells of topics and their leaders`() async throws {
        let cluster = try EmbeddedCluster(brokers: 2)
        try cluster.createTopic("orders", partitions: 3)
        let admin = KafkaAdmin(
            servers: ProducerBench.servers(of: cluster), clientID: "tests", connector: PlainConnector(),
            eventLoop: MultiThreadedEventLoops.next)
        let answer = try await admin.describe(["orders"])
        #expect(answer.brokers.count == 2)
        #expect(answer.topics.map(\.partitions.count) == [3])
        await #expect(throws: KafkaAdmin.Failure.notServed) {
            try await admin.create([NewTopic(name: "more")])
        }
    }
}
