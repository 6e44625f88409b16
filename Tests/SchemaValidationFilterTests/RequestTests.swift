import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore
import Settings
import Testing

@testable import ProxyRuntime
@testable import SchemaValidationFilter

@Suite("Produce requests")
struct ProduceRequestTests {
    private static let json = "rules: [{ name: r, topics: [t], value: { format: json } }]"

    private func good() throws -> ByteBuffer { try batch([TestRecord("{}")], codec: .lz4) }
    private func bad() throws -> ByteBuffer { try batch([TestRecord("{")]) }

    @Test("that are valid go on as the bytes that came", arguments: Int16(3)...13)
    func unchanged(version: Int16) throws {
        let client = try Validated(Self.json)
        client.learn("t")
        var request = produce([("t", 0, try good())])
        request.topicData[0].topicID = id(1)
        let sent = try Connections.request(request, version: version, id: 1)
        try client.connections.clientSends(sent)
        let got = try client.got()
        let body = sent.readableBytesView.dropFirst(12)
        #expect(got.frame.readableBytesView.dropFirst(8).elementsEqual(body))
        #expect(client.count("records", "r", "valid") == 1)
    }

    @Test("lose the partitions that are rejected; answers come in the order asked", arguments: Int16(3)...12)
    func parts(version: Int16) throws {
        let client = try Validated(Self.json)
        try client.send(
            produce([
                ("t", 0, try bad()), ("t", 1, try good()), ("other", 0, try bad()), ("t", 2, try bad()),
            ]), version: version)
        let got = try client.got()
        #expect(got.body.topicData.map(\.name) == ["t", "other"])
        #expect(got.body.topicData.first?.partitionData.map(\.index) == [1])
        try client.connections.brokerAnswers(got.frame, written([("other", 0), ("t", 1)]))
        #expect(
            try client.answer(version: version).lines == [
                "t/0 INVALID_RECORD", "t/1 NONE", "t/2 INVALID_RECORD", "other/0 NONE",
            ])
    }

    @Test("that name topics by ID are judged by the names of these")
    func byID() throws {
        let client = try Validated(Self.json)
        client.learn("t")
        var request = produce([("", 0, try bad())])
        request.topicData[0].topicID = id(1)
        try client.send(request, version: 13)
        let answer = try client.answer(version: 13)
        #expect(answer.responses.first?.topicID == id(1))
        #expect(answer.responses.first?.partitionResponses.first?.errorCode == .invalidRecord)
    }

    @Test("wait for the name of an ID that nobody knows")
    func unknownID() throws {
        let client = try Validated(Self.json)
        var request = produce([("", 0, try bad())])
        request.topicData[0].topicID = id(1)
        try client.send(request, version: 13)
        var answer = MetadataResponse()
        var topic = MetadataResponse.MetadataResponseTopic()
        topic.name = "t"
        topic.topicID = id(1)
        answer.topics = [topic]
        for question in try client.connections.brokerGot() {
            try client.connections.brokerAnswers(question, answer)
        }
        #expect(try client.answer(version: 13).responses.first?.partitionResponses.first?.errorCode == .invalidRecord)
    }

    @Test("to an ID that nobody has a name for are answered UNKNOWN_TOPIC_ID")
    func noName() throws {
        let client = try Validated(Self.json)
        var request = produce([("", 0, try good())])
        request.topicData[0].topicID = id(1)
        try client.send(request, version: 13)
        for question in try client.connections.brokerGot() {
            try client.connections.brokerAnswers(question, MetadataResponse())
        }
        #expect(try client.answer(version: 13).responses.first?.partitionResponses.first?.errorCode == .unknownTopicID)
        #expect(client.count("rejections", "", "unknown_topic") == 1)
    }

    @Test("of a transaction are rejected as a whole")
    func transaction() throws {
        let client = try Validated(Self.json)
        try client.send(
            produce([("t", 0, try good()), ("t", 1, try bad()), ("other", 0, try good())], transactionalID: "tx"),
            version: 9)
        #expect(try client.connections.brokerGot().isEmpty)
        let answer = try client.answer(version: 9)
        #expect(answer.lines == ["t/0 INVALID_RECORD", "t/1 INVALID_RECORD", "other/0 INVALID_RECORD"])
        #expect(
            answer.responses.first?.partitionResponses.first?.errorMessage
                == "another batch of the same request and transaction was rejected")
    }

    @Test("without an answer close their connection when something is rejected")
    func withoutAnswer() throws {
        let client = try Validated(Self.json)
        try client.send(produce([("t", 0, try good())], acks: 0), version: 9)
        #expect(try client.connections.brokerGot().count == 1)
        try client.send(produce([("t", 0, try good()), ("t", 1, try bad())], acks: 0), version: 9)
        #expect(try client.connections.brokerGot().isEmpty)
        #expect(client.connections.isClosed)
    }

    @Test("in a dry run go on, counted")
    func dryRun() throws {
        let client = try Validated(Self.json, isDryRun: true)
        try client.send(produce([("t", 0, try bad())]), version: 9)
        #expect(try client.got().body.topicData.count == 1)
        #expect(client.count("rejections", "r", "schema") == 1)
    }

    @Test("to topics that the filter is not for pass")
    func whenTopic() throws {
        let client = try Validated(
            "rules: [{ topics: [\"*\"], value: { format: json } }]", when: WhenCondition(topic: [.prefix("x")]))
        #expect(try client.rejection(batch: try bad()) == nil)
        try client.send(produce([("xt", 0, try bad())]), version: 9)
        #expect(try client.answer(version: 9).lines == ["xt/0 INVALID_RECORD"])
    }

    @Test("that cannot be read close their connection")
    func unreadable() throws {
        let client = try Validated(Self.json)
        var frame = try Connections.request(produce([("t", 0, try good())]), version: 9, id: 1)
        frame.setInteger(UInt8(0xFF), at: frame.writerIndex - 1)
        try client.connections.clientSends(frame)
        #expect(try client.connections.brokerGot().isEmpty)
        #expect(client.connections.isClosed)
    }
}
