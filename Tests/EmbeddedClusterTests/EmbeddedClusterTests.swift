import EmbeddedCluster
import Testing

@Suite("The embedded cluster")
struct EmbeddedClusterTests {
    @Test("has as many brokers as asked for, each at an address of its own")
    func brokers() throws {
        let cluster = try EmbeddedCluster(brokers: 3)
        #expect(Set(cluster.bootstrapServers).count == 3)
        #expect(cluster.bootstrapServers.allSatisfy { $0.hasPrefix("127.0.0.1:") })
    }

    @Test("gives back in a group what was produced")
    func roundTrip() throws {
        let cluster = try EmbeddedCluster(brokers: 3)
        try cluster.createTopic("orders", partitions: 3)
        let values = (0..<100).map { "order \($0)" }
        let producer = try EmbeddedProducer(bootstrapServers: cluster.bootstrapServers, clientID: "tests")
        #expect(try producer.produce(values, to: "orders") == 100)

        let consumer = try EmbeddedConsumer(
            bootstrapServers: cluster.bootstrapServers, group: "readers", topics: ["orders"], clientID: "tests")
        defer { consumer.close() }
        #expect(try consumer.read(100, within: .seconds(20)).sorted() == values.sorted())
    }

    @Test("loses what is produced while its only broker is down, and serves again when it is back")
    func brokerDown() throws {
        let cluster = try EmbeddedCluster(brokers: 1)
        try cluster.createTopic("orders", partitions: 1)
        try cluster.setBrokerDown(1)
        let impatient = try EmbeddedProducer(
            bootstrapServers: cluster.bootstrapServers, clientID: "tests",
            properties: ["message.timeout.ms": "200"])
        #expect(try impatient.produce(["lost"], to: "orders") == 0)

        try cluster.setBrokerUp(1)
        let producer = try EmbeddedProducer(bootstrapServers: cluster.bootstrapServers, clientID: "tests")
        #expect(try producer.produce(["kept"], to: "orders") == 1)
    }

    @Test("refuses a broker that it does not have")
    func unknownBroker() throws {
        let cluster = try EmbeddedCluster(brokers: 1)
        #expect(throws: EmbeddedClusterError.self) { try cluster.setBrokerDown(9) }
    }

    @Test("says so when it is used after its end")
    func stopped() throws {
        let cluster = try EmbeddedCluster(brokers: 1)
        cluster.stop()
        cluster.stop()
        #expect(
            throws: EmbeddedClusterError.failed(action: "create topic orders", reason: "the cluster is stopped")
        ) {
            try cluster.createTopic("orders", partitions: 1)
        }
    }

    @Test("tells which setting librdkafka refused")
    func refusedSetting() throws {
        let error = try #require(throws: EmbeddedClusterError.self) {
            try EmbeddedProducer(bootstrapServers: [], clientID: "tests", properties: ["acks": "many"])
        }
        #expect(error.description.hasPrefix("could not set acks=many: "))
    }
}
