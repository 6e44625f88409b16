import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import FilterAPI

@Suite("Fields of a frame")
struct FilteredFrameTests {
    private static let names = FieldSelection([.topicName, .topicID, .errorCode], elementsBy: [.topicName])
    private static let groups = FieldSelection([.groupID, .memberEpoch])
    private static let id = KafkaUUID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)

    /// A body behind its size, as a frame without a header.
    private static func frame<Message: APIMessage>(
        _ message: Message, version: Int16, trailing: [UInt8] = []
    ) throws -> FilteredFrame {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        var body = writer.finish()
        body.writeBytes(trailing)
        var bytes = ByteBuffer()
        bytes.writeInteger(UInt32(clamping: body.readableBytes))
        bytes.writeBuffer(&body)
        bytes.moveReaderIndex(forwardBy: 4)
        return FilteredFrame(
            frame: bytes, apiKey: Message.apiKey, apiVersion: version, direction: Message.direction, bodyOffset: 0)
    }

    private static func metadata(_ names: [String]) -> MetadataResponse {
        with(MetadataResponse()) {
            $0.topics = names.map { name in
                with(MetadataResponse.MetadataResponseTopic()) {
                    $0.name = name
                    $0.topicID = id
                    $0.partitions = [
                        with(MetadataResponse.MetadataResponsePartition()) { $0.errorCode = .leaderNotAvailable }
                    ]
                }
            }
        }
    }

    @Test("Only those of the selection are read, in the order of the frame", arguments: [10, 12] as [Int16])
    func selection(version: Int16) throws {
        var frame = try Self.frame(Self.metadata(["a", "b"]), version: version)
        let fields = try frame.fields(Self.names)
        #expect(
            fields.map(\.role) == [
                .errorCode, .topicName, .topicID, .errorCode, .errorCode, .topicName, .topicID, .errorCode,
            ])
        #expect(fields.compactMap { $0.role == .topicName ? frame.string($0) : nil } == ["a", "b"])
        #expect(try frame.fields(Self.groups).isEmpty)
        #expect(try frame.fields(Self.names).count == 8)
    }

    @Test("Numbers and UUIDs are read as what they are")
    func values() throws {
        var frame = try Self.frame(Self.metadata(["a"]), version: 10)
        let fields = try frame.fields(Self.names)
        #expect(fields.map { frame.integer($0) } == [0, nil, nil, 5])
        #expect(fields.map { frame.uuid($0) } == [nil, nil, Self.id, nil])
        #expect(fields.map { frame.bytes($0)?.readableBytes } == [2, 1, 16, 2])
    }

    @Test(
        "An element leaves with all that it holds, and its array is shorter", arguments: MetadataResponse.validVersions)
    func removal(version: Int16) throws {
        var frame = try Self.frame(Self.metadata(["a", "bb", "ccc", "d"]), version: version, trailing: [1, 2])
        for field in try frame.fields(Self.names) where field.role == .topicName {
            // A change inside of what leaves has no effect.
            if frame.string(field) == "bb" { frame.replace(field, with: "other") }
            if ["bb", "d", "other"].contains(frame.string(field)) { frame.removeElement(of: field) }
            if frame.string(field) == "ccc" { frame.replace(field, with: "a longer name") }
        }
        #expect(try frame.body(MetadataResponse.self).topics.map(\.name) == ["a", "a longer name"])
        let left = try frame.fields(Self.names).filter { $0.role == .topicName }
        #expect(left.map { frame.string($0) } == ["a", "a longer name"])
        let bytes = try #require(try frame.encoded(allocator: ByteBufferAllocator()))
        #expect(Array(bytes.readableBytesView.suffix(2)) == [1, 2])
        #expect(bytes.getInteger(at: bytes.readerIndex, as: UInt32.self) == UInt32(bytes.readableBytes - 4))
    }

    @Test("Elements of lists of names, and elements in elements, leave each for itself")
    func nested() throws {
        let message = with(ConsumerGroupDescribeResponse()) {
            $0.groups = ["g", "h"].map { group in
                with(ConsumerGroupDescribeResponse.DescribedGroup()) {
                    $0.groupID = group
                    $0.members = [
                        with(ConsumerGroupDescribeResponse.Member()) {
                            $0.subscribedTopicNames = ["a", "b", "c"]
                            $0.assignment.topicPartitions = ["b", "a"].map { name in
                                with(ConsumerGroupDescribeResponse.TopicPartitions()) { $0.topicName = name }
                            }
                        }
                    ]
                }
            }
        }
        let selection = FieldSelection([.topicName, .groupID], elementsBy: [.topicName, .groupID])
        var frame = try Self.frame(message, version: 1)
        for field in try frame.fields(selection) where ["a", "h"].contains(frame.string(field)) {
            frame.removeElement(of: field)
        }
        let left = try frame.body(ConsumerGroupDescribeResponse.self)
        #expect(left.groups.map(\.groupID) == ["g"])
        #expect(left.groups[0].members.map(\.subscribedTopicNames) == [["b", "c"]])
        #expect(left.groups[0].members[0].assignment.topicPartitions.map(\.topicName) == ["b"])
    }

    @Test("Bytes and numbers are replaced, also in tagged fields, whose sizes follow")
    func replacement() throws {
        let join = with(JoinGroupRequest()) {
            $0.protocols = [with(JoinGroupRequest.JoinGroupRequestProtocol()) { $0.metadata = ByteBuffer(bytes: [1]) }]
        }
        let bytes = ByteBuffer(repeating: 7, count: 40_000)
        for version in JoinGroupRequest.validVersions {
            var frame = try Self.frame(join, version: version)
            for field in try frame.fields(FieldSelection([.subscriptionBytes])) {
                frame.replace(field, withBytes: bytes)
            }
            #expect(try frame.body(JoinGroupRequest.self).protocols.map(\.metadata) == [bytes])
        }
        let fetch = with(FetchResponse()) {
            $0.nodeEndpoints = [with(FetchResponse.NodeEndpoint()) { $0.host = "a" }]
        }
        var frame = try Self.frame(fetch, version: 16)
        let name = String(repeating: "long", count: 100)
        for field in try frame.fields(FieldSelection([.host, .port])) {
            frame.replace(field, with: name)
            frame.replace(field, with: 4711)
        }
        let changed = try frame.body(FetchResponse.self)
        #expect(changed.nodeEndpoints.map(\.host) == [name])
        #expect(changed.nodeEndpoints.map(\.port) == [4711])
    }

    @Test("A number that does not fit stays out")
    func range() throws {
        var frame = try Self.frame(with(HeartbeatResponse()) { $0.errorCode = .none }, version: 1)
        let field = try #require(try frame.fields(FieldSelection([.errorCode])).first)
        for number in [40_000, -40_000, Int64.max] { frame.replace(field, with: number) }
        #expect(!frame.isChanged)
        frame.replace(field, with: -32_768)
        #expect(frame.integer(field) == -32_768)
        frame.replace(field, with: 32_767)
        #expect(try frame.body(HeartbeatResponse.self).errorCode.rawValue == 32_767)
    }

    @Test("What one selection has changed is there for the next")
    func selections() throws {
        let message = with(OffsetCommitRequest()) {
            $0.groupID = "g"
            $0.topics = [with(OffsetCommitRequest.OffsetCommitRequestTopic()) { $0.name = "a" }]
        }
        var frame = try Self.frame(message, version: 8)
        let topics = FieldSelection([.topicName])
        for field in try frame.fields(topics) { frame.replace(field, with: "another") }
        for field in try frame.fields(FieldSelection([.groupID])) { frame.replace(field, with: "other") }
        #expect(try frame.fields(topics).map { frame.string($0) } == ["another"])
        #expect(try frame.body(OffsetCommitRequest.self).groupID == "other")
    }
}

/// A value with some fields set.
private func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}
