import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import TopicRewriteFilter

@Suite("Members of classic groups")
struct ClassicGroupTests {
    private static let canary = "rules: [{ topic: orders, to: orders.canary }]"

    private static func subscription(_ topics: [String], version: Int16 = 1) throws -> ByteBuffer {
        var writer = WireWriter()
        writer.writeInt16(version)
        try with(ConsumerProtocolSubscription()) {
            $0.topics = topics
            $0.userData = ByteBuffer(string: "user data")
        }.encode(into: &writer, version: min(version, 3))
        writer.writeRaw(ByteBuffer(string: version > 3 ? "newer" : ""))
        return writer.finish()
    }

    private static func topics(_ bytes: ByteBuffer) -> [String] { ConsumerProtocolNames.topics(of: bytes) }

    private static func join(_ type: String, _ metadata: ByteBuffer) -> JoinGroupRequest {
        with(JoinGroupRequest()) {
            $0.groupID = "app"
            $0.protocolType = type
            $0.protocols = [
                with(JoinGroupRequest.JoinGroupRequestProtocol()) {
                    $0.name = "range"
                    $0.metadata = metadata
                }
            ]
        }
    }

    @Test(
        "A subscription names the broker's topics, and keeps its version and what it does not name",
        arguments: [0, 1, 2, 3, 7] as [Int16])
    func subscription(version: Int16) throws {
        let rig = try Rig(Self.canary)
        let sent = try rig.sent(
            Self.join("consumer", try Self.subscription(["orders", "x"], version: version)), version: 5)
        let bytes = try #require(sent.protocols.first?.metadata)
        #expect(bytes == (try Self.subscription(["orders.canary", "x"], version: version)))
    }

    @Test("Bytes of other protocols, and bytes that are no subscription, stay as they are")
    func others() throws {
        let rig = try Rig(Self.canary)
        let connect = try Self.subscription(["orders"])
        #expect(try rig.sent(Self.join("connect", connect), version: 5).protocols.first?.metadata == connect)
        for bytes in ["", "\u{0}", "\u{0}\u{1}\u{7F}\u{7F}\u{7F}\u{7F}", "no subscription"].map(
            ByteBuffer.init(string:))
        {
            #expect(try rig.sent(Self.join("consumer", bytes), version: 5).protocols.first?.metadata == bytes)
        }
    }

    private static func joined(_ members: [ByteBuffer]) -> JoinGroupResponse {
        with(JoinGroupResponse()) {
            $0.generationID = 3
            $0.protocolName = "range"
            $0.leader = "me"
            $0.memberID = "me"
            $0.members = members.map { bytes in
                with(JoinGroupResponse.JoinGroupResponseMember()) { $0.metadata = bytes }
            }
        }
    }

    @Test("The leader reads the members' subscriptions in its own names", arguments: [0, 5, 9] as [Int16])
    func leader(version: Int16) throws {
        let rig = try Rig(Self.canary)
        let (_, request) = try rig.request(Self.join("consumer", try Self.subscription(["orders"])), version: version)
        let seen = try rig.response(
            Self.joined([try Self.subscription(["orders.canary"]), try Self.subscription(["x"])]), to: request)
        #expect(seen.members.map { Self.topics($0.metadata) } == [["orders"], ["x"]])
        #expect(seen.generationID == 3)
    }

    @Test(
        "A leader that has no name for a topic of another member is refused, logged and counted",
        arguments: [0, 5, 9] as [Int16])
    func inconsistentLeader(version: Int16) throws {
        let rig = try Rig(Self.canary)
        let (_, request) = try rig.request(Self.join("consumer", try Self.subscription(["orders"])), version: version)
        let seen = try rig.response(
            Self.joined([try Self.subscription(["orders.canary"]), try Self.subscription(["orders"])]), to: request)
        #expect(seen.errorCode == .inconsistentGroupProtocol)
        #expect(seen.members.isEmpty)
        #expect(seen.memberID == "me")
        #expect(rig.inconsistentLeaders == 1)
        #expect(rig.log.all.contains { $0.contains("leader of a group refused") && $0.contains("app") })
    }

    private static func assignment(_ topics: [String]) throws -> ByteBuffer {
        var writer = WireWriter()
        writer.writeInt16(1)
        try with(ConsumerProtocolAssignment()) {
            $0.assignedPartitions = topics.map { name in
                with(ConsumerProtocolAssignment.TopicPartition()) {
                    $0.topic = name
                    $0.partitions = [0, 1]
                }
            }
            $0.userData = nil
        }.encode(into: &writer, version: 1)
        return writer.finish()
    }

    @Test(
        "Assignments are translated both ways, whether the request says the type of the group or not",
        arguments: [0, 4, 5] as [Int16])
    func assignments(version: Int16) throws {
        let rig = try Rig(Self.canary)
        _ = try rig.request(Self.join("consumer", try Self.subscription(["orders"])), version: 5)
        let (action, request) = try rig.request(
            with(SyncGroupRequest()) {
                $0.groupID = "app"
                $0.protocolType = "consumer"
                $0.assignments = [
                    with(SyncGroupRequest.SyncGroupRequestAssignment()) {
                        $0.assignment = (try? Self.assignment(["orders", "x"])) ?? ByteBuffer()
                    }
                ]
            }, version: version)
        guard case .forward = action else { throw Rig.Unexpected() }
        #expect(
            try request.frame.body(SyncGroupRequest.self).assignments.map(\.assignment)
                == [Self.assignment(["orders.canary", "x"])])
        let seen = try rig.response(
            with(SyncGroupResponse()) {
                $0.assignment = (try? Self.assignment(["orders.canary", "orders"])) ?? ByteBuffer()
            }, to: request)
        // What the member cannot name it is not given.
        #expect(seen.assignment == (try Self.assignment(["orders"])))
    }

    @Test("Assignments of groups of another type stay as they are, though they look alike")
    func connect() throws {
        let rig = try Rig(Self.canary)
        _ = try rig.request(Self.join("connect", try Self.subscription(["orders"])), version: 5)
        let bytes = try Self.assignment(["orders"])
        let sent = try rig.sent(
            with(SyncGroupRequest()) {
                $0.groupID = "app"
                $0.assignments = [
                    with(SyncGroupRequest.SyncGroupRequestAssignment()) { $0.assignment = bytes }
                ]
            }, version: 3)
        #expect(sent.assignments.map(\.assignment) == [bytes])
    }

    @Test("A description of several groups is read group by group")
    func description() throws {
        let rig = try Rig(Self.canary)
        let (_, request) = try rig.request(with(DescribeGroupsRequest()) { $0.groups = ["a", "b"] }, version: 4)
        let bytes = try Self.subscription(["orders.canary", "orders"])
        let seen = try rig.response(
            with(DescribeGroupsResponse()) {
                $0.groups = ["connect", "consumer", "connect"].map { type in
                    with(DescribeGroupsResponse.DescribedGroup()) {
                        $0.protocolType = type
                        $0.members = [
                            with(DescribeGroupsResponse.DescribedGroupMember()) { $0.memberMetadata = bytes }
                        ]
                    }
                }
            }, to: request)
        let found = seen.groups.map { $0.members.map { Self.topics($0.memberMetadata) } }
        #expect(found == [[["orders.canary", "orders"]], [["orders"]], [["orders.canary", "orders"]]])
    }

    @Test("A rule may give its clients groups of their own")
    func suffix() throws {
        let rig = try Rig("rules: [{ topic: orders, to: orders.canary, group_suffix: .canary }]")
        #expect(
            try rig.sent(with(HeartbeatRequest()) { $0.groupID = "app" }, version: 3).groupID == "app.canary")
        let (_, listing) = try rig.request(ListGroupsRequest(), version: 2)
        let seen = try rig.response(
            with(ListGroupsResponse()) {
                $0.groups = ["app", "app.canary"].map { id in with(ListGroupsResponse.ListedGroup()) { $0.groupID = id }
                }
            }, to: listing)
        #expect(seen.groups.map(\.groupID) == ["app"])
    }
}
