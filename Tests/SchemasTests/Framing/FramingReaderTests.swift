import Testing

@testable import Schemas

@Suite("Framing")
struct FramingReaderTests {
    private func read(
        _ format: FramingFormat, _ value: String, _ headers: [(String, String?)] = [], part: RecordPart = .value
    ) -> FramedValue {
        var reader = FramingReader(format, of: part)
        reader.beginRecord()
        for (name, value) in headers {
            let name = Array(name.utf8)
            if let value {
                let bytes = BinaryFixtures.hex(value)
                reader.take(header: name.span.bytes, value: bytes.span.bytes)
            } else {
                reader.take(header: name.span.bytes, value: nil)
            }
        }
        let bytes = BinaryFixtures.hex(value)
        return reader.read(bytes.span.bytes)
    }

    private func framed(
        _ reference: SchemaReference, _ prefixBytes: Int, choice: MessageChoice? = nil, isInHeader: Bool = false
    ) -> FramedValue {
        .framed(.init(reference: reference, prefixBytes: prefixBytes, choice: choice, isInHeader: isInHeader))
    }

    private static let guid = SchemaGUID(high: 0x1234_5678_9ABC_DEF0, low: 0x0123_4567_89AB_CDEF)
    private static let guidBytes = "123456789abcdef00123456789abcdef"

    private func isMalformed(_ value: FramedValue) -> Bool {
        if case .malformed = value { true } else { false }
    }

    @Test func `Confluent's prefix is a zero byte and an ID`() {
        #expect(read(.confluent, "00 00000102 ff") == framed(.id(258), 5))
        #expect(read(.confluent, "00 7fffffff") == framed(.id(.max), 5))
        #expect(isMalformed(read(.confluent, "00 80000000")))
        #expect(read(.confluent, "00 000001") == .unframed)
        #expect(read(.confluent, "7b7d") == .unframed)
        #expect(read(.confluent, "") == .unframed)
    }

    @Test func `a GUID may stand there too`() {
        #expect(read(.confluent, "01 \(Self.guidBytes) 02") == framed(.guid(Self.guid), 17))
        #expect(read(.confluent, "01 \(Self.guidBytes.dropLast(2))") == .unframed)
    }

    @Test func `a GUID is written as registries write it`() {
        #expect(Self.guid.description == "12345678-9abc-def0-0123-456789abcdef")
        #expect(SchemaGUID(high: 0, low: 0).description == "00000000-0000-0000-0000-000000000000")
    }

    @Test func `Confluent's header goes before the prefix`() {
        let header = "01\(Self.guidBytes)"
        let expected = framed(.guid(Self.guid), 0, isInHeader: true)
        #expect(read(.confluent, "00 00000001", [("__value_schema_id", header)]) == expected)
        #expect(read(.confluent, "00 00000001", [("__key_schema_id", header)]) == framed(.id(1), 5))
        #expect(read(.confluent, "", [("__key_schema_id", header)], part: .key) == expected)
        #expect(
            read(.confluent, "", [("__value_schema_id", "00 00000007")]) == framed(.id(7), 0, isInHeader: true))
    }

    @Test func `Confluent's header has the message indexes`() {
        let value = read(.confluent, "0a", [("__value_schema_id", "01\(Self.guidBytes)04 00 02")])
        #expect(value == framed(.guid(Self.guid), 0, choice: .indexes([0, 1]), isInHeader: true))
        let first = read(.confluent, "0a", [("__value_schema_id", "01\(Self.guidBytes)00")])
        #expect(first == framed(.guid(Self.guid), 0, choice: .first, isInHeader: true))
    }

    @Test(arguments: [nil, "", "02", "00", "0000000", "01", "00 80000000", "00 00000001 02", "00 00000001 00 00"])
    func `a header that is not valid is refused`(value: String?) {
        #expect(isMalformed(read(.confluent, "00 00000001", [("__value_schema_id", value)])))
    }

    @Test func `two headers that differ are refused`() {
        let first = ("__value_schema_id", "00 00000001" as String?)
        #expect(isMalformed(read(.confluent, "", [first, ("__value_schema_id", "00 00000002")])))
        #expect(isMalformed(read(.confluent, "", [first, ("__value_schema_id", "00 00000001 00")])))
        #expect(!isMalformed(read(.confluent, "", [first, first])))
    }

    @Test func `a record does not inherit the headers of the one before`() {
        var reader = FramingReader(.confluent, of: .value)
        let name = Array("__value_schema_id".utf8)
        let value: [UInt8] = [0, 0, 0, 0, 7]
        let bytes: [UInt8] = [0, 0, 0, 0, 8]
        reader.take(header: name.span.bytes, value: value.span.bytes)
        reader.beginRecord()
        #expect(reader.read(bytes.span.bytes) == framed(.id(8), 5))
    }

    @Test func `Apicurio's prefix is as it is configured`() {
        #expect(read(.apicurio(.init()), "00 00000009 01") == framed(.contentID(9), 5))
        #expect(
            read(.apicurio(.init(isContentID: false, isLong: true)), "00 0000000000000009 01")
                == framed(.globalID(9), 9))
        #expect(read(.apicurio(.init(isLong: true)), "00 00000000000009") == .unframed)
        #expect(isMalformed(read(.apicurio(.init(isLong: true)), "00 8000000000000009")))
        #expect(isMalformed(read(.apicurio(.init()), "00 80000009")))
    }

    @Test func `Apicurio's headers go before its prefix, and content before versions`() {
        let format = FramingFormat.apicurio(.init())
        let global = ("apicurio.value.globalId", "0000000000000009" as String?)
        let content = ("apicurio.value.contentId", "0000000000000005" as String?)
        #expect(read(format, "00 00000001", [global]) == framed(.globalID(9), 0, isInHeader: true))
        #expect(read(format, "00 00000001", [global, content]) == framed(.contentID(5), 0, isInHeader: true))
        #expect(read(format, "00 00000001", [global], part: .key) == framed(.contentID(1), 5))
        #expect(isMalformed(read(format, "", [("apicurio.value.globalId", "00000009")])))
        #expect(isMalformed(read(format, "", [global, ("apicurio.value.globalId", "0000000000000008")])))
        let name = ("apicurio.value.protobuf.type", "4f72646572" as String?)
        #expect(
            read(format, "", [global, name]) == framed(.globalID(9), 0, choice: .name("Order"), isInHeader: true))
        #expect(read(format, "", [("apicurio.value.encoding", "42494e415259"), global]) == read(format, "", [global]))
        #expect(isMalformed(read(format, "", [("apicurio.value.encoding", "4a534f4e"), global])))
    }

    @Test func `without framing everything is payload`() {
        #expect(read(.none, "00 00000001", [("__value_schema_id", "00 00000001")]) == .unframed)
    }

    @Test(arguments: [
        ("00", MessageChoice.first, 1), ("0200", .first, 2), ("0202", .indexes([1]), 2),
        ("040200ff", .indexes([1, 0]), 3),
        ("01", nil, 0), ("02", nil, 0), ("0201", nil, 0), ("", nil, 0), ("42", nil, 0), ("04feffffffff0f00", nil, 0),
        ("ffffffffffffffffffff01", nil, 0),
    ])
    func `message indexes are zigzag numbers`(bytes: String, choice: MessageChoice?, end: Int) {
        let bytes = BinaryFixtures.hex(bytes)
        var offset = 0
        #expect(MessageChoice.confluent(bytes.span.bytes, at: &offset) == choice)
        #expect(offset == end)
    }

    @Test(arguments: [
        ("070a054f72646572ff", MessageChoice.name("Order"), 8), ("00", nil, 0), ("070a064f72646572", nil, 0),
        ("080a054f72646572", nil, 0), ("0712054f72646572", nil, 0), ("020a00", nil, 0), ("030a01ff", nil, 0),
        ("070a044f72646572", nil, 0), ("000a00", nil, 0), ("010a00", nil, 0),
    ])
    func `Apicurio's name of a message is a message`(bytes: String, choice: MessageChoice?, end: Int) {
        let bytes = BinaryFixtures.hex(bytes)
        var offset = 0
        #expect(MessageChoice.apicurio(bytes.span.bytes, at: &offset) == choice)
        #expect(offset == end)
    }

    @Test func `a strategy says which subject a schema has`() {
        func subject(_ strategy: SubjectStrategy, _ part: RecordPart, _ name: String?) -> SubjectStrategy.Requirement {
            strategy.subject(topic: "orders", part: part, recordName: name)
        }
        #expect(subject(.topicName, .value, nil) == .subject("orders-value"))
        #expect(subject(.topicName, .key, "a.B") == .subject("orders-key"))
        #expect(subject(.recordName, .value, "a.B") == .subject("a.B"))
        #expect(subject(.recordName, .value, nil) == .impossible)
        #expect(subject(.topicRecordName, .key, "a.B") == .subject("orders-a.B"))
        #expect(subject(.topicRecordName, .key, nil) == .impossible)
        #expect(subject(.any, .key, nil) == .none)
    }

    @Test func `a requirement is fulfilled by one of the subjects`() {
        #expect(SubjectStrategy.Requirement.subject("a").isFulfilled(by: ["a", "b"]))
        #expect(!SubjectStrategy.Requirement.subject("a").isFulfilled(by: ["b"]))
        #expect(SubjectStrategy.Requirement.none.isFulfilled(by: []))
        #expect(!SubjectStrategy.Requirement.impossible.isFulfilled(by: ["a"]))
    }
}
