import FilterAPI
import Foundation
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Sinks
import Telemetry
import Testing

@testable import ProxyRuntime
@testable import TapFilter

@Suite("Documents")
struct DocumentTests {
    private func json(_ text: String?) throws -> [String: Any] {
        let text = try #require(text)
        #expect(!text.contains("\n"))
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func document(_ records: [Written], hasSchema: Bool = false) throws -> [String: Any] {
        let tapped = try Tapped(TapConfiguration(hasConnectSchema: hasSchema, sink: .admin), form: .documents)
        try tapped.send(produce([("orders", [(4, try batch(records))])]), version: 9)
        try tapped.answer(produced([("orders", [(4, .none, 17)])]))
        #expect(tapped.sink.records.count == records.count)
        return try json(tapped.sink.values.first ?? nil)
    }

    @Test func `of records have what the record has`() throws {
        let document = try document([Written("a", "line\nfeed \"ü\"", headers: [("h", "x")])])
        #expect(document["topic"] as? String == "orders")
        #expect(document["partition"] as? Int == 4)
        #expect(document["offset"] as? Int == 17)
        #expect(document["timestamp"] as? Int == 1_700_000_000_000)
        #expect(document["key"] as? String == "a")
        #expect(document["value"] as? String == "line\nfeed \"ü\"")
        #expect(document["value_base64"] is NSNull)
        #expect(document["client_id"] as? String == "client")
        let headers = document["headers"] as? [[String: Any]]
        #expect(headers?.first?["name"] as? String == "h")
        #expect(headers?.first?["value"] as? String == "x")
        let time = try #require(document["time"] as? String)
        #expect(time.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) != nil)
    }

    @Test func `have null for a tombstone, and Base64 for what is no text`() throws {
        #expect(try document([Written("a", nil)])["value"] is NSNull)
        var bytes = ByteBuffer(string: "before")
        var writer = RecordDocumentWriter(listener: "apps", filter: "tap", hasSchema: false)
        let source = CopySource(.request, try Tapped().connections.downstream.context, transactionalID: nil)
        writer.write(
            with(CopiedRecord()) { $0.value = ByteBuffer(bytes: [0xff, 0x00]) },
            CopyOrigin(
                topic: TappedTopic(name: "t", isWanted: true, isSink: false), partition: 0, source: source),
            time: "now", to: &bytes)
        #expect(bytes.readString(length: 6) == "before")
        let read = try json(String(buffer: bytes))
        #expect(read["value"] is NSNull)
        #expect(read["value_base64"] as? String == "/wA=")
    }

    @Test func `have what is their own, whatever the one before had`() throws {
        let tapped = try Tapped(
            TapConfiguration(redaction: with(Redaction()) { $0.value = .drop }, sink: .admin), form: .documents)
        func send(_ topic: String, _ partition: Int32, _ value: String?, _ transaction: (String, Int64, Int16)?) throws
        {
            let records = try batch([Written("k", value)], producer: transaction.map { ($0.1, $0.2) })
            try tapped.send(
                produce([(topic, [(partition, records)])], transactionalID: transaction?.0), version: 9)
            try tapped.answer(produced([(topic, [(partition, .none, 1)])]))
        }
        try send("a", 0, "1", nil)
        try send("a", 1, nil, nil)
        try send("b", 1, "1", ("t", 7, 1))
        try send("b", 1, "1", ("t", 7, 2))
        tapped.connections.downstream.context.principal = "User:bob"
        try send("a", 0, "1", nil)
        let documents = try tapped.sink.values.map { try json($0) }
        #expect(documents.map { $0["topic"] as? String } == ["a", "a", "b", "b", "a"])
        #expect(documents.map { $0["partition"] as? Int } == [0, 1, 1, 1, 0])
        #expect(documents.map { $0["redacted"] as? String } == ["value", nil, "value", "value", "value"])
        #expect(documents.map { $0["transactional_id"] as? String } == [nil, nil, "t", "t", nil])
        #expect(documents.map { $0["producer_epoch"] as? Int } == [nil, nil, 1, 2, nil])
        #expect(documents.map { $0["principal"] as? String }.suffix(2) == ["User:alice", "User:bob"])
    }

    @Test func `have long texts whole, also where pieces of them meet in a character`() throws {
        for character in ["x", "\u{85}", "\u{2028}", "\u{1f600}", "\"", "\n", "\u{1}"] {
            for before in 4090..<4098 {
                let text = String(repeating: "a", count: before) + character + String(repeating: character, count: 2100)
                var line = JSONLine()
                line.begin("[")
                line.string(text)
                line.end("]")
                let read = try JSONSerialization.jsonObject(with: Data(line.bytes.readableBytesView)) as? [String]
                #expect(read == [text])
            }
        }
    }

    @Test func `tell text from bytes as Unicode does`() {
        var random = SystemRandomNumberGenerator()
        let pieces: [[UInt8]] = [
            Array("plain text of more than sixteen bytes".utf8), Array("ü€😀".utf8), [0xc0, 0x80], [0xc1, 0xbf],
            [0xed, 0xa0, 0x80], [0xed, 0x9f, 0xbf], [0xe0, 0x9f, 0xbf], [0xe0, 0xa0, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
            [0xf0, 0x90, 0x80, 0x80], [0xf4, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80],
            [0x80], [0xff], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0], [0x7f], [0xc2],
        ]
        var both: Set<Bool> = []
        var mistakes: [[UInt8]] = []
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0..<4, using: &random)).flatMap { _ in
                pieces.randomElement(using: &random) ?? []
            }
            let expected = String(validating: bytes, as: UTF8.self) != nil
            both.insert(expected)
            if bytes.withUnsafeBytes({ UTF8Text.isValid($0) }) != expected { mistakes.append(bytes) }
        }
        #expect(mistakes.isEmpty && both.count == 2)
    }

    @Test func `have any text and any bytes as they are`() throws {
        let scalars =
            (0..<0x250).compactMap { Unicode.Scalar($0) } + [
                "\u{2027}", "\u{2028}", "\u{2029}", "\u{20ac}", "\u{1f600}",
            ]
        let text = scalars.map { String($0) }.joined()
        var line = JSONLine()
        line.begin("[")
        line.string(text)
        for count in 0..<10 {
            ByteBuffer(bytes: (0..<count).map { UInt8(250 + $0 % 6) }).withUnsafeReadableBytes { line.base64($0) }
        }
        line.integer(.min)
        line.integer(nil)
        line.end("]")
        let written = String(buffer: line.bytes)
        #expect(
            !written.unicodeScalars.contains {
                $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) || (0x2028...0x2029).contains($0.value)
            })
        let read = try #require(try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [Any])
        #expect(read.first as? String == text)
        for count in 0..<10 {
            #expect(
                Data(base64Encoded: read[1 + count] as? String ?? "?") == Data((0..<count).map { UInt8(250 + $0 % 6) }))
        }
        #expect(read[11] as? Int64 == .min && read[12] is NSNull)
    }

    /// What a value has to be by a schema; nil if it is that.
    private func mistake(_ value: Any?, _ schema: [String: Any], at path: String) -> String? {
        guard let value, !(value is NSNull) else {
            return schema["optional"] as? Bool == true ? nil : "\(path) is null"
        }
        switch schema["type"] as? String {
        case "string", "bytes": return value is String ? nil : "\(path) is no string"
        case "boolean": return value is Bool ? nil : "\(path) is no boolean"
        case "int16", "int32", "int64": return value is Int ? nil : "\(path) is no whole number"
        case "double": return value is Double ? nil : "\(path) is no number"
        case "array":
            guard let items = schema["items"] as? [String: Any], let elements = value as? [Any] else {
                return "\(path) is no list"
            }
            return elements.lazy.compactMap { self.mistake($0, items, at: "\(path)[]") }.first
        case "struct":
            guard let fields = schema["fields"] as? [[String: Any]], let members = value as? [String: Any] else {
                return "\(path) is no structure"
            }
            guard Set(members.keys) == Set(fields.compactMap { $0["field"] as? String }) else {
                return "\(path) has other members than fields"
            }
            return fields.lazy.compactMap { field in
                let name = field["field"] as? String ?? ""
                return self.mistake(members[name], field, at: "\(path).\(name)")
            }.first
        default: return "\(path) has an unknown type"
        }
    }

    @Test func `of records are what their schema says`() throws {
        let document = try document([Written("a", "1", headers: [("h", nil)])], hasSchema: true)
        let schema = try #require(document["schema"] as? [String: Any])
        #expect(schema["name"] as? String == "sluice.tap.Record")
        #expect(mistake(document["payload"], schema, at: "payload") == nil)
    }

    @Test(arguments: [true, false])
    func `of messages say what was asked and answered`(hasSchema: Bool) throws {
        let tapped = try Tapped(
            TapConfiguration(mode: .messages, hasConnectSchema: hasSchema, sink: .admin), form: .documents)
        let records = try batch([Written("a", "payload")])
        try tapped.send(produce([("orders", [(0, records), (3, records)])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 12), (3, .notLeaderOrFollower, -1)])]))
        var document = try json(tapped.sink.values.first ?? nil)
        if hasSchema {
            let schema = try #require(document["schema"] as? [String: Any])
            #expect(mistake(document["payload"], schema, at: "payload") == nil)
            document = try #require(document["payload"] as? [String: Any])
        }
        #expect(document["api"] as? String == "Produce")
        #expect(document["error_code"] as? Int == 6)
        #expect(document["records"] as? Int == 2)
        let topics = try #require(document["topics"] as? [[String: Any]])
        let partitions = try #require(topics.first?["partitions"] as? [[String: Any]])
        #expect(partitions.map { $0["partition"] as? Int } == [0, 3])
        #expect(partitions.map { $0["error_code"] as? Int } == [0, 6])
        #expect(partitions.first?["base_offset"] as? Int == 12)
        #expect(partitions.first?["record_bytes"] as? Int == records.readableBytes)
        #expect(tapped.sink.values.first??.contains("payload\"") == hasSchema)
        #expect(try tapped.counts() == [1, 0, 0])
    }

    @Test func `of messages are of the APIs that are asked for`() throws {
        let tapped = try Tapped(
            TapConfiguration(topics: [.exact("a")], mode: .messages, apis: [.deleteTopics], sink: .admin),
            form: .documents)
        for name in ["a", "b"] {
            try tapped.send(with(DeleteTopicsRequest()) { $0.topicNames = [name] }, version: 3)
            try tapped.answer(
                with(DeleteTopicsResponse()) {
                    $0.responses = [
                        with(DeleteTopicsResponse.DeletableTopicResult()) {
                            $0.name = name
                            $0.errorCode = .unknownTopicOrPartition
                        }
                    ]
                })
        }
        #expect(tapped.sink.records.count == 1)
        #expect(try json(tapped.sink.values.first ?? nil)["error"] as? String == "UNKNOWN_TOPIC_OR_PARTITION")
    }

    @Test func `are not written of messages about what taps write`() throws {
        let topics = SinkTopics()
        topics.add(SinkTopics.Place(cluster: "main", topic: "tap.messages"))
        let tapped = try Tapped(TapConfiguration(mode: .messages, sink: .admin), sinkTopics: topics)
        try tapped.send(produce([("tap.messages", [(0, try batch([Written("a", "1")]))])]), version: 9)
        try tapped.answer(produced([("tap.messages", [(0, .none, 0)])]))
        #expect(try tapped.counts() == [1, 0, 1])
    }
}
