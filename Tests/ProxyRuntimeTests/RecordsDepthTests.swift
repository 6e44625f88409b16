import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import ProxyRuntime

/// A batch of values.
private func batch(_ values: [String], codec: CompressionCodec = .lz4, isControl: Bool = false) throws -> ByteBuffer {
    var header = RecordBatchHeader()
    header.attributes.isControl = isControl
    var builder = RecordBatchBuilder(header: header, codec: codec)
    for value in values { try builder.append(key: nil, value: ByteBuffer(string: value), timestamp: 1) }
    return try builder.finish(with: CompressionContexts())
}

private func produce(_ partitions: ByteBuffer...) -> ProduceRequest {
    var topic = ProduceRequest.TopicProduceData()
    topic.name = "t"
    topic.partitionData = partitions.enumerated().map { index, records in
        var partition = ProduceRequest.PartitionProduceData()
        partition.index = Int32(index)
        partition.records = records
        return partition
    }
    var request = ProduceRequest()
    request.acks = -1
    request.topicData = [topic]
    return request
}

/// The values of all records of a field.
private func values(_ records: ByteBuffer?) throws -> [String] {
    let editor = try RecordsEditor(
        records ?? ByteBuffer(), from: .log, contexts: CompressionContexts(), limits: DecompressionLimits())
    var found: [String] = []
    try editor.visit { record in found.append(record.value.map { String(buffer: $0) } ?? "-") }
    return found
}

/// Puts a text behind each value of a partition.
private func append(_ text: String, to partition: Int32, _ frame: inout FilteredFrame) throws {
    for set in try frame.recordSets() where set.partition == partition {
        try frame.editor(of: set).visit { record in
            record.value = ByteBuffer(string: "\(record.value.map { String(buffer: $0) } ?? "")\(text)")
        }
    }
}

/// What filters wait for.
private final class Waits: Sendable {
    let all = Mutex<[EventLoopPromise<Void>]>([])
}

@Suite("Records that filters see and edit")
struct RecordsDepthTests {
    private let journal = Journal()
    private let interests = [
        Interest([.produce], .request, depth: .records), Interest([.fetch, .shareFetch], .response, depth: .records),
    ]

    private func appending(_ name: String, to partition: Int32 = 0) -> ScriptedFilter {
        ScriptedFilter(
            name, journal, interests: interests,
            request: { request in
                try? append(name, to: partition, &request.frame)
                return .forward
            },
            response: { response in
                try? append(name, to: partition, &response.frame)
                return .forward
            })
    }

    private func partitions(_ frame: ByteBuffer) throws -> [ByteBuffer?] {
        let body = try #require(try KafkaFrame.decodeRequest(frame).body as? ProduceRequest)
        return body.topicData.flatMap { $0.partitionData.map(\.records) }
    }

    @Test("One filter sees what another edited; partitions that nobody edited are the bytes that came")
    func shared() throws {
        let connections = try Connections([.scripted(appending("+a")), .scripted(appending("+b"))])
        let (first, second) = (try batch(["x", "y"]), try batch(["z"]))
        try connections.clientSends(produce(first, second), version: 9, id: 1)
        let got = try partitions(try #require(try connections.brokerGot().first))
        #expect(try values(got[0]) == ["x+a+b", "y+a+b"])
        #expect(got[1] == second)
    }

    @Test("A filter that asks for the body sees the edits in it, and they stay when it sets it")
    func body() throws {
        let second = ScriptedFilter(
            "b", journal, interests: interests,
            request: { request in
                guard var body = try? request.frame.body(ProduceRequest.self) else { return .close(reason: "unread") }
                body.timeoutMs = 7
                request.frame.setBody(body)
                return .forward
            })
        let connections = try Connections([
            .scripted(appending("+a")), .scripted(second), .scripted(appending("+c")),
        ])
        try connections.clientSends(produce(try batch(["x"])), version: 9, id: 1)
        let frame = try #require(try connections.brokerGot().first)
        #expect(try values(try partitions(frame)[0]) == ["x+a+c"])
        #expect((try KafkaFrame.decodeRequest(frame).body as? ProduceRequest)?.timeoutMs == 7)
    }

    @Test("Who only looks changes nothing: the frame leaves as it came")
    func unchanged() throws {
        let looking = ScriptedFilter(
            "a", journal, interests: interests,
            request: { request in
                for set in (try? request.frame.recordSets()) ?? [] {
                    try? request.frame.editor(of: set).visit { _ in }
                }
                return .forward
            })
        let connections = try Connections([.scripted(looking)])
        let sent = try Connections.request(produce(try batch(["x"])), version: 9, id: 1)
        try connections.clientSends(sent)
        let got = try #require(try connections.brokerGot().first)
        #expect(got.readableBytesView.dropFirst(8).elementsEqual(sent.readableBytesView.dropFirst(12)))
        #expect(connections.shared.budget.usage.bytes == 0)
    }

    @Test("A filter may edit when it is done waiting")
    func held() throws {
        let promises = Waits()
        let filter = ScriptedFilter(
            "a", journal, interests: interests,
            request: { request in
                let later = request.record.connection.eventLoop.makePromise(of: Void.self)
                promises.all.withLock { $0.append(later) }
                return .hold(
                    later.futureResult.assumeIsolated().map { () -> RequestAction in
                        try? append("+a", to: 0, &request.frame)
                        return .forward
                    }.nonisolated())
            })
        let waiting = try Connections([.scripted(filter)])
        try waiting.clientSends(produce(try batch(["x"])), version: 9, id: 1)
        #expect(try waiting.brokerGot().isEmpty)
        for later in promises.all.withLock({ $0 }) { later.succeed() }
        waiting.loop.run()
        #expect(try values(try partitions(try #require(try waiting.brokerGot().first))[0]) == ["x+a"])
    }

    @Test("A dry run edits nothing, and sees what those before it edited")
    func dryRun() throws {
        let connections = try Connections([
            .scripted(appending("+a")), .scripted(appending("+dry"), isDryRun: true), .scripted(appending("+c")),
        ])
        try connections.clientSends(produce(try batch(["x"])), version: 9, id: 1)
        #expect(try values(try partitions(try #require(try connections.brokerGot().first))[0]) == ["x+a+c"])
    }

    @Test("Responses are edited as well, last filter first; control batches stay")
    func fetch() throws {
        let connections = try Connections([.scripted(appending("+a")), .scripted(appending("+b"))])
        try connections.clientSends(FetchRequest(), version: 12, id: 1)
        let request = try #require(try connections.brokerGot().first)
        let control = try batch(["marker"], codec: .none, isControl: true)
        var records = try batch(["x"])
        records.writeImmutableBuffer(control)
        var partition = FetchResponse.PartitionData()
        partition.records = records
        var topic = FetchResponse.FetchableTopicResponse()
        topic.topic = "t"
        topic.partitions = [partition]
        var response = FetchResponse()
        response.responses = [topic]
        try connections.brokerAnswers(request, response)
        let frame = try #require(try connections.clientGot().first)
        let body = try KafkaFrame.decodeResponse(frame, apiKey: .fetch, apiVersion: 12).body as? FetchResponse
        let got = try #require(body?.responses.first?.partitions.first?.records)
        #expect(try values(got) == ["x+b+a"])
        #expect(got.readableBytesView.suffix(control.readableBytes).elementsEqual(control.readableBytesView))
    }
}
