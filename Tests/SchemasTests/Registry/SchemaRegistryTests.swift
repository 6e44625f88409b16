import NIOCore
import NIOEmbedded
import Testing

@testable import Schemas

@Suite("Schemas of a registry")
struct SchemaRegistryTests {
    private let loop = EmbeddedEventLoop()
    private let transport = ScriptedRegistry()
    private static let enumeration = #"{"type":"enum","name":"shop.E","symbols":["A","B"]}"#

    private func avro(_ id: Int, subjects: String = #"["orders-value"]"#) {
        transport.set(
            "/schemas/ids/\(id)", .answer(200, #"{"schema":\#(JSONWriting.quote(Self.enumeration))}"#))
        transport.set("/schemas/ids/\(id)/subjects", .answer(200, subjects))
    }

    private func registry(
        _ options: RegistryOptions = .init(kind: .confluent)
    ) -> SchemaRegistry {
        SchemaRegistry(options: options, compilation: .init(), transport: transport)
    }

    private func topic(
        _ registry: SchemaRegistry, _ strategy: SubjectStrategy = .topicName, topic: String = "orders"
    ) -> TopicSchemas {
        TopicSchemas(registry: registry, strategy: strategy, topic: topic, part: .value, eventLoop: loop)
    }

    /// What a value leads to, once what it waits for has come.
    private func find(_ schemas: TopicSchemas, _ value: [UInt8]) throws -> TopicSchemas.Finding {
        let reader = FramingReader(.confluent, of: .value)
        guard case .framed(let frame) = reader.read(value.span.bytes) else {
            throw SchemaError("it has no framing")
        }
        let finding = schemas.find(frame, in: value.span.bytes)
        guard case .pending(let future) = finding else { return finding }
        loop.run()
        _ = try future.wait()
        return schemas.find(frame, in: value.span.bytes)
    }

    private func framed(_ id: UInt8, _ payload: [UInt8]) -> [UInt8] { [0, 0, 0, 0, id] + payload }

    /// What comes of a value: its violation, or why there is no schema.
    private func check(_ schemas: TopicSchemas, _ value: [UInt8]) throws -> String {
        switch try find(schemas, value) {
        case .validators(let validators, let offset):
            let payload = Array(value[offset...])
            let violations = validators.compactMap {
                $0.validate(payload.span.bytes, scratch: ValidationScratch())
            }
            return violations.count < validators.count ? "valid" : violations.first.map { "\($0)" } ?? "none"
        case .failure(let failure): return failure.reason.rawValue
        case .malformed(let violation): return violation.reason
        case .pending: return "pending"
        }
    }

    @Test func `a record is checked with the schema that it names`() throws {
        avro(7)
        let schemas = topic(registry())
        #expect(try check(schemas, framed(7, [2])) == "valid")
        #expect(try check(schemas, framed(7, [4])).hasPrefix("has an enum symbol"))
        #expect(try check(schemas, framed(8, [2])) == "not_found")
        #expect(transport.paths == ["/schemas/ids/7", "/schemas/ids/7/subjects", "/schemas/ids/8"])
    }

    @Test func `a schema of another subject is refused`() throws {
        avro(7, subjects: #"["other-value","orders-key"]"#)
        #expect(try check(topic(registry()), framed(7, [2])) == "wrong_subject")
        #expect(try check(topic(registry(), topic: "other"), framed(7, [2])) == "valid")
        #expect(try check(topic(registry(), .any), framed(7, [2])) == "valid")
        #expect(try check(topic(registry(), .recordName), framed(7, [2])) == "wrong_subject")
        avro(7, subjects: #"["shop.E"]"#)
        #expect(try check(topic(registry(), .recordName), framed(7, [2])) == "valid")
        avro(7, subjects: #"["orders-shop.E"]"#)
        #expect(try check(topic(registry(), .topicRecordName), framed(7, [2])) == "valid")
    }

    @Test func `a schema that has a new subject is asked for anew, after a while`() throws {
        avro(7, subjects: "[]")
        var options = RegistryOptions(kind: .confluent)
        options.failureLifetime = .zero
        let schemas = topic(registry(options))
        _ = try? find(schemas, framed(7, [2]))
        avro(7)
        #expect(try check(schemas, framed(7, [2])) == "valid")
    }

    @Test func `failures are remembered, and outages not for long`() throws {
        let schemas = topic(registry())
        for _ in 0..<3 { #expect(try check(schemas, framed(8, [2])) == "not_found") }
        #expect(try check(topic(registry()), framed(8, [2])) == "not_found")
        #expect(transport.paths.count == 2)
        var options = RegistryOptions(kind: .confluent)
        options.attempts = 1
        options.outageLifetime = .zero
        transport.set("/schemas/ids/9", .silence)
        let other = topic(registry(options))
        #expect(try check(other, framed(9, [2])) == "pending")
        avro(9)
        #expect(try check(other, framed(9, [2])) == "valid")
    }

    @Test func `many who look for one schema ask once`() throws {
        avro(7)
        transport.set("/schemas/ids/7", .later)
        let registry = registry()
        let bytes = framed(7, [2])
        let reader = FramingReader(.confluent, of: .value)
        guard case .framed(let frame) = reader.read(bytes.span.bytes) else { return }
        var futures: [EventLoopFuture<RegistryFailure?>] = []
        for _ in 0..<5 {
            guard case .pending(let future) = topic(registry).find(frame, in: bytes.span.bytes) else { return }
            futures.append(future)
        }
        #expect(transport.paths == ["/schemas/ids/7"])
        transport.answer(200, #"{"schema":"\"int\""}"#)
        loop.run()
        for future in futures { #expect(try future.wait() == nil) }
        #expect(transport.paths == ["/schemas/ids/7", "/schemas/ids/7/subjects"])
        #expect(registry.count == 1)
    }

    /// Two who ask.
    private let askers = (Asker(), Asker())

    private final class Asker {}

    /// Asks for a schema, of which nothing but its ID matters; nil if it is not waited for.
    private func ask(
        _ schemas: TopicSchemas, _ id: Int32, for asker: Asker
    ) -> EventLoopFuture<RegistryFailure?>? {
        let frame = FramedValue.Frame(reference: .id(id), prefixBytes: 5, choice: nil, isInHeader: false)
        let bytes: [UInt8] = []
        let finding = schemas.find(frame, in: bytes.span.bytes, for: ObjectIdentifier(asker))
        guard case .pending(let future) = finding else { return nil }
        return future
    }

    /// A topic of a registry that answers when it is told to.
    private func slow(maxFetches: Int, maxWaiting: Int = 256) -> TopicSchemas {
        for id in 1...30 { transport.set("/schemas/ids/\(id)", .later) }
        var options = RegistryOptions(kind: .confluent)
        options.maxFetches = maxFetches
        options.maxWaiting = maxWaiting
        return topic(registry(options))
    }

    /// The IDs that were asked for, once all questions are answered.
    private func asked() -> [Int] {
        while true {
            let count = transport.paths.count
            transport.answer(404, "{}")
            loop.run()
            if transport.paths.count == count { break }
        }
        return transport.paths.compactMap { Int($0.dropFirst("/schemas/ids/".count)) }
    }

    @Test func `so many schemas are asked for at once, and others wait`() throws {
        let schemas = slow(maxFetches: 2)
        let futures = (1...4).map { ask(schemas, $0, for: askers.0) }
        #expect(transport.paths.count == 2)
        #expect(asked() == [1, 2, 3, 4])
        for future in futures { #expect(try future?.wait()?.reason == .notFound) }
        #expect(ask(schemas, 5, for: askers.0) != nil)
        #expect(transport.paths.count == 5)
        transport.answer(404, "{}")
    }

    @Test func `who asks for much waits longer than who asks for little`() {
        let schemas = slow(maxFetches: 1)
        for id in 1...5 as ClosedRange<Int32> { #expect(ask(schemas, id, for: askers.0) != nil) }
        #expect(ask(schemas, 20, for: askers.1) != nil)
        #expect(ask(schemas, 5, for: askers.1) != nil)
        #expect(asked() == [1, 2, 20, 3, 5, 4])
    }

    @Test func `who asks for too much loses its places to others`() throws {
        let schemas = slow(maxFetches: 1, maxWaiting: 3)
        let futures = (1...5).map { ask(schemas, $0, for: askers.0) }
        #expect(futures.map { $0 != nil } == [true, true, true, true, false])
        #expect(ask(schemas, 20, for: askers.1) != nil)
        loop.run()
        #expect(try futures[3]?.wait()?.reason == .busy)
        #expect(ask(schemas, 21, for: askers.1) == nil)
        #expect(asked() == [1, 2, 20, 3])
    }

    @Test func `all questions about a schema have one deadline`() throws {
        let schemas = slow(maxFetches: 1)
        transport.set("/schemas/ids/1/subjects", .later)
        let first = try #require(ask(schemas, 1, for: askers.0))
        let second = try #require(ask(schemas, 2, for: askers.0))
        loop.advanceTime(by: .seconds(4))
        transport.answer(200, #"{"schema":"\"int\""}"#)
        loop.advanceTime(by: .milliseconds(1999))
        #expect(transport.paths == ["/schemas/ids/1", "/schemas/ids/1/subjects"])
        loop.advanceTime(by: .milliseconds(1))
        // The next one has its turn, and what comes late changes nothing.
        try #require(transport.paths.last == "/schemas/ids/2")
        #expect(try first.wait()?.reason == .unavailable)
        transport.answer(404, "{}")
        loop.run()
        #expect(try second.wait()?.reason == .notFound)
        guard case .failure(let failure) = try find(schemas, framed(1, [2])) else {
            Issue.record("the schema is known")
            return
        }
        #expect(failure.reason == .unavailable)
    }

    @Test func `an answer that fails is asked for again by the clock`() throws {
        avro(7)
        transport.set("/schemas/ids/7/subjects", .silence, .answer(503, ""), .answer(200, #"["orders-value"]"#))
        let schemas = topic(registry())
        let bytes = framed(7, [2])
        let reader = FramingReader(.confluent, of: .value)
        guard case .framed(let frame) = reader.read(bytes.span.bytes),
            case .pending(let future) = schemas.find(frame, in: bytes.span.bytes)
        else {
            Issue.record("it is not asked for")
            return
        }
        loop.advanceTime(by: .milliseconds(99))
        #expect(transport.paths.count == 2)
        loop.advanceTime(by: .milliseconds(1))
        #expect(transport.paths.count == 3)
        loop.advanceTime(by: .milliseconds(200))
        #expect(transport.paths.count == 4)
        #expect(try future.wait() == nil)
        #expect(try check(schemas, bytes) == "valid")
    }

    @Test func `schemas that are used least make room`() throws {
        for id in 1...3 { avro(id) }
        var options = RegistryOptions(kind: .confluent)
        options.maxSchemas = 2
        let registry = registry(options)
        for id in [1, 2, 1, 3] as [UInt8] { #expect(try check(topic(registry), framed(id, [2])) == "valid") }
        #expect(registry.count == 2)
        let before = transport.paths.count
        #expect(try check(topic(registry), framed(1, [2])) == "valid")
        #expect(transport.paths.count == before)
        #expect(try check(topic(registry), framed(2, [2])) == "valid")
        #expect(transport.paths.count == before + 2)
    }

    @Test func `failures make room too`() throws {
        var options = RegistryOptions(kind: .confluent)
        options.maxFailures = 2
        let registry = registry(options)
        for id in 1...3 as ClosedRange<UInt8> { #expect(try check(topic(registry), framed(id, [])) == "not_found") }
        #expect(try check(topic(registry), framed(3, [])) == "not_found")
        #expect(transport.paths.count == 3)
        #expect(try check(topic(registry), framed(1, [])) == "not_found")
        #expect(transport.paths.count == 4)
    }

    @Test func `schemas that are not valid are failures`() throws {
        transport.set("/schemas/ids/1", .answer(200, #"{"schema":"\"strin\""}"#))
        transport.set("/schemas/ids/1/subjects", .answer(200, #"["orders-value"]"#))
        transport.set("/schemas/ids/2", .answer(200, #"{"schema":"{","schemaType":"JSON"}"#))
        transport.set("/schemas/ids/2/subjects", .answer(200, #"["orders-value"]"#))
        let schemas = topic(registry())
        #expect(try check(schemas, framed(1, [])) == "invalid_schema")
        #expect(try check(schemas, framed(2, [])) == "invalid_schema")
    }

    @Test func `JSON Schemas are named by their titles, and use others`() throws {
        let text = #"{"title":"Order","properties":{"by":{"$ref":"customer.json"}}}"#
        transport.set(
            "/schemas/ids/1",
            .answer(
                200,
                """
                {"schema":\(JSONWriting.quote(text)),"schemaType":"JSON",
                "references":[{"name":"customer.json","subject":"customer","version":1}]}
                """))
        transport.set(
            "/subjects/customer/versions/1", .answer(200, #"{"schema":"{\"type\":\"string\"}","schemaType":"JSON"}"#))
        transport.set("/schemas/ids/1/subjects", .answer(200, #"["Order"]"#))
        let schemas = topic(registry(), .recordName)
        #expect(try check(schemas, framed(1, Array(#"{"by":"me"}"#.utf8))) == "valid")
        #expect(try check(schemas, framed(1, Array(#"{"by":1}"#.utf8))).hasPrefix("/by"))
    }

    @Test func `somebody else may compile JSON Schemas`() throws {
        transport.set("/schemas/ids/1", .answer(200, #"{"schema":"{}","schemaType":"JSON"}"#))
        transport.set("/schemas/ids/1/subjects", .answer(200, #"["orders-value"]"#))
        var compilation = RegisteredSchema.Options()
        compilation.jsonCompiler = { _, _ in TextValidator() }
        let registry = SchemaRegistry(
            options: .init(kind: .confluent), compilation: compilation, transport: transport)
        #expect(try check(topic(registry), framed(1, [0x61])) == "valid")
        #expect(try check(topic(registry), framed(1, [0xFF])) == "is not UTF-8")
    }

    @Test func `Protobuf's message is chosen by the record`() throws {
        let file = Base64Text.encode(try BinaryFixtures.bytes("shop.file.binpb"))
        let common = Base64Text.encode(try BinaryFixtures.bytes("common.file.binpb"))
        let answer = """
            {"schema":"\(file)","schemaType":"PROTOBUF",
            "references":[{"name":"common.proto","subject":"common","version":1}]}
            """
        transport.set("/schemas/ids/1", .answer(200, answer))
        transport.set("/schemas/ids/1?format=serialized", .answer(200, answer))
        transport.set("/subjects/common/versions/1?format=serialized", .answer(200, #"{"schema":"\#(common)"}"#))
        transport.set("/schemas/ids/1/subjects", .answer(200, #"["orders-value","shop.v1.Customer"]"#))
        let registry = registry()
        let schemas = topic(registry)
        // Order has a string as its first field, Customer a number.
        #expect(try check(schemas, framed(1, [0, 0x0A, 0x01, 0x61])) == "valid")
        #expect(try check(schemas, framed(1, [2, 0, 0x0A, 0x01, 0x61])) == "valid")
        #expect(try check(schemas, framed(1, [2, 2, 0x0A, 0x01, 0x61])).contains("another wire type"))
        #expect(try check(schemas, framed(1, [2, 2, 0x08, 0x01])) == "valid")
        #expect(try check(schemas, framed(1, [2, 4, 0x08, 0x01])) == "not_found")
        #expect(try check(schemas, framed(1, [])) == "does not say which message it is")
        // Item is the first message in Order for some clients, and the second for others.
        #expect(try check(schemas, framed(1, [4, 0, 0, 0x18, 0x01])) == "valid")
        #expect(try check(schemas, framed(1, [4, 0, 2, 0x18, 0x01])) == "valid")
        let named = topic(registry, .recordName)
        #expect(try check(named, framed(1, [2, 2, 0x08, 0x01])) == "valid")
        #expect(try check(named, framed(1, [0, 0x0A, 0x01, 0x61])) == "wrong_subject")
    }

    @Test(arguments: [
        (RegistryOptions.Authorization.none, nil), (.basic(username: "a", password: "b:c"), "Basic YTpiOmM="),
        (.bearer("t"), "Bearer t"),
    ])
    func `the proxy shows who it is`(authorization: RegistryOptions.Authorization, header: String?) throws {
        var options = RegistryOptions(kind: .confluent)
        options.authorization = authorization
        _ = try check(topic(registry(options)), framed(1, []))
        #expect(transport.headers.first { $0.name == "Authorization" }?.value == header)
    }

    @Test(arguments: [#""bytes""#, #"{"type":"bytes"}"#])
    func `bytes may come without their length, as Confluent's Java serializer writes them`(schema: String) throws {
        transport.set("/schemas/ids/1", .answer(200, #"{"schema":\#(JSONWriting.quote(schema))}"#))
        transport.set("/schemas/ids/1/subjects", .answer(200, #"["orders-value"]"#))
        let orders = topic(registry())
        for payload in [[], [2, 0x61], [0x61, 0x62]] as [[UInt8]] {
            #expect(try check(orders, framed(1, payload)) == "valid")
        }
    }
}
