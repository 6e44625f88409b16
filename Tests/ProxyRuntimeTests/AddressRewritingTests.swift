import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import ProxyRuntime

/// A response with brokers' own addresses, and what the client has to get in its place.
///
/// The virtual cluster has brokers 1 to 3 at ports 9101 to 9103 of `sluice.example`; broker 9 has no port.
private struct RewritingCase: Sendable, CustomTestStringConvertible {
    let name: String
    let version: Int16
    let request: any RequestMessage
    let response: any ResponseMessage
    let expected: any ResponseMessage

    var testDescription: String { "\(name) v\(version)" }

    /// The case at all versions from one on.
    static func versions<Request: RequestMessage>(
        _ name: String, _ request: Request, from first: Int16 = 0,
        _ make: (_ version: Int16, _ isExpected: Bool) -> Request.Response
    ) -> [RewritingCase] {
        (first...Request.Response.validVersions.upperBound).map { version in
            RewritingCase(
                name: name, version: version, request: request, response: make(version, false),
                expected: make(version, true))
        }
    }

    /// A node's address: its own, or the one that the client gets.
    static func address(_ id: Int32, _ isExpected: Bool) -> (host: String, port: Int32) {
        isExpected ? ("sluice.example", 9100 + id) : ("broker-\(id).kafka.internal", 19092)
    }
}

/// The nodes that the client gets, or those that the broker names.
private func ids(_ isExpected: Bool, _ expected: [Int32], _ named: [Int32]) -> [Int32] {
    isExpected ? expected : named
}

private let topicID = KafkaUUID(high: 3, low: 4)

private let metadata = RewritingCase.versions("Metadata", MetadataRequest()) { version, isExpected in
    var response = MetadataResponse()
    response.brokers = ids(isExpected, [1, 3, 2], [1, 9, 3, 2, 9]).map { id in
        var broker = MetadataResponse.MetadataResponseBroker()
        broker.nodeID = id
        (broker.host, broker.port) = RewritingCase.address(id, isExpected)
        broker.rack = version >= 1 ? (id == 2 ? nil : "rack-\(id)") : nil
        return broker
    }
    response.clusterID = version >= 2 ? "cluster" : nil
    response.controllerID = version >= 1 ? 9 : -1
    var partition = MetadataResponse.MetadataResponsePartition()
    partition.leaderID = 9
    partition.replicaNodes = [1, 9]
    var topic = MetadataResponse.MetadataResponseTopic()
    topic.name = "orders"
    topic.partitions = [partition]
    response.topics = [topic]
    return response
}

private let describeCluster = RewritingCase.versions("DescribeCluster", DescribeClusterRequest()) { _, isExpected in
    var response = DescribeClusterResponse()
    response.clusterID = "cluster"
    response.controllerID = 3
    response.brokers = ids(isExpected, [2, 1], [9, 2, 1]).map { id in
        var broker = DescribeClusterResponse.DescribeClusterBroker()
        broker.brokerID = id
        (broker.host, broker.port) = RewritingCase.address(id, isExpected)
        return broker
    }
    return response
}

private let describeControllers = RewritingCase.versions(
    "DescribeCluster of controllers", DescribeClusterRequest(), from: 1
) {
    _, _ in
    var response = DescribeClusterResponse()
    response.endpointType = 2
    var controller = DescribeClusterResponse.DescribeClusterBroker()
    controller.brokerID = 1
    (controller.host, controller.port) = ("controller-1.kafka.internal", 29093)
    response.brokers = [controller]
    return response
}

private func flatCoordinator(_ id: Int32, expected: Int32?) -> [RewritingCase] {
    RewritingCase.versions("FindCoordinator of node \(id)", FindCoordinatorRequest()) { version, isExpected in
        var response = FindCoordinatorResponse()
        guard version < 4 else { return response }
        response.nodeID = id
        response.errorMessage = version >= 1 ? nil : ""
        (response.host, response.port) = id < 0 ? ("", -1) : RewritingCase.address(id, isExpected)
        if isExpected, expected == nil {
            (response.nodeID, response.host, response.port) = (-1, "", -1)
            response.errorCode = .coordinatorNotAvailable
        }
        return response
    }.filter { $0.version < 4 }
}

private let coordinators = RewritingCase.versions("FindCoordinator of several", FindCoordinatorRequest(), from: 4) {
    _, isExpected in
    var response = FindCoordinatorResponse()
    response.errorMessage = ""
    response.coordinators = ([2, 9, -1, 1, 9] as [Int32]).map { id in
        var coordinator = FindCoordinatorResponse.Coordinator()
        coordinator.key = "group-\(id)"
        coordinator.nodeID = id
        (coordinator.host, coordinator.port) = id < 0 ? ("", -1) : RewritingCase.address(id, isExpected)
        coordinator.errorCode = id < 0 ? .groupAuthorizationFailed : .none
        coordinator.errorMessage = nil
        if isExpected, id == 9 {
            (coordinator.nodeID, coordinator.host, coordinator.port) = (-1, "", -1)
            coordinator.errorCode = .coordinatorNotAvailable
        }
        return coordinator
    }
    return response
}

private func produceRequest() -> ProduceRequest {
    var request = ProduceRequest()
    request.acks = -1
    return request
}

private let produce = RewritingCase.versions("Produce", produceRequest(), from: 10) { version, isExpected in
    var partition = ProduceResponse.PartitionProduceResponse()
    partition.errorCode = .notLeaderOrFollower
    partition.currentLeader.leaderID = 9
    partition.currentLeader.leaderEpoch = 5
    var topic = ProduceResponse.TopicProduceResponse()
    if version >= 13 { topic.topicID = topicID } else { topic.name = "orders" }
    topic.partitionResponses = [partition]
    var response = ProduceResponse()
    response.responses = [topic]
    response.nodeEndpoints = ids(isExpected, [1, 2], [9, 1, 2, 9]).map { id in
        var endpoint = ProduceResponse.NodeEndpoint()
        endpoint.nodeID = id
        (endpoint.host, endpoint.port) = RewritingCase.address(id, isExpected)
        endpoint.rack = "a"
        return endpoint
    }
    return response
}

private let fetch = RewritingCase.versions("Fetch", FetchRequest(), from: 16) { _, isExpected in
    var partition = FetchResponse.PartitionData()
    partition.errorCode = .notLeaderOrFollower
    partition.currentLeader.leaderID = 9
    partition.currentLeader.leaderEpoch = 5
    partition.records = ByteBuffer(repeating: 1, count: 100)
    var topic = FetchResponse.FetchableTopicResponse()
    topic.topicID = topicID
    topic.partitions = [partition]
    var response = FetchResponse()
    response.responses = [topic]
    response.nodeEndpoints = ids(isExpected, [3], [3, 9]).map { id in
        var endpoint = FetchResponse.NodeEndpoint()
        endpoint.nodeID = id
        (endpoint.host, endpoint.port) = RewritingCase.address(id, isExpected)
        return endpoint
    }
    return response
}

private let shareFetch = RewritingCase.versions(
    "ShareFetch", ShareFetchRequest(), from: ShareFetchResponse.validVersions.lowerBound
) {
    _, isExpected in
    var partition = ShareFetchResponse.PartitionData()
    partition.errorCode = .notLeaderOrFollower
    partition.currentLeader.leaderID = 1
    partition.records = ByteBuffer(repeating: 1, count: 100)
    var topic = ShareFetchResponse.ShareFetchableTopicResponse()
    topic.topicID = topicID
    topic.partitions = [partition]
    var response = ShareFetchResponse()
    response.responses = [topic]
    response.nodeEndpoints = ids(isExpected, [3, 1], [3, 9, 1]).map { id in
        var endpoint = ShareFetchResponse.NodeEndpoint()
        endpoint.nodeID = id
        (endpoint.host, endpoint.port) = RewritingCase.address(id, isExpected)
        return endpoint
    }
    return response
}

private let shareAcknowledge = RewritingCase.versions(
    "ShareAcknowledge", ShareAcknowledgeRequest(), from: ShareAcknowledgeResponse.validVersions.lowerBound
) { _, isExpected in
    var response = ShareAcknowledgeResponse()
    response.nodeEndpoints = ids(isExpected, [2], [9, 2]).map { id in
        var endpoint = ShareAcknowledgeResponse.NodeEndpoint()
        endpoint.nodeID = id
        (endpoint.host, endpoint.port) = RewritingCase.address(id, isExpected)
        return endpoint
    }
    return response
}

private let cases: [RewritingCase] = [
    metadata, describeCluster, describeControllers, flatCoordinator(2, expected: 2), flatCoordinator(-1, expected: -1),
    flatCoordinator(9, expected: nil), coordinators, produce, fetch, shareFetch, shareAcknowledge,
].flatMap { $0 }

@Suite("Addresses of a virtual cluster", .serialized)
struct AddressRewritingTests {
    /// What the client gets for a response of the broker that comes in these pieces.
    private func exchange(
        _ test: RewritingCase, _ connections: Connections, cut: Int? = nil, tail: [UInt8] = []
    ) throws -> KafkaFrame {
        connections.cluster.learn(topics: [SeenTopic(name: "orders", id: topicID)])
        try connections.clientSends(test.request, version: test.version, id: 77)
        let request = try #require(try connections.brokerGot().first)
        var response = try Connections.response(test.response, to: request)
        response.writeBytes(tail)
        response.setInteger(UInt32(response.readableBytes - 4), at: response.readerIndex)
        if let cut {
            let first = response.readBytes(length: min(cut, response.readableBytes)) ?? []
            try connections.brokerSends(ByteBuffer(bytes: first))
        }
        try connections.brokerSends(ByteBuffer(buffer: response))
        let frame = try #require(try connections.clientGot().first)
        #expect(frame.getInteger(at: frame.readerIndex, as: Int32.self) == 77)
        return try KafkaFrame.decodeResponse(
            frame, apiKey: type(of: test.request).apiKey, apiVersion: test.version)
    }

    @Test("There are cases for every version of every response with addresses")
    func coverage() {
        #expect(metadata.count == 14 && describeCluster.count == 3 && describeControllers.count == 2)
        #expect(coordinators.count == 3 && produce.count == 4 && fetch.count == 3)
        #expect(!shareFetch.isEmpty && !shareAcknowledge.isEmpty)
    }

    @Test("They are in the place of the brokers' own, and all else is as it was", arguments: cases)
    fileprivate func rewritten(test: RewritingCase) throws {
        let frame = try exchange(test, Connections())
        #expect("\(frame.body)" == "\(test.expected)")
        #expect(frame.trailing.readableBytes == 0)
    }

    @Test("Bytes behind the end of the body stay", arguments: cases)
    fileprivate func trailing(test: RewritingCase) throws {
        let frame = try exchange(test, Connections(), tail: [1, 2, 3])
        #expect("\(frame.body)" == "\(test.expected)")
        #expect(Array(frame.trailing.readableBytesView) == [1, 2, 3])
    }

    @Test("Nothing is rewritten in pass_through", arguments: cases)
    fileprivate func passThrough(test: RewritingCase) throws {
        var settings = Connections.Settings()
        settings.virtual = false
        let frame = try exchange(test, Connections(settings: settings))
        #expect("\(frame.body)" == "\(test.response)")
    }

    @Test("A response that comes in two pieces shows no broker's own address either", arguments: cases)
    fileprivate func inPieces(test: RewritingCase) throws {
        let connections = try Connections()
        for cut in 1..<300 {
            let frame = try exchange(test, connections, cut: cut)
            if "\(frame.body)" == "\(test.expected)" { continue }
            // A frame that streams keeps its length: the endpoints of a Fetch hide behind a tag that clients do not know.
            guard var hidden = frame.body as? FetchResponse, var expected = test.expected as? FetchResponse else {
                Issue.record("cut at \(cut): \(frame.body)")
                return
            }
            #expect(hidden.unknownTaggedFields.map(\.tag) == [UInt32(HiddenEndpoints.unknownTag)])
            #expect(hidden.nodeEndpoints.isEmpty)
            hidden.unknownTaggedFields = []
            expected.nodeEndpoints = []
            #expect("\(hidden)" == "\(expected)")
        }
    }

    @Test("Brokers and topics of a Metadata response are learned as they are")
    func learned() throws {
        let connections = try Connections()
        let first = KafkaUUID(high: 1, low: 1)
        let unnamed = KafkaUUID(high: 2, low: 2)
        let second = KafkaUUID(high: 3, low: 3)
        var response = MetadataResponse()
        response.brokers = ([1, 9] as [Int32]).map { id in
            var broker = MetadataResponse.MetadataResponseBroker()
            broker.nodeID = id
            (broker.host, broker.port) = RewritingCase.address(id, false)
            return broker
        }
        response.topics = [("first", first), (nil, unnamed), ("second", second)].map { name, id in
            var topic = MetadataResponse.MetadataResponseTopic()
            topic.name = name
            topic.topicID = id
            return topic
        }
        try connections.clientSends(MetadataRequest(), version: 12, id: 1)
        try connections.brokerAnswers(try connections.brokerGot()[0], response)
        let topology = connections.cluster.topology
        #expect(topology.brokers[1] == Broker(id: 1, host: "broker-1.kafka.internal", port: 19092))
        #expect(topology.brokers[9] == Broker(id: 9, host: "broker-9.kafka.internal", port: 19092))
        #expect(topology.topicNames == [first: "first", second: "second"])
        #expect(topology.topicIDs == ["first": first, "second": second])
    }

    @Test("A response that cannot be read does not reach the client where it may name brokers")
    func malformed() throws {
        let connections = try Connections()
        try connections.clientSends(MetadataRequest(), version: 9, id: 1)
        let request = try connections.brokerGot()[0]
        var bytes = ByteBuffer(bytes: [0, 0, 0, 9])
        bytes.writeInteger(request.getInteger(at: request.readerIndex + 4, as: Int32.self) ?? 0)
        bytes.writeBytes([0, 0, 0, 0, 0])
        bytes.setInteger(UInt32(bytes.readableBytes - 4), at: 0)
        try connections.brokerSends(bytes)
        #expect(connections.isClosed)
        #expect(try connections.clientGot().isEmpty)
    }
}
