import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import AuditFilter
@testable import ProxyRuntime

@Suite("An audit that is required")
struct RequiredTests {
    private func answers(_ audited: Audited) throws -> [CreateTopicsResponse] {
        try audited.connections.clientGot().compactMap {
            try KafkaFrame.decodeResponse($0, apiKey: .createTopics, apiVersion: 7).body as? CreateTopicsResponse
        }
    }

    @Test func `lets a request go on when the record of its intent is durable, and not before`() throws {
        let audited = try Audited(AuditClass.usual, .required)
        try audited.send(creation("orders"), version: 7)
        #expect(try audited.connections.brokerGot().isEmpty)
        let intent = try audited.document()
        #expect(intent["event"] == "intent")
        #expect(intent.resources == ["topic orders"])
        #expect(intent["result"] == nil)
        audited.sink.sync()
        audited.connections.loop.run()
        #expect(try audited.connections.brokerGot().count == 1)
    }

    @Test func `lets a response go on when the record of its outcome is durable, tied to the intent`() throws {
        let audited = try Audited(AuditClass.usual, .required)
        try audited.send(creation("orders"), version: 7)
        audited.sink.sync()
        audited.connections.loop.run()
        try audited.answer(created([("orders", .none)]))
        #expect(try answers(audited).isEmpty)
        let documents = try audited.documents
        #expect(documents.map { $0["event"] } == ["intent", "outcome"])
        #expect(documents[0]["id"] == documents[1]["id"])
        #expect(documents[1]["error"] == "NONE")
        audited.sink.sync()
        audited.connections.loop.run()
        #expect(try answers(audited).count == 1)
        #expect(audited.sink.documents.count == 2)
    }

    @Test func `refuses a request of which no record can be made durable`() throws {
        let audited = try Audited(AuditClass.usual, .required)
        try audited.send(creation("orders"), version: 7)
        audited.sink.fail()
        audited.connections.loop.run()
        #expect(try audited.connections.brokerGot().isEmpty)
        let answer = try #require(try answers(audited).first)
        #expect(answer.topics.map(\.errorCode) == [.requestTimedOut])
        #expect(answer.topics.map(\.errorMessage) == [AuditRefusal.message])
        let outcome = try #require(try audited.documents.last)
        #expect(outcome["event"] == "outcome")
        #expect(outcome["result"] == "refused")
        #expect(outcome["answered_by"] == "audit")
        #expect(!audited.connections.isClosed)
    }

    @Test func `refuses a request when the time is over`() throws {
        let audited = try Audited(AuditClass.usual, .required)
        try audited.send(creation("orders"), version: 7)
        audited.connections.loop.advanceTime(by: .milliseconds(1999))
        #expect(try answers(audited).isEmpty)
        audited.connections.loop.advanceTime(by: .milliseconds(1))
        #expect(try answers(audited).count == 1)
    }

    @Test func `lets a response leave whose record does not become durable in time`() throws {
        let audited = try Audited(AuditClass.usual, .required)
        try audited.send(creation("orders"), version: 7)
        audited.sink.sync()
        audited.connections.loop.run()
        try audited.answer(created([("orders", .none)]))
        audited.connections.loop.advanceTime(by: .seconds(2))
        #expect(try answers(audited).count == 1)
        #expect(audited.sink.documents.count == 2)
    }

    @Test(arguments: APIKey.known.filter { ![.saslHandshake, .saslAuthenticate, .apiVersions].contains($0) })
    func `refuses every API with an answer`(key: APIKey) throws {
        let type = try #require(key.requestType)
        guard let version = type.validVersions.last, key != .controlledShutdown else { return }
        let audited = try Audited(AuditClass.allCases, .required)
        var message = try RandomBody.message(type, version: version, seed: 1) as any RequestMessage
        if var produce = message as? ProduceRequest {
            produce.acks = -1
            message = produce
        }
        try audited.send(message, version: version)
        let isRecorded = !audited.sink.waiting.isEmpty
        audited.sink.fail()
        audited.connections.loop.run()
        #expect(isRecorded)
        // Sluice itself may ask for the name of a topic.
        let keys = try audited.connections.brokerGot().map { $0.getInteger(at: $0.readerIndex, as: Int16.self) }
        #expect(!keys.contains(key.rawValue))
        #expect(try audited.connections.clientGot().count == 1)
    }

    @Test func `never keeps a client from learning which versions there are`() throws {
        let audited = try Audited(AuditClass.allCases, .required)
        try audited.send(ApiVersionsRequest(), version: 3)
        #expect(try audited.connections.brokerGot().count == 1)
    }

    @Test func `holds nothing in a dry run`() throws {
        let audited = try Audited(AuditClass.usual, .required, isDryRun: true)
        try audited.send(creation("orders"), version: 7)
        #expect(try audited.connections.brokerGot().count == 1)
    }

    /// A request of API 1000, and one of CreateTopics in version 31: nobody can read them.
    private static let unreadable: [[UInt8]] = [
        [0, 0, 0, 12, 3, 0xE8, 0, 0, 0, 0, 0, 42, 0, 1, 0x61, 9],
        [0, 0, 0, 12, 0, 19, 0, 31, 0, 0, 0, 42, 0, 1, 0x61, 9],
    ]

    @Test(arguments: unreadable) func `lets nothing pass that it cannot read`(frame: [UInt8]) throws {
        let audited = try Audited([.admin], .required)
        try audited.connections.clientSends(ByteBuffer(bytes: frame))
        #expect(audited.connections.isClosed)
        #expect(try audited.connections.brokerGot().isEmpty)
    }

    @Test func `that is a dry run lets pass what nobody knows`() throws {
        let audited = try Audited([.admin], .required, isDryRun: true)
        try audited.connections.clientSends(ByteBuffer(bytes: Self.unreadable[0]))
        #expect(!audited.connections.isClosed)
        #expect(try audited.connections.brokerGot().count == 1)
    }
}
