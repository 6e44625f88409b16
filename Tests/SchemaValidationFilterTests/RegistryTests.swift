import KafkaMessages
import KafkaRecords
import NIOCore
import NIOEmbedded
import Schemas
import Synchronization
import Testing

@testable import ProxyRuntime
@testable import SchemaValidationFilter

/// A registry that answers when a test says so.
final class ScriptedRegistry: RegistryTransport {
    private struct Question {
        let path: String
        let promise: EventLoopPromise<RegistryAnswer>
    }

    private let questions = Mutex<[Question]>([])

    /// The paths that wait for their answers.
    var waiting: [String] { questions.withLock { $0.map(\.path) } }

    func get(
        _ path: String, headers: [(name: String, value: String)], on eventLoop: any EventLoop
    ) -> EventLoopFuture<RegistryAnswer> {
        let promise = eventLoop.makePromise(of: RegistryAnswer.self)
        questions.withLock { $0.append(Question(path: path, promise: promise)) }
        return promise.futureResult
    }

    /// Answers what waits.
    func answer(_ status: Int, _ body: String) {
        for question in takeAll() {
            question.promise.succeed(RegistryAnswer(status: status, body: ByteBuffer(string: body)))
        }
    }

    /// Lets what waits fail.
    func fail() {
        for question in takeAll() { question.promise.fail(ChannelError.eof) }
    }

    private func takeAll() -> [Question] {
        questions.withLock { questions in
            defer { questions = [] }
            return questions
        }
    }
}

@Suite("Schemas of registries")
struct RegistryTests {
    private static let schema = #"{"schema": "{\"type\": \"string\"}"}"#
    private let registry = ScriptedRegistry()

    private func client(_ more: String = "", isDryRun: Bool = false) throws -> Validated {
        try Validated(
            """
            registries: [{ name: main, url: "http://registry.example:8081", retries: 0 }]
            rules: [{ name: r, topics: [t], value: { format: avro, registry: main }\(more) }]
            """, isDryRun: isDryRun, transport: registry)
    }

    /// Avro's encoding of `a`, in Confluent's framing.
    private func framed(_ id: UInt8 = 1, _ payload: [UInt8] = [2, 0x61]) -> TestRecord {
        TestRecord(bytes: [0, 0, 0, 0, id] + payload)
    }

    private func send(_ client: Validated, _ records: TestRecord...) throws {
        try client.send(produce([("t", 0, try batch(records))]), version: 9)
    }

    /// Answers for the schema, then for its subjects.
    private func answer(_ client: Validated, _ schema: String = schema, subjects: String = #"["t-value"]"#) {
        registry.answer(200, schema)
        client.connections.loop.run()
        registry.answer(200, subjects)
        client.connections.loop.run()
    }

    @Test("are waited for, and then known")
    func waits() throws {
        let client = try client()
        try send(client, framed(), framed())
        #expect(registry.waiting == ["/schemas/ids/1"])
        #expect(try client.connections.brokerGot().isEmpty)
        answer(client)
        #expect(try client.got().body.topicData.count == 1)
        try send(client, framed())
        #expect(registry.waiting.isEmpty)
        #expect(try client.got().body.topicData.count == 1)
    }

    @Test("check what they are for")
    func rejects() throws {
        let client = try client()
        try send(client, framed(), framed(1, [2]))
        answer(client)
        let answer = try client.answer(version: 9)
        #expect(answer.responses.first?.partitionResponses.first?.recordErrors.map(\.batchIndex) == [1])
        #expect(client.count("rejections", "r", "schema") == 1)
    }

    @Test("must be of the topic's subject")
    func subject() throws {
        let client = try client()
        try send(client, framed())
        answer(client, subjects: #"["u-value"]"#)
        #expect(try client.answer(version: 9).lines == ["t/0 INVALID_RECORD"])
        #expect(client.count("rejections", "r", "unknown_schema") == 1)
    }

    @Test("that there are not are rejected, and not asked for again at once")
    func missing() throws {
        let client = try client()
        try send(client, framed(9))
        registry.answer(404, "{}")
        client.connections.loop.run()
        #expect(try client.answer(version: 9).lines == ["t/0 INVALID_RECORD"])
        try send(client, framed(9))
        #expect(registry.waiting.isEmpty)
        #expect(try client.answer(version: 9).lines == ["t/0 INVALID_RECORD"])
    }

    @Test("that cannot be had are a denial")
    func denied() throws {
        let client = try client()
        try send(client, framed())
        registry.fail()
        client.connections.loop.run()
        #expect(try client.answer(version: 9).lines == ["t/0 INVALID_RECORD"])
        #expect(client.count("rejections", "r", "registry") == 1)
    }

    @Test("that cannot be had are passed over where the rule says so")
    func allowed() throws {
        let client = try client(", on_registry_error: allow")
        try send(client, framed())
        registry.fail()
        client.connections.loop.run()
        #expect(try client.got().body.topicData.count == 1)
        #expect(client.count("records", "r", "unchecked") == 1)
    }

    @Test("that a registry does not know never pass", arguments: [400, 404, 405, 422])
    func unknown(status: Int) throws {
        let client = try client(", on_registry_error: allow")
        try send(client, framed(9))
        registry.answer(status, "{}")
        client.connections.loop.run()
        #expect(try client.answer(version: 9).lines == ["t/0 INVALID_RECORD"])
        #expect(client.count("rejections", "r", "unknown_schema") == 1)
    }

    @Test("that there are not are not asked for twice in a request, however short that is remembered")
    func forgotten() throws {
        let client = try Validated(
            """
            registries: [{ name: main, url: "http://registry.example:8081", negative_cache: 0s }]
            rules: [{ name: r, topics: [t], value: { format: avro, registry: main }, on_registry_error: allow }]
            """, transport: registry)
        try send(client, framed(9))
        registry.answer(404, "{}")
        client.connections.loop.run()
        #expect(registry.waiting.isEmpty)
        #expect(try client.answer(version: 9).lines == ["t/0 INVALID_RECORD"])
    }

    @Test("are waited for where many are asked for, and not taken for an outage")
    func many() throws {
        let client = try client(", on_registry_error: allow")
        let partitions = [
            ("t", Int32(0), try batch((1...60).map { framed($0) })), ("t", 1, try batch([framed(100)])),
        ]
        try client.send(produce(partitions), version: 9)
        while !registry.waiting.isEmpty {
            registry.answer(404, "{}")
            client.connections.loop.run()
        }
        #expect(try client.answer(version: 9).lines == ["t/0 INVALID_RECORD", "t/1 INVALID_RECORD"])
        #expect(client.count("records", "r", "unchecked") == 0)
    }

    @Test("are named by the framing")
    func unframed() throws {
        let client = try client(", on_registry_error: allow")
        try send(client, TestRecord(bytes: [2, 0x61]))
        let answer = try client.answer(version: 9)
        #expect(
            answer.responses.first?.partitionResponses.first?.errorMessage
                == "rule 'r': record 0: value does not say which schema it has")
        #expect(client.count("rejections", "r", "framing") == 1)
    }

    @Test("are asked for in a dry run, which waits for nothing")
    func dryRun() throws {
        let client = try client(isDryRun: true)
        try send(client, framed(1, [2]))
        #expect(try client.got().body.topicData.count == 1)
        answer(client)
        #expect(client.count("rejections", "r", "schema") == 1)
        #expect(try client.connections.clientGot().isEmpty)
    }

    @Test("of a connection that closes meanwhile are of no use to it")
    func closed() throws {
        let client = try client()
        try send(client, framed())
        client.connections.downstream.close(reason: "test")
        answer(client)
        #expect(try client.connections.brokerGot().isEmpty)
    }

    @Test("take documents over a mebibyte, as those that are here do")
    func large() throws {
        let client = try Validated(
            """
            registries: [{ name: main, url: "http://registry.example:8081" }]
            rules: [{ name: r, topics: [t], value: { format: json_schema, registry: main } }]
            """, transport: registry)
        let document = Array("\"\(String(repeating: "a", count: 1_200_000))\"".utf8)
        try client.send(produce([("t", 0, try batch([framed(1, document)], codec: .lz4))]), version: 9)
        answer(client, #"{"schema":"{}","schemaType":"JSON"}"#)
        #expect(try client.got().body.topicData.count == 1)
    }
}
