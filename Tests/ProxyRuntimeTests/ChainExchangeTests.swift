import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import ProxyRuntime

@Suite("A chain that is exchanged, and questions of filters")
struct ChainExchangeTests {
    let journal = Journal()

    private func chain(_ generation: UInt64, _ names: String...) -> FilterChain {
        FilterChain(generation: generation, entries: names.map { .scripted(ScriptedFilter($0, journal)) })
    }

    @Test("A response meets the chain of its request; the old one is closed when its last request has ended")
    func exchanged() throws {
        let connections = try Connections([.scripted(ScriptedFilter("old", journal))])
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 1)
        connections.shared.exchange(chain(2, "new"))
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 2)
        let got = try connections.brokerGot()
        for request in got { try connections.brokerAnswers(request, HeartbeatResponse()) }
        #expect(try connections.clientGotIDs() == [1, 2])
        #expect(
            journal.entries == [
                "old request 1", "new request 2", "old response 1", "old completed 1 answered", "old closed",
                "new response 2", "new completed 2 answered",
            ])
        connections.downstream.close(reason: "client")
        #expect(journal.entries.last == "new closed")
        #expect(journal.entries.filter { $0 == "old closed" }.count == 1)
    }

    @Test("A filter that stays in the chain keeps what it holds for the connection; one of its name takes its place")
    func handedOn() throws {
        let stays = FilterChain.Entry.scripted(ScriptedFilter("stays", journal))
        let connections = try Connections([stays, .scripted(ScriptedFilter("changes", journal))])
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 1)
        connections.shared.exchange(
            FilterChain(generation: 2, entries: [.scripted(ScriptedFilter("changes", journal)), stays]))
        journal.clear()
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 2)
        #expect(journal.entries == ["changes replaces changes", "changes request 2", "stays request 2"])
        journal.clear()
        for request in try connections.brokerGot() { try connections.brokerAnswers(request, HeartbeatResponse()) }
        #expect(journal.entries.filter { $0.hasSuffix("closed") } == ["changes closed"])
        connections.downstream.close(reason: "client")
        #expect(
            journal.entries.filter { $0.hasSuffix("closed") } == ["changes closed", "changes closed", "stays closed"])
    }

    @Test("A connection on which nothing is under way takes the chain up without a request")
    func idle() throws {
        let connections = try Connections([.scripted(ScriptedFilter("old", journal))])
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 1)
        try connections.brokerAnswers(try connections.brokerGot()[0], HeartbeatResponse())
        connections.shared.exchange(chain(2, "new"))
        #expect(journal.entries.last == "old closed")
    }

    private func incremental() -> FetchRequest {
        var request = FetchRequest()
        request.sessionID = 7
        request.sessionEpoch = 3
        return request
    }

    @Test("After an exchange the next incremental fetch starts its session anew", arguments: [true, false])
    func fetchSession(hadFilters: Bool) throws {
        let connections = try Connections(hadFilters ? [.scripted(ScriptedFilter("old", journal))] : [])
        try connections.clientSends(incremental(), version: 12, id: 1)
        try connections.brokerAnswers(try connections.brokerGot()[0], FetchResponse())
        #expect(try connections.clientGotIDs() == [1])
        connections.shared.exchange(chain(2, "new"))
        try connections.clientSends(incremental(), version: 12, id: 2)
        #expect(try connections.brokerGot().isEmpty)
        let frame = try #require(try connections.clientGot().first)
        let answer = try KafkaFrame.decodeResponse(frame, apiKey: .fetch, apiVersion: 12).body as? FetchResponse
        #expect(answer?.errorCode == .fetchSessionIDNotFound)
        var full = FetchRequest()
        full.sessionEpoch = 0
        try connections.clientSends(full, version: 12, id: 3)
        try connections.clientSends(incremental(), version: 12, id: 4)
        #expect(try connections.brokerGot().count == 2)
    }

    @Test("A full fetch after an exchange is a new session already")
    func fullFetch() throws {
        let connections = try Connections([.scripted(ScriptedFilter("old", journal))])
        try connections.clientSends(incremental(), version: 12, id: 1)
        connections.shared.exchange(chain(2, "new"))
        var full = FetchRequest()
        full.sessionEpoch = 0
        try connections.clientSends(full, version: 12, id: 2)
        try connections.clientSends(incremental(), version: 12, id: 3)
        #expect(try connections.brokerGot().count == 3)
    }

    @Test("The first chain of a connection exchanges nothing")
    func firstChain() throws {
        let connections = try Connections([.scripted(ScriptedFilter("first", journal))])
        try connections.clientSends(incremental(), version: 12, id: 1)
        #expect(try connections.brokerGot().count == 1)
    }

    @Test("A filter asks the broker while requests are in flight, and its held request goes on with the answer")
    func asks() throws {
        let connections = try Connections([
            .scripted(
                ScriptedFilter("a", journal) { request in
                    guard request.record.correlationID == 2 else { return .forward }
                    return .hold(
                        request.record.connection.ask(MetadataRequest(), version: 4).map { answer in
                            answer.clusterID == "c" ? .forward : .close(reason: "wrong")
                        })
                })
        ])
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 1)
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 2)
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 3)
        let first = try connections.brokerGot()
        #expect(try first.map { try KafkaFrame.decodeRequest($0).apiKey } == [.heartbeat, .metadata])
        try connections.brokerAnswers(first[0], HeartbeatResponse())
        var metadata = MetadataResponse()
        metadata.clusterID = "c"
        try connections.brokerAnswers(first[1], metadata)
        let second = try connections.brokerGot()
        #expect(second.count == 2)
        for request in second { try connections.brokerAnswers(request, HeartbeatResponse()) }
        #expect(try connections.clientGotIDs() == [1, 2, 3])
    }

    @Test("A filter that holds a response asks the broker, with other responses on their way already")
    func asksWhileResponseIsHeld() throws {
        let connections = try Connections([
            .scripted(
                ScriptedFilter(
                    "a", journal,
                    response: { response in
                        guard response.record.correlationID == 1 else { return .forward }
                        return .hold(
                            response.record.connection.ask(MetadataRequest(), version: 4).map { _ in .forward })
                    }))
        ])
        for id in 1...3 as ClosedRange<Int32> { try connections.clientSends(HeartbeatRequest(), version: 4, id: id) }
        let requests = try connections.brokerGot()
        for request in requests { try connections.brokerAnswers(request, HeartbeatResponse()) }
        #expect(try connections.clientGot().isEmpty)
        let question = try connections.brokerGot()
        #expect(question.count == 1)
        try connections.brokerAnswers(question[0], MetadataResponse())
        #expect(try connections.clientGotIDs() == [1, 2, 3])
    }

    @Test("A question never comes between the bytes of a request that streams")
    func asksWhileStreaming() throws {
        let connections = try Connections()
        var request = ProduceRequest()
        request.acks = -1
        var topic = ProduceRequest.TopicProduceData()
        topic.topicID = KafkaUUID(high: 5, low: 6)
        var partition = ProduceRequest.PartitionProduceData()
        partition.records = ByteBuffer(repeating: 1, count: 2000)
        topic.partitionData = [partition]
        request.topicData = [topic]
        var bytes = try Connections.request(request, version: 13, id: 1)
        while let piece = bytes.readBytes(length: min(100, max(1, bytes.readableBytes))), !piece.isEmpty {
            try connections.clientSends(ByteBuffer(bytes: piece))
            if bytes.readableBytes == 0 { break }
        }
        let got = try connections.brokerGot().map { try KafkaFrame.decodeRequest($0) }
        #expect(got.map(\.apiKey) == [.produce, .metadata])
        #expect((got[0].body as? ProduceRequest)?.topicData == request.topicData)
    }

    @Test("A question whose connection closes fails")
    func askFails() throws {
        let connections = try Connections([.scripted(ScriptedFilter("a", journal))])
        let answer = connections.downstream.context.ask(MetadataRequest(), version: 4)
        connections.downstream.close(reason: "client")
        connections.loop.run()
        #expect(throws: AskError.self) { try answer.wait() }
        #expect(throws: AskError.self) { try connections.downstream.context.ask(MetadataRequest(), version: 4).wait() }
    }
}
