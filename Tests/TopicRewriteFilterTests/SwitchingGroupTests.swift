import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import TopicRewriteFilter

@Suite("Groups at a switch")
struct SwitchingGroupTests {
    private let v1 = KafkaUUID(high: 1, low: 1)
    private let v2 = KafkaUUID(high: 2, low: 2)

    @Test("A classic member commits to the old topic until it has joined again, and reads the new topic's offsets then")
    func classic() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        #expect(try client.heartbeat("g").isForwarded)
        proxy.activate(1)
        for _ in 0..<2 {
            #expect(try client.commit("g").target() == "payments.v1")
            #expect(try client.offsetFetch("g").target() == "payments.v1")
            #expect(try client.heartbeat("g").answer(HeartbeatResponse.self).errorCode == .illegalGeneration)
        }
        let joining = try client.joins("g", given: "m-1")
        #expect(joining.target() == "payments.v2")
        // Until the group answers it has not joined.
        #expect(try client.commit("g").target() == "payments.v1")
        var answer = JoinGroupResponse()
        answer.memberID = "m-1"
        _ = try joining.answered(answer)
        #expect(try client.heartbeat("g").isForwarded)
        #expect(try client.commit("g").target() == "payments.v2")
        #expect(try client.offsetFetch("g").target() == "payments.v2")
    }

    @Test("A member that was refused has not joined")
    func refusedToJoin() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        proxy.activate(1)
        var refusal = JoinGroupResponse()
        refusal.errorCode = .memberIDRequired
        refusal.memberID = "m-1"
        _ = try client.joins("g", given: "m-1").answered(refusal)
        #expect(try client.heartbeat("g").answer(HeartbeatResponse.self).errorCode == .illegalGeneration)
    }

    @Test("A member that reads other topics is left alone")
    func otherTopics() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g", topics: ["logs"])
        proxy.activate(1)
        #expect(try client.heartbeat("g").isForwarded)
        #expect(proxy.views.board.memory.members.withLock { $0.count } == 0)
    }

    @Test("Members of other protocols are left alone, as are subscriptions that cannot be read")
    func otherProtocols() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        var request = try client.joins("g").request.frame.body(JoinGroupRequest.self)
        request.protocolType = "connect"
        var answer = JoinGroupResponse()
        answer.memberID = "m-1"
        _ = try client.send(request, 5).answered(answer)
        #expect(proxy.views.board.memory.members.withLock { $0.count } == 0)
        request.protocolType = "consumer"
        request.protocols[0].metadata = ByteBuffer(repeating: 0xff, count: 20)
        _ = try client.send(request, 5).answered(answer)
        #expect(proxy.views.board.memory.members.withLock { $0.count } == 0)
    }

    @Test("A member whose heartbeats come on another connection, or another client ID, is known")
    func otherConnection() throws {
        let proxy = try SwitchingProxy()
        try proxy.client().join("g")
        proxy.activate(1)
        #expect(
            try proxy.client("other").heartbeat("g").answer(HeartbeatResponse.self).errorCode == .illegalGeneration)
    }

    @Test("A member that left is not fenced")
    func left() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        try client.join("g", as: "m-2")
        var leaving = LeaveGroupRequest()
        leaving.groupID = "g"
        var identity = LeaveGroupRequest.MemberIdentity()
        identity.memberID = "m-1"
        leaving.members = [identity]
        try client.send(leaving, 4)
        leaving.memberID = "m-2"
        leaving.members = []
        try client.send(leaving, 2)
        #expect(proxy.views.board.memory.members.withLock { $0.count } == 0)
    }

    @Test("A stale member that learns of a rebalance by a commit is told to give its positions up")
    func rebalanceByCommit() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        var answer = OffsetCommitResponse()
        var topic = OffsetCommitResponse.OffsetCommitResponseTopic()
        topic.name = "payments.v1"
        topic.partitions = [ErrorCode.rebalanceInProgress, .none].map { error in
            var partition = OffsetCommitResponse.OffsetCommitResponsePartition()
            partition.errorCode = error
            return partition
        }
        answer.topics = [topic]
        #expect(
            try client.commit("g").answered(answer).topics[0].partitions.map(\.errorCode)
                == [.rebalanceInProgress, .none])
        proxy.activate(1)
        #expect(
            try client.commit("g").answered(answer).topics[0].partitions.map(\.errorCode) == [
                .illegalGeneration, .none,
            ])
    }

    @Test("A member that joined before it was watched is known by what it commits")
    func learned() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.commit("g")
        proxy.activate(1)
        #expect(try client.heartbeat("g").answer(HeartbeatResponse.self).errorCode == .illegalGeneration)
        let other = proxy.client("other")
        try other.commit("h", topicID: v1)
        #expect(try other.modernHeartbeat("h", epoch: 3).isForwarded)
        #expect(try other.modernHeartbeat("h", epoch: 3).left(ConsumerGroupHeartbeatRequest.self).memberEpoch == -1)
    }

    @Test("SyncGroup and transactional commits have the topic that the member joined for")
    func syncAndTransactions() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        proxy.activate(1)
        var sync = SyncGroupRequest()
        sync.groupID = "g"
        sync.memberID = "m-1"
        #expect(try client.send(sync, 3).target() == "payments.v1")
        var commit = TxnOffsetCommitRequest()
        commit.groupID = "g"
        commit.memberID = "m-1"
        #expect(try proxy.client("producer").send(commit, 3).target() == "payments.v1")
        try client.join("g")
        #expect(try client.send(sync, 3).target() == "payments.v2")
        #expect(try proxy.client("producer").send(commit, 3).target() == "payments.v2")
    }

    // MARK: KIP-848 and its relatives

    private func join(_ client: SwitchingClient, _ sent: SwitchingClient.Sent, member: String? = nil) throws {
        var answer = ConsumerGroupHeartbeatResponse()
        answer.memberID = member
        answer.memberEpoch = 1
        _ = try sent.answered(answer)
    }

    @Test("A KIP-848 member leaves at the broker and is fenced at the client; then it joins again")
    func modern() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try join(client, try client.modernHeartbeat("g", epoch: 0, topics: ["payments"]))
        #expect(try client.modernHeartbeat("g", epoch: 1).left(ConsumerGroupHeartbeatRequest.self).memberEpoch == 1)
        proxy.activate(1)
        #expect(try client.commit("g", topicID: v1).target() == "payments.v1")
        let beat = try client.modernHeartbeat("g", epoch: 1)
        let leaving = try beat.left(ConsumerGroupHeartbeatRequest.self)
        #expect(leaving.groupID == "g" && leaving.memberID == "m-1" && leaving.memberEpoch == -1)
        var left = ConsumerGroupHeartbeatResponse()
        left.memberEpoch = -1
        #expect(try beat.answered(left).errorCode == .fencedMemberEpoch)
        let again = try client.modernHeartbeat("g", epoch: 0, topics: ["payments"])
        #expect(again.target() == "payments.v2")
        try join(client, again)
        #expect(try client.modernHeartbeat("g", epoch: 1).left(ConsumerGroupHeartbeatRequest.self).memberEpoch == 1)
        #expect(try client.commit("g", topicID: v2).target() == "payments.v2")
    }

    @Test(
        "A coordinator that is elsewhere is asked again before the member is fenced",
        arguments: [
            ErrorCode.notCoordinator, .coordinatorLoadInProgress,
        ])
    func coordinatorElsewhere(error: ErrorCode) throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try join(client, try client.modernHeartbeat("g", epoch: 0, topics: ["payments"]))
        proxy.activate(1)
        var answer = ConsumerGroupHeartbeatResponse()
        answer.errorCode = error
        #expect(try client.modernHeartbeat("g", epoch: 1).answered(answer).errorCode == error)
        // Nor has a member joined that was refused.
        #expect(
            try client.modernHeartbeat("g", epoch: 0, topics: ["payments"]).answered(answer).errorCode == error)
        #expect(
            try client.modernHeartbeat("g", epoch: 1).answered(ConsumerGroupHeartbeatResponse()).errorCode
                == .fencedMemberEpoch)
    }

    @Test("A member that subscribes by a pattern may read any switched topic")
    func pattern() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try join(client, try client.modernHeartbeat("g", epoch: 0, regex: "pay.*"))
        proxy.activate(1)
        #expect(try client.modernHeartbeat("g", epoch: 1).left(ConsumerGroupHeartbeatRequest.self).memberEpoch == -1)
    }

    @Test("A member that changes its subscription is known for what it reads then; one that leaves is forgotten")
    func subscription() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try join(client, try client.modernHeartbeat("g", epoch: 0, topics: ["logs"]))
        try join(client, try client.modernHeartbeat("g", epoch: 1, topics: ["logs", "payments"]))
        proxy.activate(1)
        let beat = try client.modernHeartbeat("g", epoch: 1)
        #expect(try beat.left(ConsumerGroupHeartbeatRequest.self).memberEpoch == -1)
        try client.modernHeartbeat("g", epoch: -1)
        #expect(proxy.views.board.memory.members.withLock { $0.count } == 0)
    }

    @Test("The coordinator may give the member its ID")
    func givenID() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try join(client, try client.modernHeartbeat("g", "", epoch: 0, topics: ["payments"]), member: "given")
        proxy.activate(1)
        #expect(
            try client.modernHeartbeat("g", "given", epoch: 1).left(ConsumerGroupHeartbeatRequest.self).memberEpoch
                == -1)
    }

    @Test("Members of share groups are fenced alike, and acknowledge what they have acquired")
    func share() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        var request = ShareGroupHeartbeatRequest()
        request.groupID = "g"
        request.memberID = "m-1"
        request.subscribedTopicNames = ["payments"]
        _ = try client.send(request, 1).answered(ShareGroupHeartbeatResponse())
        proxy.activate(1)
        var acknowledge = ShareAcknowledgeRequest()
        acknowledge.groupID = "g"
        acknowledge.memberID = "m-1"
        #expect(try client.send(acknowledge, 1).target() == "payments.v1")
        request.subscribedTopicNames = nil
        request.memberEpoch = 1
        let beat = try client.send(request, 1)
        #expect(try beat.left(ShareGroupHeartbeatRequest.self).memberEpoch == -1)
        #expect(try beat.answered(ShareGroupHeartbeatResponse()).errorCode == .fencedMemberEpoch)
        request.subscribedTopicNames = ["payments"]
        request.memberEpoch = 0
        _ = try client.send(request, 1).answered(ShareGroupHeartbeatResponse())
        #expect(try client.send(acknowledge, 1).target() == "payments.v2")
    }

    @Test("Members of streams groups are fenced alike")
    func streams() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        var request = StreamsGroupHeartbeatRequest()
        request.groupID = "g"
        request.memberID = "m-1"
        var topology = StreamsGroupHeartbeatRequest.Topology()
        var part = StreamsGroupHeartbeatRequest.Subtopology()
        part.sourceTopics = ["payments"]
        topology.subtopologies = [part]
        request.topology = topology
        _ = try client.send(request, 0).answered(StreamsGroupHeartbeatResponse())
        proxy.activate(1)
        request.topology = nil
        request.memberEpoch = 1
        let beat = try client.send(request, 0)
        #expect(try beat.left(StreamsGroupHeartbeatRequest.self).memberEpoch == -1)
        #expect(try beat.answered(StreamsGroupHeartbeatResponse()).errorCode == .fencedMemberEpoch)
    }

    // MARK: Weights

    private static let halves = """
        rules:
          - topic: payments
            targets: { blue: payments.v1, green: payments.v2 }
            weights: { blue: 50, green: 50 }
        """

    /// A client ID or group that has a target of its own.
    private func pick(_ wanted: String, _ target: (String) throws -> String?) throws -> String {
        try #require(try (0..<100).map { "\(wanted)-\($0)" }.first { try target($0) == wanted })
    }

    @Test("All members of a classic group have one target, and their other connections follow")
    func group() throws {
        let proxy = try SwitchingProxy(Self.halves)
        let blue = try pick("payments.v1") { try proxy.client($0).produce(0).target() }
        let group = try pick("payments.v2") { try proxy.client(blue).offsetFetch($0).target() }
        let fetcher = proxy.client(blue)
        #expect(try fetcher.fetch(0).target() == "payments.v1")
        try proxy.client(blue).join(group)
        // It is a member now, so that its position in the other topic is good for nothing.
        #expect(try fetcher.fetch(0).target() == "payments.v2")
        #expect(try fetcher.produce(0).target() == "payments.v2")
        #expect(try proxy.client("other").commit(group).target() == "payments.v2")
        #expect(try proxy.client(blue, address: "10.9.9.9").produce(0).target() == "payments.v1")
    }

    @Test("A client cannot be in two groups with different targets: which of them it fetches for cannot be told")
    func conflict() async throws {
        let proxy = try SwitchingProxy(Self.halves)
        let green = try pick("payments.v2") { try proxy.client("any").offsetFetch($0).target() }
        let blue = try pick("payments.v1") { try proxy.client("any").offsetFetch($0).target() }
        let client = proxy.client()
        try client.join(green)
        let answer = try client.joins(blue).answer(JoinGroupResponse.self)
        #expect(answer.errorCode == .inconsistentGroupProtocol)
        #expect(await proxy.metric("sluice_topic_rewrite_group_conflicts_total") == 1)
        try client.join(blue, topics: ["logs"])
        try client.join(green, as: "m-2")
        try proxy.client("other").join(blue, as: "m-3")
    }

    @Test("When the weights change, only clients whose target changes are told")
    func weights() async throws {
        let proxy = try SwitchingProxy(Self.halves)
        let staying = try pick("payments.v1") { try proxy.client($0).produce(0).target() }
        let moving = try pick("payments.v2") { try proxy.client($0).produce(0).target() }
        let clients = [staying, moving].map { proxy.client($0) }
        for (index, client) in clients.enumerated() { try client.produce(0, producer: Int64(index), epoch: 0) }
        try await proxy.post("weights", "blue:100")
        #expect(try clients[0].produce(0, producer: 0, epoch: 0).target() == "payments.v1")
        #expect(try !clients[1].produce(0, producer: 1, epoch: 0).isForwarded)
        #expect(try clients[1].produce(0, producer: 1, epoch: 1).target() == "payments.v1")
    }
}
