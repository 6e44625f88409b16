import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Testing

@testable import RateLimitFilter

@Suite("A limit that rejects")
struct RefusalTests {
    private func bench(dryRun: Bool = false) -> Bench {
        Bench(LimitConfiguration(requests: Rate(1), burst: .seconds(1), action: .reject), isDryRun: dryRun)
    }

    /// What the second of two requests is answered.
    private func refused(_ request: any RequestMessage, _ version: Int16, whole: Bool) throws -> Client.Sent {
        let bench = bench()
        let client = bench.client()
        #expect(client.send().isForwarded)
        let sent = try client.send(request, version: version, whole: whole)
        if sent.answer != nil { #expect(bench.count("rejected") == 1) }
        return sent
    }

    /// The answer as the client reads it.
    private func answer<Response: ResponseMessage>(
        _ type: Response.Type, to sent: Client.Sent, _ version: Int16
    ) throws -> Response {
        let given = try #require(sent.answer)
        var writer = WireWriter()
        try given.encode(into: &writer, version: version)
        var reader = WireReader(writer.finish())
        return try Response.decode(from: &reader, version: version)
    }

    @Test("answers each partition of a Produce request NOT_ENOUGH_REPLICAS", arguments: ProduceRequest.validVersions)
    func produce(_ version: Int16) throws {
        var request = ProduceRequest()
        request.acks = -1
        request.topicData = ["a", "b"].map { name in
            var topic = ProduceRequest.TopicProduceData()
            topic.name = name
            topic.topicID = version >= 13 ? KafkaUUID(high: 1, low: UInt64(name.utf8.first ?? 0)) : .zero
            topic.partitionData = [0, 7].map { (index: Int32) in
                var partition = ProduceRequest.PartitionProduceData()
                partition.index = index
                partition.records = ByteBuffer(string: "records")
                return partition
            }
            return topic
        }
        let sent = try refused(request, version, whole: false)
        let read = try answer(ProduceResponse.self, to: sent, version)
        #expect(read.responses.map(\.name) == (version >= 13 ? ["", ""] : ["a", "b"]))
        if version >= 13 { #expect(read.responses.map(\.topicID) == request.topicData.map(\.topicID)) }
        let partitions = read.responses.flatMap(\.partitionResponses)
        #expect(partitions.map(\.index) == [0, 7, 0, 7])
        #expect(partitions.allSatisfy { $0.errorCode == .notEnoughReplicas && $0.baseOffset == -1 })
        let messages = Set(partitions.map(\.errorMessage))
        #expect(messages == [version >= 8 ? "over the rate limit 'limit0'" : nil])
        #expect(sent.throttle == .zero)
    }

    @Test("slows a producer that asks for no answer, as there is none to give")
    func producerWithoutAnswer() throws {
        var request = ProduceRequest()
        request.acks = 0
        let sent = try refused(request, 9, whole: false)
        #expect(sent.isForwarded)
        #expect(sent.throttle == .seconds(1))
    }

    @Test(
        "answers the creation of topics THROTTLING_QUOTA_EXCEEDED, and when to come again",
        arguments: CreateTopicsRequest.validVersions)
    func createTopics(_ version: Int16) throws {
        var request = CreateTopicsRequest()
        request.topics = ["a", "b"].map { name in
            var topic = CreateTopicsRequest.CreatableTopic()
            topic.name = name
            return topic
        }
        let sent = try refused(request, version, whole: true)
        let read = try answer(CreateTopicsResponse.self, to: sent, version)
        #expect(read.topics.map(\.name) == ["a", "b"])
        #expect(read.topics.allSatisfy { $0.errorCode == .throttlingQuotaExceeded })
        #expect(sent.throttle == .seconds(1))
    }

    @Test("answers their deletion alike, by name or by ID", arguments: DeleteTopicsRequest.validVersions)
    func deleteTopics(_ version: Int16) throws {
        var request = DeleteTopicsRequest()
        let id = KafkaUUID(high: 1, low: 2)
        if version >= 6 {
            var (named, unnamed) = (DeleteTopicsRequest.DeleteTopicState(), DeleteTopicsRequest.DeleteTopicState())
            named.name = "a"
            unnamed.topicID = id
            request.topics = [named, unnamed]
        } else {
            request.topicNames = ["a", "b"]
        }
        let sent = try refused(request, version, whole: false)
        let read = try answer(DeleteTopicsResponse.self, to: sent, version)
        #expect(read.responses.map(\.name) == (version >= 6 ? ["a", nil] : ["a", "b"]))
        if version >= 6 { #expect(read.responses.map(\.topicID) == [.zero, id]) }
        #expect(read.responses.allSatisfy { $0.errorCode == .throttlingQuotaExceeded })
        #expect(sent.throttle == .seconds(1))
    }

    @Test("answers the addition of partitions alike", arguments: CreatePartitionsRequest.validVersions)
    func createPartitions(_ version: Int16) throws {
        var request = CreatePartitionsRequest()
        var topic = CreatePartitionsRequest.CreatePartitionsTopic()
        topic.name = "a"
        request.topics = [topic]
        let sent = try refused(request, version, whole: true)
        let read = try answer(CreatePartitionsResponse.self, to: sent, version)
        #expect(read.results.map(\.name) == ["a"])
        #expect(read.results.map(\.errorCode) == [.throttlingQuotaExceeded])
    }

    @Test("answers a Fetch with nothing, and when to come again", arguments: FetchRequest.validVersions)
    func fetch(_ version: Int16) throws {
        let sent = try refused(FetchRequest(), version, whole: false)
        let read = try answer(FetchResponse.self, to: sent, version)
        #expect(read.responses.isEmpty && read.errorCode == .none && read.sessionID == 0)
        #expect(sent.throttle == .seconds(1))
    }

    @Test("slows all others, for which there is no error that clients take well")
    func others() {
        let bench = bench()
        let client = bench.client()
        client.send(.metadata, version: 12)
        let sent = client.send(.joinGroup, version: 9)
        #expect(sent.isForwarded)
        #expect(sent.throttle == .seconds(1))
        #expect(bench.count("throttled") == 1 && bench.count("rejected") == 0)
    }

    @Test("slows whom it cannot answer, as the request cannot be read")
    func unreadable() {
        let bench = bench()
        let client = bench.client()
        client.send()
        let record = RequestRecord(
            apiKey: .createTopics, apiVersion: 5, correlationID: 1, clientID: "client", requestBytes: 10,
            connection: client.context)
        var junk = ByteBuffer(repeating: 0xFF, count: 20)
        junk.moveReaderIndex(forwardBy: 4)
        let broken = FilteredRequest(
            record: record,
            frame: FilteredFrame(
                frame: junk, apiKey: .createTopics, apiVersion: 5, direction: .request, bodyOffset: 8))
        guard case .forward = client.part.request(broken) else {
            Issue.record("not forwarded")
            return
        }
        #expect(record.throttle == .seconds(1))
    }

    @Test("takes nothing for what it rejects, and lets pass again what the rate allows")
    func rate() throws {
        let bench = Bench(LimitConfiguration(requests: Rate(10), burst: .seconds(1), action: .reject))
        let client = bench.client()
        var request = ProduceRequest()
        request.acks = 1
        var passed = 0
        for _ in 0..<6000 {
            if try client.send(request, version: 9, whole: false).isForwarded { passed += 1 }
            bench.pass(.milliseconds(10))
        }
        #expect((609...611).contains(passed))
        #expect(bench.count("allowed") == UInt64(passed))
        #expect(bench.count("rejected") == UInt64(6000 - passed))
    }

    @Test("lets a request pass that is larger than its burst, where nothing is owed")
    func largeRequest() throws {
        let bench = Bench(
            LimitConfiguration(produceBytes: ByteRate(.bytes(1000)), burst: .milliseconds(100), action: .reject))
        let client = bench.client()
        #expect(client.send(.produce, version: 9, bytes: 4996).isForwarded)
        #expect(client.send(.produce, version: 9, bytes: 10).wantsBody)
        bench.pass(.milliseconds(4900))
        #expect(client.send(.produce, version: 9, bytes: 10).isForwarded)
    }

    @Test("of records refuses what has not passed yet, so the frame is held")
    func records() throws {
        let bench = Bench(LimitConfiguration(records: Rate(10), action: .reject))
        #expect(bench.filter.interests.map(\.depth) == [.body])
        let client = bench.client()
        var request = ProduceRequest()
        request.acks = 1
        #expect(try client.send(request, version: 9) { $0.add(records: 30) }.isForwarded)
        #expect(try client.send(request, version: 9) { $0.add(records: 1) }.answer is ProduceResponse)
    }

    @Test("takes back what other limits have taken")
    func takesBack() throws {
        let bench = Bench(
            LimitConfiguration(requests: Rate(10), burst: .seconds(1)),
            LimitConfiguration(when: WhenCondition(api: [.exact("Produce")]), requests: Rate(1), action: .reject),
            match: .all)
        let client = bench.client()
        var request = ProduceRequest()
        request.acks = 1
        for number in 0..<50 {
            #expect(try client.send(request, version: 9, whole: false).isForwarded == (number == 0))
        }
        for _ in 0..<9 { #expect(client.send().throttle == .zero) }
        #expect(client.send().throttle == .milliseconds(100))
    }

    @Test("counts in a dry run, and does nothing")
    func dryRun() throws {
        let bench = bench(dryRun: true)
        let client = bench.client()
        var request = ProduceRequest()
        request.acks = 1
        for _ in 0..<3 { #expect(try client.send(request, version: 9, whole: false).isForwarded) }
        #expect(bench.count("allowed") == 1)
        #expect(bench.count("rejected") == 2)
        #expect(try client.send(FetchRequest(), version: 12, whole: false).isForwarded)
        #expect(bench.count("rejected") == 3)
    }
}
