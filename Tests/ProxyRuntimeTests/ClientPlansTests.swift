import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Testing

@testable import ProxyRuntime

@Suite("Filters that concern some clients only")
struct ClientPlansTests {
    let journal = Journal()

    private func produce(bytes: Int = 10) -> ProduceRequest {
        var request = ProduceRequest()
        request.acks = -1
        var topic = ProduceRequest.TopicProduceData()
        topic.name = "orders"
        var partition = ProduceRequest.PartitionProduceData()
        partition.records = ByteBuffer(repeating: 1, count: bytes)
        topic.partitionData = [partition]
        request.topicData = [topic]
        return request
    }

    @Test(
        "A filter whose condition does not fit the client sees neither request nor response nor end",
        arguments: [
            WhenCondition(clientID: [.prefix("canary-")]),
            WhenCondition(clientID: [.exact("canary-1")], api: [.exact("Heartbeat")]),
        ])
    func condition(when: WhenCondition) throws {
        let connections = try Connections([.scripted(ScriptedFilter("a", journal), when: when)])
        for (id, client) in [(1, "plain"), (2, "canary-1"), (3, "plain")] as [(Int32, String)] {
            try connections.clientSends(HeartbeatRequest(), version: 4, id: id, clientID: client)
        }
        for request in try connections.brokerGot() { try connections.brokerAnswers(request, HeartbeatResponse()) }
        #expect(journal.entries == ["a request 2", "a response 2", "a completed 2 answered"])
        #expect(try connections.clientGotIDs() == [1, 2, 3])
    }

    @Test("A condition on the API, the principal or the address selects as well")
    func otherConditions() throws {
        let network = try #require(try? NetworkPrefix(parsing: "10.0.0.0/8"))
        let other = try #require(try? NetworkPrefix(parsing: "192.168.0.0/16"))
        let cases: [(WhenCondition, Bool)] = [
            (WhenCondition(api: [.exact("Heartbeat")]), true), (WhenCondition(api: [.exact("Produce")]), false),
            (WhenCondition(principal: [.exact("User:ANONYMOUS")]), true),
            (WhenCondition(principal: [.exact("User:alice")]), false),
            (WhenCondition(clientAddress: [.network(network)]), true),
            (WhenCondition(clientAddress: [.network(other)]), false),
        ]
        for (when, sees) in cases {
            journal.clear()
            let connections = try Connections([.scripted(ScriptedFilter("a", journal), when: when)])
            try connections.clientSends(HeartbeatRequest(), version: 4, id: 1)
            #expect(journal.entries == (sees ? ["a request 1"] : []))
        }
    }

    @Test("A principal that becomes known in the middle of a connection is heeded from the next request on")
    func principal() throws {
        let connections = try Connections([
            .scripted(ScriptedFilter("a", journal), when: WhenCondition(principal: [.exact("User:alice")]))
        ])
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 1)
        connections.downstream.context.principal = "User:alice"
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 2)
        #expect(journal.entries == ["a request 2"])
    }

    @Test("Frames of clients that a filter does not concern are not held for it", arguments: [true, false])
    func notHeld(concerned: Bool) throws {
        let connections = try Connections([
            .scripted(ScriptedFilter("a", journal, concerns: { $0.clientID == "canary" }))
        ])
        let bytes = try Connections.request(
            produce(bytes: 2000), version: 9, id: 1, clientID: concerned ? "canary" : "plain")
        try connections.clientSends(try #require(bytes.getSlice(at: 0, length: 1000)))
        _ = try connections.brokerGot()
        #expect((connections.brokerGotPart.readableBytes > 0) == !concerned)
        try connections.clientSends(try #require(bytes.getSlice(at: 1000, length: bytes.readableBytes - 1000)))
        #expect(try connections.brokerGot().count == 1)
    }

    @Test("A response is taken in as its request was, whoever the client says it is by then")
    func responseAsRequest() throws {
        let connections = try Connections([
            .scripted(ScriptedFilter("a", journal, concerns: { $0.clientID == "canary" }))
        ])
        try connections.clientSends(produce(), version: 9, id: 1, clientID: "canary")
        try connections.clientSends(produce(), version: 9, id: 2, clientID: "plain")
        for request in try connections.brokerGot() { try connections.brokerAnswers(request, ProduceResponse()) }
        #expect(journal.entries == ["a request 1", "a response 1", "a completed 1 answered"])
        #expect(try connections.clientGotIDs() == [1, 2])
    }

    @Test("A version that only an unconcerned filter would have to read is forwarded")
    func unknownVersion() throws {
        for concerned in [true, false] {
            let connections = try Connections([.scripted(ScriptedFilter("a", journal, concerns: { _ in concerned }))])
            var bytes = try Connections.request(HeartbeatRequest(), version: 4, id: 1)
            bytes.setInteger(Int16(99), at: bytes.readerIndex + 6)
            try connections.clientSends(bytes)
            #expect(connections.isClosed == concerned)
        }
    }
}

@Suite("Filters that ask for more than the header")
struct InspectionTests {
    let journal = Journal()

    private func produce() -> ProduceRequest {
        var request = ProduceRequest()
        request.acks = -1
        var topic = ProduceRequest.TopicProduceData()
        topic.name = "orders"
        var partition = ProduceRequest.PartitionProduceData()
        partition.records = ByteBuffer(repeating: 1, count: 3000)
        topic.partitionData = [partition]
        request.topicData = [topic]
        return request
    }

    /// A filter that looks at headers, and at the whole of what it is asked to.
    private func inspector(
        _ name: String, later: Bool = false, _ whole: @escaping ScriptedFilter.RequestScript
    ) -> ScriptedFilter {
        ScriptedFilter(name, journal, interests: [Interest([.produce], .request, depth: .header)]) { request in
            if request.frame.isWhole { return whole(request) }
            guard later else { return .inspect }
            return .hold(request.record.connection.eventLoop.makeSucceededFuture(.inspect))
        }
    }

    private func headerOnly(_ name: String) -> ScriptedFilter {
        ScriptedFilter(name, journal, interests: [Interest([.produce], .request, depth: .header)])
    }

    @Test(
        "The frame is held and shown again, to those behind for the first time", arguments: [false, true],
        [1, 700, 10_000])
    func inspects(later: Bool, piece: Int) throws {
        let connections = try Connections([
            .scripted(headerOnly("a")),
            .scripted(
                inspector("b", later: later) { request in
                    guard var body = try? request.frame.body(ProduceRequest.self) else { return .close(reason: "?") }
                    body.topicData[0].name = "changed"
                    request.frame.setBody(body)
                    return .forward
                }),
            .scripted(headerOnly("c")),
        ])
        var bytes = try Connections.request(produce(), version: 9, id: 1)
        while bytes.readableBytes > 0 {
            try connections.clientSends(bytes.readSlice(length: min(piece, bytes.readableBytes)) ?? ByteBuffer())
        }
        let got = try connections.brokerGotMessages().map { ($0 as? ProduceRequest)?.topicData.first?.name }
        #expect(got == ["changed"])
        #expect(journal.entries == ["a request 1", "b request 1", "b request 1", "c request 1"])
        #expect(connections.shared.budget.usage.bytes == 0)
    }

    @Test("What it refuses then never reaches the broker")
    func refuses() throws {
        let connections = try Connections([
            .scripted(inspector("a") { _ in .answer(Answer(ProduceResponse())) })
        ])
        var bytes = try Connections.request(produce(), version: 9, id: 1)
        try connections.clientSends(bytes.readSlice(length: 500) ?? ByteBuffer())
        try connections.clientSends(bytes)
        #expect(try connections.brokerGot().isEmpty)
        #expect(try connections.clientGotIDs() == [1])
    }

    @Test("A response is held whole for a filter that asked for it at the request")
    func response() throws {
        let filter = ScriptedFilter(
            "a", journal,
            interests: [
                Interest([.fetch], .request, depth: .header), Interest([.fetch], .response, depth: .header),
            ],
            request: { request in
                if request.record.correlationID == 1 { request.inspectResponse() }
                return .forward
            },
            response: { response in
                guard response.frame.isWhole, var body = try? response.frame.body(FetchResponse.self) else {
                    return .forward
                }
                body.sessionID = 77
                response.frame.setBody(body)
                return .forward
            })
        let connections = try Connections([.scripted(filter)])
        for id in [1, 2] as [Int32] { try connections.clientSends(FetchRequest(), version: 12, id: id) }
        for request in try connections.brokerGot() {
            var bytes = try Connections.response(FetchResponse(), to: request)
            while bytes.readableBytes > 0 { try connections.brokerSends(bytes.readSlice(length: 1) ?? ByteBuffer()) }
        }
        let sessions = try connections.clientGot().map {
            (try KafkaFrame.decodeResponse($0, apiKey: .fetch, apiVersion: 12).body as? FetchResponse)?.sessionID
        }
        #expect(sessions == [77, 0])
    }
}
