import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import SluiceConfiguration
import Testing

@testable import ProxyRuntime

/// Requests and responses of several kinds, as bytes.
private struct Conversation {
    var requests = ByteBuffer()
    var responses: [any ResponseMessage] = []

    static func make() throws -> Conversation {
        var conversation = Conversation()
        var id: Int32 = 1
        func add(_ request: any RequestMessage, _ version: Int16, _ response: any ResponseMessage) throws {
            conversation.requests.writeImmutableBuffer(try Connections.request(request, version: version, id: id))
            conversation.responses.append(response)
            id += 1
        }
        try add(HeartbeatRequest(), 4, HeartbeatResponse())
        try add(ListGroupsRequest(), 2, ListGroupsResponse())
        for version in [7, 9, 13] as [Int16] {
            try add(produce(version), version, produceAnswer(version))
        }
        for version in [4, 12, 17] as [Int16] {
            try add(FetchRequest(), version, fetchAnswer(version))
        }
        for version in [1, 9, 12] as [Int16] { try add(MetadataRequest(), version, metadataAnswer()) }
        var coordinator = FindCoordinatorResponse()
        coordinator.nodeID = 2
        coordinator.host = "b2.internal"
        coordinator.port = 9092
        try add(FindCoordinatorRequest(), 3, coordinator)
        try add(ApiVersionsRequest(), 0, ApiVersionsResponse())
        return conversation
    }

    static let topicID = KafkaUUID(high: 1, low: 2)

    private static func produce(_ version: Int16) -> ProduceRequest {
        var partition = ProduceRequest.PartitionProduceData()
        partition.records = ByteBuffer(repeating: 7, count: 40)
        var topic = ProduceRequest.TopicProduceData()
        topic.name = "orders"
        topic.topicID = topicID
        topic.partitionData = [partition]
        var request = ProduceRequest()
        request.acks = -1
        request.topicData = [topic]
        return request
    }

    private static func produceAnswer(_ version: Int16) -> ProduceResponse {
        var response = ProduceResponse()
        var partition = ProduceResponse.PartitionProduceResponse()
        partition.baseOffset = 5
        var topic = ProduceResponse.TopicProduceResponse()
        topic.name = "orders"
        topic.topicID = topicID
        topic.partitionResponses = [partition]
        response.responses = [topic]
        if version >= 10 {
            var endpoint = ProduceResponse.NodeEndpoint()
            endpoint.nodeID = 1
            endpoint.host = "b1.internal"
            endpoint.port = 9092
            response.nodeEndpoints = [endpoint]
        }
        return response
    }

    private static func fetchAnswer(_ version: Int16) -> FetchResponse {
        var partition = FetchResponse.PartitionData()
        partition.records = ByteBuffer(repeating: 9, count: 90)
        var topic = FetchResponse.FetchableTopicResponse()
        topic.topic = "orders"
        topic.topicID = topicID
        topic.partitions = [partition]
        var response = FetchResponse()
        response.responses = [topic]
        return response
    }

    private static func metadataAnswer() -> MetadataResponse {
        var response = MetadataResponse()
        response.brokers = ([1, 2, 3, 4] as [Int32]).map { id in
            var broker = MetadataResponse.MetadataResponseBroker()
            broker.nodeID = id
            broker.host = "b\(id).internal"
            broker.port = 9092
            return broker
        }
        return response
    }
}

@Suite("Frames that come in any pieces", .serialized)
struct FrameStreamTests {
    private static let chains: [String: @Sendable (Journal) -> [FilterChain.Entry]] = [
        "no filter": { _ in [] },
        "header": { [.scripted(ScriptedFilter("a", $0, interests: bothWays(.header)))] },
        "fields": { [.scripted(ScriptedFilter("a", $0, interests: bothWays(.fields)))] },
        "body": { [.scripted(ScriptedFilter("a", $0, interests: bothWays(.body)))] },
        "body that is written anew": {
            [
                .scripted(
                    ScriptedFilter("a", $0) { request in
                        if let body = try? request.frame.body(HeartbeatRequest.self) { request.frame.setBody(body) }
                        return .forward
                    })
            ]
        },
    ]

    private static func bothWays(_ depth: Depth) -> [Interest] {
        [Interest(nil, .request, depth: depth), Interest(nil, .response, depth: depth)]
    }

    /// What comes out on both sides when everything is cut at some places; one connection after another conversation.
    private final class Conversations {
        private let journal = Journal()
        private let connections: Connections
        private let conversation: Conversation

        init(_ chain: String) throws {
            connections = try Connections(FrameStreamTests.chains[chain]?(journal) ?? [])
            conversation = try Conversation.make()
            // Else Sluice would ask for its name, sooner or later as the bytes come.
            connections.cluster.learn(topics: [SeenTopic(name: "orders", id: Conversation.topicID)])
        }

        func run(cuts: (Int) -> [Int]) throws -> Passed {
            journal.clear()
            try FrameStreamTests.pieces(conversation.requests, cuts(conversation.requests.readableBytes))
                .forEach(connections.clientSends)
            let got = try connections.brokerGot()
            try #require(got.count == conversation.responses.count)
            var responses = ByteBuffer()
            for (request, response) in zip(got, conversation.responses) {
                responses.writeImmutableBuffer(try Connections.response(response, to: request))
            }
            try FrameStreamTests.pieces(responses, cuts(responses.readableBytes)).forEach(connections.brokerSends)
            var passed = Passed()
            for var frame in got {
                // Sluice's own number goes on from one conversation to the next.
                frame.setInteger(Int32(0), at: frame.readerIndex + 4)
                passed.broker.writeImmutableBuffer(frame)
            }
            let answers = try connections.clientGot()
            try #require(answers.count == got.count && !connections.isClosed)
            for frame in answers { passed.client.writeImmutableBuffer(frame) }
            passed.ends = journal.entries.filter { $0.contains("completed") }.count
            return passed
        }
    }

    /// What came out on both sides, and how many requests were completed.
    private struct Passed: Equatable {
        var broker = ByteBuffer()
        var client = ByteBuffer()
        var ends = 0
    }

    private static func pieces(_ bytes: ByteBuffer, _ cuts: [Int]) -> [ByteBuffer] {
        var rest = bytes
        var pieces: [ByteBuffer] = []
        var position = 0
        for cut in cuts {
            // A copy, as each read from a socket is memory of its own.
            if let piece = rest.readBytes(length: cut - position) { pieces.append(ByteBuffer(bytes: piece)) }
            position = cut
        }
        pieces.append(ByteBuffer(buffer: rest))
        return pieces
    }

    @Test("They go on as those that come whole: cut anywhere, in both directions", arguments: chains.keys.sorted())
    func cutAnywhere(chain: String) throws {
        let conversations = try Conversations(chain)
        let whole = try conversations.run { _ in [] }
        #expect(whole.ends == (chain == "no filter" ? 0 : 13))
        for cut in 0..<1000 {
            try #require(try conversations.run { [min(cut, $0)] } == whole, "\(chain): cut at \(cut)")
        }
        #expect(try conversations.run { Array(0..<$0) } == whole)
    }

    @Test("All chains that change nothing forward the same bytes")
    func sameForAllChains() throws {
        let first = try Conversations("no filter").run { _ in [] }
        for chain in Self.chains.keys {
            let other = try Conversations(chain).run { _ in [] }
            #expect(other.broker == first.broker && other.client == first.client, "\(chain)")
        }
    }

    @Test("No broker's own address reaches the client")
    func noAddress() throws {
        let client = try Conversations("no filter").run { _ in [] }.client
        let text = String(decoding: client.readableBytesView, as: UTF8.self)
        #expect(!text.contains("internal"))
        #expect(text.contains("sluice.example"))
    }

    @Test(
        "A size that no frame has closes the connection, and nothing is kept for it",
        arguments: [0, -1, .min, .max, 100 * 1024 * 1024 + 1] as [Int32])
    func hostileSizes(size: Int32) throws {
        let connections = try Connections()
        try connections.clientSends(ByteBuffer(integer: size))
        #expect(connections.isClosed)
        let other = try Connections()
        try other.clientSends(HeartbeatRequest(), version: 4, id: 1)
        try other.brokerSends(ByteBuffer(integer: size))
        #expect(other.isClosed)
    }

    @Test(
        "Bytes of other protocols close the connection",
        arguments: ["GET / HTTP/1.1\r\n\r\n", "\u{16}\u{03}\u{01}\u{02}\u{00}"])
    func otherProtocols(text: String) throws {
        let connections = try Connections()
        try connections.clientSends(ByteBuffer(string: text))
        #expect(connections.isClosed)
        #expect(try connections.brokerGot().isEmpty)
    }

    @Test("A response that nobody asked for, or of another request, closes the connection")
    func correlationMismatch() throws {
        let unasked = try Connections()
        try unasked.brokerSends(ByteBuffer(bytes: [0, 0, 0, 6, 0, 0, 0, 1, 0, 0]))
        #expect(unasked.isClosed)
        let mismatch = try Connections()
        try mismatch.clientSends(HeartbeatRequest(), version: 4, id: 1)
        var request = try mismatch.brokerGot()[0]
        request.setInteger(Int32(999), at: request.readerIndex + 4)
        try mismatch.brokerAnswers(request, HeartbeatResponse())
        #expect(mismatch.isClosed)
        #expect(try mismatch.clientGot().isEmpty)
    }

    @Test("A response too short for its header is malformed, whatever bytes follow it")
    func shortResponse() throws {
        for tail in [[], [0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0]] as [[UInt8]] {
            let connections = try Connections()
            try connections.clientSends(HeartbeatRequest(), version: 4, id: 1)
            let got = try connections.brokerGot()[0]
            let id = try #require(got.getInteger(at: got.readerIndex + 4, as: Int32.self))
            var bytes = ByteBuffer(integer: Int32(4))
            bytes.writeInteger(id)
            bytes.writeBytes(tail)
            try connections.brokerSends(bytes)
            #expect(connections.isClosed, "\(tail)")
        }
    }

    @Test("An API that is not known passes, or closes the connection where `on_unknown` says so")
    func unknownAPI() throws {
        for action in [ListenerConfiguration.OnUnknown.forward, .close] {
            var settings = Connections.Settings()
            settings.onUnknown = action
            let connections = try Connections(settings: settings)
            let request = ByteBuffer(bytes: [0, 0, 0, 12, 3, 0xe8, 0, 0, 0, 0, 0, 42, 0, 1, 0x61, 9])
            try connections.clientSends(request)
            #expect(connections.isClosed == (action == .close))
            let got = try connections.brokerGot()
            #expect(got.count == (action == .close ? 0 : 1))
            guard let frame = got.first else { continue }
            #expect(frame.getBytes(at: frame.readerIndex + 8, length: 4) == [0, 1, 0x61, 9])
            var response = ByteBuffer(bytes: [0, 0, 0, 6])
            response.writeInteger(frame.getInteger(at: frame.readerIndex + 4, as: Int32.self) ?? 0)
            response.writeBytes([5, 6])
            try connections.brokerSends(response)
            #expect(try connections.clientGot() == [ByteBuffer(bytes: [0, 0, 0, 42, 5, 6])])
        }
    }

    @Test("A version that is not known of an API that must be read is never forwarded")
    func unknownVersion() throws {
        for key in [0, 3, 10, 17, 36] as [Int16] {
            let connections = try Connections()
            var request = ByteBuffer(bytes: [0, 0, 0, 11])
            request.writeInteger(key)
            request.writeInteger(Int16(30))
            request.writeBytes([0, 0, 0, 42, 0, 0, 0])
            try connections.clientSends(request)
            #expect(connections.isClosed, "\(key)")
            #expect(try connections.brokerGot().isEmpty)
        }
    }

    @Test("An unknown version of ApiVersions is answered as a broker does, in version 0")
    func unknownAPIVersions() throws {
        let connections = try Connections()
        let request = ByteBuffer(bytes: [0, 0, 0, 13, 0, 18, 0, 99, 0, 0, 0, 42, 0, 1, 0x61, 0, 7])
        try connections.clientSends(request)
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 43)
        #expect(try connections.brokerGot().count == 1)
        let frame = try #require(try connections.clientGot().first)
        let answer = try KafkaFrame.decodeResponse(frame, apiKey: .apiVersions, apiVersion: 0)
        #expect((answer.body as? ApiVersionsResponse)?.errorCode == .unsupportedVersion)
        #expect(frame.getInteger(at: frame.readerIndex, as: Int32.self) == 42)
    }

    @Test("As few as one request may be in flight, also one that comes in pieces")
    func oneInFlight() throws {
        var settings = Connections.Settings()
        settings.limits.requestsInFlight = 1
        let connections = try Connections(settings: settings)
        var request = try Connections.request(HeartbeatRequest(), version: 4, id: 1)
        let start = request.readSlice(length: 26)
        let first = try #require(start)
        var asked = 0
        connections.onClientRead = { asked += 1 }
        try connections.clientSends(ByteBuffer(buffer: first))
        connections.client.read()
        #expect(asked == 1, "the rest of the body is read although the slot is taken")
        try connections.clientSends(ByteBuffer(buffer: request))
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 2)
        connections.client.read()
        #expect(asked == 1, "no further request is")
        let got = try connections.brokerGot()
        #expect(got.count == 1)
        try connections.brokerAnswers(got[0], HeartbeatResponse())
        let second = try connections.brokerGot()
        #expect(second.count == 1)
        try connections.brokerAnswers(second[0], HeartbeatResponse())
        #expect(asked == 2)
    }

    @Test("A frame that is held and comes byte by byte has the time of one frame, not of one byte")
    func frameTimeout() throws {
        var settings = Connections.Settings()
        settings.limits.frameTimeout = .seconds(1)
        let connections = try Connections([.scripted(ScriptedFilter("a", Journal()))], settings: settings)
        let request = try Connections.request(HeartbeatRequest(), version: 4, id: 1)
        let begin = NIODeadline.now()
        for piece in Self.pieces(request, [20, 25, 26]).dropLast() { try connections.clientSends(piece) }
        #expect(connections.downstream.frameStartedAt - begin < .milliseconds(500))
        let started = connections.downstream.frameStartedAt
        try connections.clientSends(ByteBuffer(bytes: [1]))
        #expect(connections.downstream.frameStartedAt == started)
        connections.downstream.sweep(now: started + .milliseconds(900))
        #expect(!connections.isClosed)
        connections.downstream.sweep(now: started + .milliseconds(1100))
        #expect(connections.isClosed)
    }

    @Test("A transactional ID without end before `acks` is not waited for")
    func endlessTransactionalID() throws {
        let connections = try Connections()
        var request = ByteBuffer(bytes: [0x05, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0])
        request.writeBytes([0xff, 0xff, 0xff, 0x0f])
        request.writeRepeatingByte(0x61, count: 300_000)
        try connections.clientSends(request)
        #expect(connections.isClosed)
    }
}
