import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import TopicRewriteFilter

@Suite("Producers at a switch")
struct SwitchingProduceTests {
    private let v1 = KafkaUUID(high: 1, low: 1)
    private let v2 = KafkaUUID(high: 2, low: 2)

    /// Errors by partition of an answer.
    private func errors(_ answer: ProduceResponse) -> [Int32: ErrorCode] {
        Dictionary(
            answer.responses.flatMap { $0.partitionResponses.map { ($0.index, $0.errorCode) } },
            uniquingKeysWith: { first, _ in first })
    }

    @Test("A plain producer writes to the new target at once, and back")
    func plain() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        #expect(try client.produce(0).target() == "payments.v1")
        proxy.activate(1)
        #expect(try client.produce(0).target() == "payments.v2")
        proxy.activate(0)
        #expect(try client.produce(0).target() == "payments.v1")
    }

    @Test("A request in flight at the switch keeps its target; the next one has the new one")
    func inFlight() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        let before = try client.produce(0)
        proxy.activate(1)
        #expect(before.target() == "payments.v1")
        #expect(try client.produce(0).target() == "payments.v2")
    }

    @Test("An idempotent producer is told to begin a new epoch, on each of its connections")
    func idempotent() throws {
        let proxy = try SwitchingProxy()
        let one = proxy.client()
        let other = proxy.client()
        #expect(try one.produce(0, producer: 7, epoch: 0).target() == "payments.v1")
        #expect(try other.produce(1, producer: 7, epoch: 0).target() == "payments.v1")
        proxy.activate(1)
        for client in [one, other] {
            let answer = try client.produce(0, 1, producer: 7, epoch: 0).answer(ProduceResponse.self)
            #expect(errors(answer) == [0: .unknownProducerID, 1: .unknownProducerID])
            #expect(answer.responses.map(\.name) == ["payments"])
            // Java asks for ever at −1.
            #expect(answer.responses[0].partitionResponses.allSatisfy { $0.logStartOffset == 0 })
        }
        #expect(try one.produce(0, producer: 7, epoch: 1).target() == "payments.v2")
        #expect(try other.produce(1, producer: 7, epoch: 0).answer(ProduceResponse.self).responses.count == 1)
        #expect(try other.produce(1, producer: 7, epoch: 1).target() == "payments.v2")
    }

    @Test("A transaction is told so by a number at which Java aborts it")
    func transactional() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.produce(0, producer: 7, epoch: 0, transactional: true)
        proxy.activate(1)
        let answer = try client.produce(0, producer: 7, epoch: 0, transactional: true).answer(ProduceResponse.self)
        #expect(errors(answer) == [0: .unknownProducerID])
        #expect(answer.responses[0].partitionResponses[0].logStartOffset == -2)
        #expect(try client.produce(0, producer: 7, epoch: 1, transactional: true).isForwarded)
    }

    @Test("Other topics of the same request go on")
    func others() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.produce(0, producer: 7, epoch: 0)
        proxy.activate(1)
        let sent = try client.produce(0, 1, producer: 7, epoch: 0, also: ["logs", "clicks"])
        #expect(errors(try sent.answer(ProduceResponse.self)).count == 2)
        let left = try sent.left(ProduceRequest.self)
        #expect(left.topicData.map(\.name) == ["logs", "clicks"])
        #expect(left.topicData.map(\.partitionData.count) == [2, 2])
        let asked = sent.request.record.partialAnswers.first?.asked as? ProduceRequest
        #expect(asked?.topicData.map(\.name) == ["payments", "logs", "clicks"])
    }

    @Test("Partitions of one topic are decided one by one")
    func partitions() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.produce(0, producer: 7, epoch: 0)
        proxy.activate(1)
        var request = try client.produce(0, 1, 2, producer: 7, epoch: 0).request.frame.body(ProduceRequest.self)
        request.topicData[0].partitionData[1].records = SwitchingClient.batch(-1, -1, false)
        let sent = try client.send(request, 9)
        #expect(errors(try sent.answer(ProduceResponse.self)).keys.sorted() == [0, 2])
        #expect(try sent.left(ProduceRequest.self).topicData[0].partitionData.map(\.index) == [1])
    }

    @Test(
        "By the old topic's ID a producer is told to look again; by the new one's to begin a new epoch, in this order")
    func byID() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        #expect(try client.produce(0, producer: 7, epoch: 0, topicID: v1).isForwarded)
        proxy.activate(1)
        let first = try client.produce(0, producer: 7, epoch: 0, topicID: v1).answer(ProduceResponse.self)
        #expect(errors(first) == [0: .unknownTopicID])
        #expect(first.responses[0].topicID == v1)
        let second = try client.produce(0, producer: 7, epoch: 0, topicID: v2).answer(ProduceResponse.self)
        #expect(errors(second) == [0: .unknownProducerID])
        #expect(second.responses[0].topicID == v2)
        #expect(try client.produce(0, producer: 7, epoch: 1, topicID: v2).isForwarded)
    }

    @Test("A plain producer that gives the old ID is told to look again, and one that wants no answer is closed")
    func plainByID() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        #expect(try client.produce(0, topicID: v1).isForwarded)
        proxy.activate(1)
        #expect(errors(try client.produce(0, topicID: v1).answer(ProduceResponse.self)) == [0: .unknownTopicID])
        guard case .close = try client.produce(0, topicID: v1, acks: 0).decision else {
            Issue.record("not closed")
            return
        }
        #expect(try client.produce(0, topicID: v2).isForwarded)
    }

    @Test("A topic whose ID is not known is the broker's affair")
    func unknownID() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        #expect(try client.produce(0, topicID: KafkaUUID(high: 9, low: 9)).isForwarded)
    }

    @Test("What a connection remembers outlives a flood of invented producers")
    func flood() throws {
        let proxy = try SwitchingProxy(
            SwitchingProxy.rules + "\nswitching: { tracked_producers: 100 }")
        let client = proxy.client()
        let hostile = proxy.client("hostile")
        try client.produce(0, producer: 7, epoch: 0)
        for id in 100..<1000 as Range<Int64> { try hostile.produce(0, producer: id, epoch: 0) }
        proxy.activate(1)
        #expect(
            errors(try client.produce(0, producer: 7, epoch: 0).answer(ProduceResponse.self))
                == [0: .unknownProducerID])
    }

    @Test("Records of old formats, or none at all, pass")
    func oldFormats() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        proxy.activate(1)
        var request = try client.produce(0).request.frame.body(ProduceRequest.self)
        for records in [nil, ByteBuffer(), ByteBuffer(repeating: 1, count: 30), ByteBuffer(repeating: 0, count: 100)] {
            request.topicData[0].partitionData[0].records = records
            #expect(try client.send(request, 9).isForwarded)
        }
    }

    @Test("Fences, switches and connections are counted by rule and target")
    func counted() async throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.produce(0, producer: 7, epoch: 0)
        #expect(await proxy.metric("sluice_topic_rewrite_connections", "payments", "blue") == 1)
        try await proxy.post("active", "green")
        try client.produce(0, producer: 7, epoch: 0)
        #expect(await proxy.metric("sluice_topic_rewrite_connections", "payments", "blue") == 0)
        #expect(await proxy.metric("sluice_topic_rewrite_connections", "payments", "green") == 1)
        #expect(await proxy.metric("sluice_topic_rewrite_switches_total", "payments") == 1)
        #expect(
            await proxy.metric("sluice_topic_rewrite_fences_total", "payments", "green", "UNKNOWN_PRODUCER_ID") == 1)
        client.views.connectionClosed()
        #expect(await proxy.metric("sluice_topic_rewrite_connections", "payments", "green") == 0)
    }
}
