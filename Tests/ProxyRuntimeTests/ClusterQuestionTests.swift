import EmbeddedCluster
import FilterAPI
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import NIOPosix
import Testing

@testable import ProxyRuntime

private func cluster(_ servers: [(host: String, port: Int)], isWatched: Bool = true) -> ClusterState {
    let cluster = ClusterState(
        name: "main", bootstrapServers: servers, connectTimeout: .seconds(10),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    if isWatched { cluster.lend(MultiThreadedEventLoopGroup.singleton) }
    return cluster
}

private func local(_ ports: Int...) -> [(host: String, port: Int)] {
    ports.map { ("127.0.0.1", $0) }
}

private func versions(_ served: ClosedRange<Int16>) -> ApiVersionsResponse {
    var metadata = ApiVersionsResponse.ApiVersion()
    metadata.apiKey = APIKey.metadata.rawValue
    metadata.minVersion = served.lowerBound
    metadata.maxVersion = served.upperBound
    var response = ApiVersionsResponse()
    response.apiKeys = [metadata]
    return response
}

private let id = KafkaUUID(high: 1, low: 2)

/// A broker that has the topic `orders` with 3 partitions, and may show no other.
private func broker(_ served: ClosedRange<Int16>) async throws -> AnsweringBroker {
    try await AnsweringBroker { request in
        guard let asked = request.body as? MetadataRequest else { return versions(served) }
        var response = MetadataResponse()
        let all = asked.topics?.isEmpty ?? true ? ["orders", "unasked"] : nil
        // It creates what it may, as brokers do.
        let names = all ?? (asked.topics ?? []).compactMap { $0.name == "left-out" ? nil : $0.name }
        response.topics = names.map { name in
            var described = MetadataResponse.MetadataResponseTopic()
            described.name = name
            if name == "orders" || (all == nil && asked.allowAutoTopicCreation) {
                described.topicID = id
                described.partitions = (0..<Int32(3)).map { index in
                    var partition = MetadataResponse.MetadataResponsePartition()
                    partition.partitionIndex = index
                    return partition
                }
            } else {
                described.errorCode = .topicAuthorizationFailed
            }
            return described
        }
        return response
    }
}

@Suite("Questions to a cluster")
struct ClusterQuestionTests {
    @Test(
        "The highest version of Metadata that both know is asked, and no topic is created",
        arguments: [(0...13, 12), (0...12, 12), (0...9, 9), (4...4, 4), (12...20, 12), (0...3, 3), (0...0, 0)]
            as [(ClosedRange<Int16>, Int16)])
    func versionsOfMetadata(served: ClosedRange<Int16>, expected: Int16) async throws {
        let broker = try await broker(served)
        let cluster = cluster(local(broker.port))
        let described = try await cluster.describe(["orders", "secret", "orders", "left-out"])
        #expect(broker.journal.entries == ["ApiVersions v0", "Metadata v\(expected)"])
        let orders = TopicDescription(name: "orders", id: expected >= 10 ? id : nil, partitions: 3, error: .none)
        #expect(
            described == [
                orders,
                TopicDescription(
                    name: "secret", id: nil, partitions: 0,
                    error: expected >= 4 ? .topicAuthorizationFailed : .unknownTopicOrPartition),
                orders, TopicDescription(name: "left-out", id: nil, partitions: 0, error: .unknownTopicOrPartition),
            ])
        #expect(cluster.partitions(of: "orders") == 3 && cluster.partitions(of: "secret") == nil)
        #expect(cluster.topicID("orders") == (expected >= 10 ? id : nil))
        #expect(cluster.topicName(id) == (expected >= 10 ? "orders" : nil))
        try await broker.close()
    }

    @Test("A broker whose versions are not known is not asked")
    func notServed() async throws {
        let broker = try await broker(13...14)
        await #expect(
            throws: ClusterQuestionError(
                cluster: "main",
                attempts: ["127.0.0.1:\(broker.port): serves no version of Metadata that is known here"])
        ) {
            try await cluster(local(broker.port)).describe(["orders"])
        }
        #expect(broker.journal.entries == ["ApiVersions v0"])
        try await broker.close()
    }

    @Test("Servers that do not answer are passed over, brokers that are known are asked as well")
    func others() async throws {
        let gone = try await broker(0...12)
        try await gone.close()
        let silent = try await AnsweringBroker { request in
            request.apiKey == .apiVersions ? versions(0...12) : nil
        }
        let good = try await broker(0...12)
        let cluster = cluster(local(gone.port, silent.port))
        await #expect(
            throws: ClusterQuestionError(
                cluster: "main",
                attempts: [
                    "127.0.0.1:\(gone.port): refused",
                    "127.0.0.1:\(silent.port): closed the connection, perhaps for want of credentials",
                ])
        ) {
            try await cluster.describe(["orders"])
        }
        cluster.learn(broker: Broker(id: 7, host: "127.0.0.1", port: good.port))
        #expect(try await cluster.describe(["orders"]).map(\.partitions) == [3])
        try await silent.close()
        try await good.close()
    }

    @Test("Those that were reached lately are asked first")
    func order() {
        let cluster = cluster(local(1, 2, 3))
        for id in [5, 4] as [Int32] { cluster.learn(broker: Broker(id: id, host: "broker", port: Int(id))) }
        cluster.note(bootstrap: 0, .unreachable("refused"))
        cluster.note(bootstrap: 2, .reachable)
        cluster.note(broker: 4, failure: "timeout")
        #expect(cluster.serversToAsk().map(\.port) == [2, 3, 5, 1, 4])
    }

    @Test("Nothing is asked for nothing, and not before the cluster is watched")
    func nothing() async throws {
        #expect(try await cluster([], isWatched: false).describe([]).isEmpty)
        let error = try #require(
            await #expect(throws: ClusterQuestionError.self) {
                try await cluster(local(1), isWatched: false).describe(["orders"])
            })
        #expect(error.description == "cluster 'main' cannot be asked before the proxy runs")
    }

    @Test("A whole cluster describes its topics, and makes none for being asked")
    func mockCluster() async throws {
        let brokers = try EmbeddedCluster(brokers: 2)
        try brokers.createTopic("orders", partitions: 5)
        let cluster = cluster(
            brokers.bootstrapServers.map { server in
                let parts = server.split(separator: ":")
                return (String(parts[0]), Int(parts[1]) ?? 0)
            })
        for _ in 0..<2 {
            let described = try await cluster.describe(["orders", "none"])
            #expect(described.map(\.partitions) == [5, 0])
            #expect(described.map(\.error) == [.none, .unknownTopicOrPartition])
        }
        #expect(cluster.partitions(of: "orders") == 5)
    }
}

@Suite("What responses teach of topics")
struct TopicTeachingTests {
    private func topic(_ name: String?, _ id: KafkaUUID, partitions: Int) -> MetadataResponse.MetadataResponseTopic {
        var topic = MetadataResponse.MetadataResponseTopic()
        topic.name = name
        topic.topicID = id
        topic.partitions = (0..<Int32(partitions)).map { index in
            var partition = MetadataResponse.MetadataResponsePartition()
            partition.partitionIndex = index
            return partition
        }
        return topic
    }

    @Test("Every Metadata tells partitions, from version 10 on IDs", arguments: MetadataRequest.validVersions)
    func metadata(version: Int16) throws {
        let connections = try Connections()
        try connections.clientSends(MetadataRequest(), version: version, id: 1)
        var response = MetadataResponse()
        var missing = topic("missing", .zero, partitions: 0)
        missing.errorCode = .unknownTopicOrPartition
        response.topics = [topic("a", id, partitions: 2), missing, topic("b", .zero, partitions: 1)]
        try connections.brokerAnswers(try connections.brokerGot()[0], response)
        #expect(connections.cluster.partitions(of: "a") == 2)
        #expect(connections.cluster.partitions(of: "b") == 1)
        #expect(connections.cluster.partitions(of: "missing") == nil)
        #expect(connections.cluster.topicID("a") == (version >= 10 ? id : nil))
        guard version >= 12 else { return }
        // A topic that is named by its ID alone is known by it.
        try connections.clientSends(MetadataRequest(), version: version, id: 2)
        response.topics = [topic(nil, id, partitions: 4)]
        try connections.brokerAnswers(try connections.brokerGot()[0], response)
        #expect(connections.cluster.partitions(of: "a") == 4)
    }

    @Test("CreateTopics tells partitions from version 5 on", arguments: CreateTopicsRequest.validVersions)
    func createTopics(version: Int16) throws {
        let connections = try Connections()
        try connections.clientSends(CreateTopicsRequest(), version: version, id: 1)
        var made = CreateTopicsResponse.CreatableTopicResult()
        made.name = "a"
        made.topicID = id
        made.numPartitions = 6
        var refused = CreateTopicsResponse.CreatableTopicResult()
        refused.name = "b"
        refused.errorCode = .topicAlreadyExists
        var response = CreateTopicsResponse()
        response.topics = [made, refused]
        try connections.brokerAnswers(try connections.brokerGot()[0], response)
        #expect(connections.cluster.partitions(of: "a") == (version >= 5 ? 6 : nil))
        #expect(connections.cluster.partitions(of: "b") == nil)
        #expect(connections.cluster.topicID("a") == (version >= 7 ? id : nil))
    }

    @Test("What is remembered is bounded, and a new topic of an old name takes its place")
    func bounded() {
        var topology = Topology()
        for number in 0..<Topology.mostTopics {
            topology.learn(SeenTopic(name: "\(number)", id: KafkaUUID(high: 1, low: UInt64(number)), partitions: 1))
        }
        #expect(topology.partitions.count == Topology.mostTopics)
        topology.learn(SeenTopic(name: "0", id: KafkaUUID(high: 2, low: 0), partitions: 2))
        #expect(topology.topicNames[KafkaUUID(high: 1, low: 0)] == nil)
        #expect(topology.partitions["0"] == 2)
        topology.learn(SeenTopic(name: "one more", id: KafkaUUID(high: 3, low: 0), partitions: 1))
        #expect(topology.topicNames.count <= Topology.mostTopics)
        #expect(topology.partitions == ["one more": 1])
        // Nothing is learned of a topic whose name nobody has told.
        topology.learn(SeenTopic(id: KafkaUUID(high: 9, low: 9), partitions: 1))
        #expect(topology.partitions == ["one more": 1])
    }
}
