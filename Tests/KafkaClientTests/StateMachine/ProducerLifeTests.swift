import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import KafkaClient

@Suite("A producer's life")
struct ProducerLifeTests {
    private func begun(
        partitions: Int? = 1, _ change: (inout ProducerConfiguration) -> Void = { _ in }
    ) -> SimulatedCluster {
        var cluster = SimulatedCluster(change)
        cluster.addTopic("orders", partitions: partitions)
        return cluster
    }

    @Test func `nothing is connected before there are records`() {
        var cluster = begun()
        cluster.pass(.hours(1))
        #expect(cluster.connects == [])
    }

    @Test func `records wait for linger, and go together`() {
        var cluster = begun { $0.linger = .milliseconds(50) }
        cluster.give(["a"])
        cluster.pass(.milliseconds(30))
        cluster.give(["b"])
        #expect(cluster.asked.count == 0)
        cluster.pass(.milliseconds(20))
        cluster.serveAll()
        #expect(cluster.topics["orders"]?[0].log.map(\.values) == [["a", "b"]])
    }

    @Test func `a full batch does not wait`() {
        var cluster = begun {
            $0.linger = .hours(1)
            $0.maxBatchBytes = 200
        }
        cluster.give((0..<10).map { "value \($0)" })
        #expect(cluster.asked.count == 1)
    }

    @Test func `a request holds no more than it may, but one batch at least`() {
        var cluster = begun(partitions: 3) {
            $0.linger = .milliseconds(1)
            $0.maxRequestBytes = 150
        }
        for partition in 0..<3 {
            cluster.topics["orders"]?[partition].leader = 1
        }
        for partition in 0..<3 as Range<Int32> { cluster.give(["value"], partition: partition) }
        cluster.pass(.milliseconds(1))
        #expect(cluster.asked.count == 2)
        cluster.serveAll()
        #expect(cluster.delivered == 3)
    }

    @Test func `records fail when their time is over before they could be sent`() {
        var cluster = begun { $0.deliveryTimeout = .seconds(10) }
        cluster.refusesConnections = true
        cluster.give(["a", "b"])
        cluster.pass(.seconds(9))
        #expect(cluster.ends == [])
        cluster.pass(.seconds(1))
        #expect(cluster.failures == [.deliveryTimeout(last: nil)])
        #expect(cluster.failed == 2)
    }

    @Test func `a batch whose time is over fails with the last error`() {
        var cluster = begun { $0.deliveryTimeout = .seconds(3) }
        cluster.give(["a"])
        for _ in 0..<10 {
            cluster.refuse(.notEnoughReplicas)
            cluster.pass(.milliseconds(500))
        }
        #expect(cluster.failures == [.deliveryTimeout(last: .notEnoughReplicas)])
    }

    @Test func `a connection that does not answer is given up`() {
        var cluster = begun { $0.requestTimeout = .seconds(5) }
        cluster.give(["a"])
        let connection = cluster.asked[0].connection
        cluster.pass(.seconds(4))
        #expect(cluster.connections[connection] != nil)
        cluster.pass(.seconds(2))
        #expect(cluster.connections[connection] == nil)
        cluster.serveAll()
        #expect(cluster.delivered == 1)
    }

    @Test func `an idle connection is closed, and opened again when needed`() {
        var cluster = begun { $0.maxIdle = .minutes(1) }
        cluster.give(["a"])
        cluster.serveAll()
        cluster.pass(.minutes(2))
        #expect(cluster.connections.isEmpty)
        cluster.give(["b"])
        cluster.serveAll()
        #expect(cluster.values() == ["a", "b"])
    }

    @Test func `leaders are asked for anew when what is known is old`() {
        var cluster = begun {
            $0.metadataMaxAge = .minutes(5)
            $0.maxIdle = .hours(1)
        }
        cluster.give(["a"])
        cluster.serveAll()
        let before = cluster.machine.lastRequest
        cluster.pass(.minutes(6))
        cluster.give(["b"])
        // Metadata, and Produce.
        #expect(cluster.machine.lastRequest == before + 2)
    }

    @Test func `a broker that knows old versions of ApiVersions only is spoken to`() {
        var cluster = begun()
        cluster.knowsNewApiVersions = false
        cluster.give(["a"])
        cluster.serveAll()
        #expect(cluster.delivered == 1)
    }

    @Test(arguments: zip([3...3, 3...8, 3...9, 3...12, 3...13] as [ClosedRange<Int16>], [3, 8, 9, 12, 13] as [Int16]))
    func `Produce is asked in the newest version of both`(served: ClosedRange<Int16>, expected: Int16) {
        var cluster = begun()
        cluster.versions[.produce] = served
        cluster.give(["a"])
        #expect(cluster.asked.map(\.version) == [expected])
    }

    @Test func `without topic IDs, Produce is asked in the last version with names`() {
        var cluster = begun()
        cluster.versions[.metadata] = 0...9
        cluster.give(["a"])
        #expect(cluster.asked.map(\.version) == [12])
        cluster.serveAll()
        #expect(cluster.values() == ["a"])
    }

    @Test func `records fail where no version of Produce is known`() {
        var cluster = begun()
        cluster.versions[.produce] = 0...2
        cluster.give(["a"])
        #expect(cluster.failures == [.unsupportedVersion])
    }

    @Test func `without acknowledgements, records are delivered when they are sent`() {
        var cluster = begun { $0.acks = .none }
        cluster.give(["a"])
        #expect(cluster.ends.map(\.result) == [.delivered(baseOffset: -1)])
    }

    @Test func `records of a topic that does not exist wait a while, then fail`() {
        var cluster = begun(partitions: nil) { $0.unknownTopicTimeout = .seconds(10) }
        cluster.give(["a", "b"])
        cluster.pass(.seconds(9))
        #expect(cluster.ends == [])
        cluster.pass(.seconds(1))
        #expect(cluster.failures == [.topicUnavailable(.unknownTopicOrPartition)])
        #expect(cluster.failed == 2)
    }

    @Test func `records of a topic that comes into being meanwhile are delivered`() {
        var cluster = begun(partitions: nil)
        cluster.give(["a", "b"])
        cluster.pass(.seconds(2))
        cluster.addTopic("orders", partitions: 1)
        cluster.pass(.seconds(2))
        cluster.serveAll()
        #expect(cluster.values() == ["a", "b"])
    }

    @Test func `a missing topic is made, if that is allowed`() {
        var cluster = begun(partitions: nil) {
            $0.topicCreation = .create(partitions: 4, replication: 2, configs: ["cleanup.policy": "compact"])
        }
        cluster.give(["a"])
        cluster.serveAll()
        #expect(cluster.createdTopics.map(\.numPartitions) == [4])
        #expect(cluster.createdTopics.map(\.replicationFactor) == [2])
        #expect(cluster.createdTopics.first?.configs.map(\.value) == ["compact"])
        #expect(cluster.delivered == 1)
    }

    @Test func `a topic that may not be seen fails its records, and no others`() {
        var cluster = begun()
        cluster.addTopic("secret")
        cluster.topicErrors["secret"] = .topicAuthorizationFailed
        cluster.give(["a"], to: "secret")
        cluster.give(["b"])
        cluster.pass(.seconds(1))
        cluster.serveAll()
        #expect(cluster.failures == [.topicUnavailable(.topicAuthorizationFailed)])
        #expect(cluster.values() == ["b"])
    }

    @Test func `a partition that does not exist fails its records`() {
        var cluster = begun(partitions: 2)
        cluster.give(["a"], partition: 2)
        #expect(cluster.failures == [.unknownPartition])
    }

    @Test func `records with the same key go to the same partition`() {
        var cluster = begun(partitions: 3)
        for index in 0..<10 { cluster.give(["\(index)"], key: "customer") }
        cluster.serveAll()
        #expect((0..<3).map { cluster.values("orders", $0).count }.sorted() == [0, 0, 10])
    }

    @Test func `records without a key stay with a partition for a batch, then go on`() {
        var cluster = begun(partitions: 3) { $0.maxBatchBytes = 1_000 }
        for index in 0..<200 {
            cluster.give(["value \(index)"])
            cluster.serveAll()
        }
        let counts = (0..<3).map { cluster.values("orders", $0).count }
        #expect(counts.reduce(0, +) == 200)
        #expect(counts.allSatisfy { $0 > 0 })
        #expect(cluster.topics["orders"]?.allSatisfy { $0.log.count < 150 } == true)
    }

    @Test func `draining sends at once, and ends when all is delivered`() {
        var cluster = begun { $0.linger = .hours(1) }
        cluster.give(["a"])
        cluster.machine.drain(deadline: cluster.now + .seconds(10))
        cluster.run()
        #expect(!cluster.isDrained)
        cluster.serveAll()
        #expect(cluster.isDrained)
        #expect(cluster.connections.isEmpty)
        #expect(cluster.delivered == 1)
    }

    @Test func `at the deadline of draining all that is left fails, on its way or not`() {
        var cluster = begun {
            $0.maxBatchBytes = 100
            $0.maxInFlight = 1
        }
        for _ in 0..<5 { cluster.give(["a"]) }
        cluster.machine.drain(deadline: cluster.now + .seconds(10))
        cluster.pass(.seconds(10))
        #expect(cluster.isDrained)
        #expect(cluster.failed == 5)
        #expect(Set(cluster.failures) == [.shutDown])
        cluster.give(["late"])
        #expect(cluster.failed == 6)
    }

    @Test func `servers to begin with are asked again when all brokers have gone`() {
        var cluster = begun()
        cluster.give(["a"])
        cluster.serveAll()
        for connection in Array(cluster.connections.keys) { cluster.lose(connection) }
        cluster.brokers = [7]
        cluster.topics["orders"]?[0].leader = 7
        cluster.topics["orders"]?[0].epoch = 2
        cluster.give(["b"])
        cluster.pass(.seconds(5))
        cluster.serveAll()
        #expect(cluster.values() == ["a", "b"])
    }
}
