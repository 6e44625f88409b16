import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import TopicRewriteFilter

@Suite("Consumers at a switch")
struct SwitchingFetchTests {
    private let v1 = KafkaUUID(high: 1, low: 1)
    private let v2 = KafkaUUID(high: 2, low: 2)

    private func errors(_ answer: FetchResponse) -> [Int32: ErrorCode] {
        Dictionary(
            answer.responses.flatMap { $0.partitions.map { ($0.partitionIndex, $0.errorCode) } },
            uniquingKeysWith: { first, _ in first })
    }

    @Test("A consumer without a group is told once for each partition that its position is out of range")
    func groupless() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        #expect(try client.fetch(0, 1).target() == "payments.v1")
        proxy.activate(1)
        #expect(errors(try client.fetch(0).answer(FetchResponse.self)) == [0: .offsetOutOfRange])
        let sent = try client.fetch(0, 1)
        #expect(errors(try sent.answer(FetchResponse.self)) == [1: .offsetOutOfRange])
        #expect(try sent.left(FetchRequest.self).topics[0].partitions.map(\.partition) == [0])
        #expect(try client.fetch(0, 1).target() == "payments.v2")
        proxy.activate(0)
        #expect(errors(try client.fetch(0, 1).answer(FetchResponse.self)).values.allSatisfy { $0 == .offsetOutOfRange })
        #expect(try client.fetch(0, 1).target() == "payments.v1")
    }

    @Test("A consumer that was silent between there and back notices nothing")
    func silent() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.fetch(0)
        proxy.activate(1)
        proxy.activate(0)
        #expect(try client.fetch(0).target() == "payments.v1")
    }

    @Test("A consumer that begins after the switch, or with another partition, is told nothing")
    func fresh() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.fetch(0)
        proxy.activate(1)
        #expect(try client.fetch(2).target() == "payments.v2")
        #expect(try proxy.client("other").fetch(0).target() == "payments.v2")
    }

    @Test("A session is begun anew first, then positions are out of range; what is left has no session meanwhile")
    func session() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.fetch(0, session: 0, epoch: 0, also: ["logs"])
        #expect(try client.fetch(session: 5, epoch: 1).isForwarded)
        proxy.activate(1)
        for _ in 0..<2 {
            let answer = try client.fetch(session: 5, epoch: 2).answer(FetchResponse.self)
            #expect(answer.errorCode == .fetchSessionIDNotFound)
        }
        let sent = try client.fetch(0, session: 0, epoch: 0, also: ["logs"])
        #expect(errors(try sent.answer(FetchResponse.self)) == [0: .offsetOutOfRange])
        let left = try sent.left(FetchRequest.self)
        #expect(left.topics.map(\.topic) == ["logs"])
        #expect(left.sessionID == 0 && left.sessionEpoch == -1 && left.maxWaitMs == 0)
        let again = try client.fetch(0, session: 0, epoch: 0, also: ["logs"]).left(FetchRequest.self)
        #expect(again.sessionEpoch == 0 && again.topics.count == 2)
        #expect(try client.fetch(session: 6, epoch: 1).isForwarded)
    }

    @Test("A session of other topics goes on")
    func otherSession() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.fetch(session: 0, epoch: 0, also: ["logs"])
        proxy.activate(1)
        #expect(try client.fetch(session: 5, epoch: 1).isForwarded)
    }

    @Test("A partition that a consumer takes with it to another connection is out of range there, once")
    func otherConnection() throws {
        let proxy = try SwitchingProxy()
        let one = proxy.client()
        let other = proxy.client()
        try one.fetch(0)
        try other.fetch(session: 0, epoch: 0, also: ["logs"])
        proxy.activate(1)
        #expect(
            try other.fetch(0, session: 5, epoch: 1).answer(FetchResponse.self).errorCode == .fetchSessionIDNotFound)
        #expect(
            errors(try other.fetch(0, session: 0, epoch: 0, also: ["logs"]).answer(FetchResponse.self))
                == [0: .offsetOutOfRange])
        #expect(try other.fetch(0, session: 0, epoch: 0, also: ["logs"]).isForwarded)
    }

    @Test("Two consumers that cannot be told apart are both told")
    func alike() throws {
        let proxy = try SwitchingProxy()
        let one = proxy.client()
        let other = proxy.client()
        try one.fetch(0)
        try other.fetch(0)
        proxy.activate(1)
        for client in [one, other] {
            #expect(errors(try client.fetch(0).answer(FetchResponse.self)) == [0: .offsetOutOfRange])
            #expect(try client.fetch(0).isForwarded)
        }
    }

    @Test("Who looks for offsets on a new connection after the switch has good positions")
    func listed() throws {
        let proxy = try SwitchingProxy()
        let one = proxy.client()
        try one.fetch(0)
        proxy.activate(1)
        let other = proxy.client()
        #expect(try other.listOffsets(0).target() == "payments.v2")
        #expect(try other.fetch(0).isForwarded)
        #expect(errors(try one.fetch(0).answer(FetchResponse.self)) == [0: .offsetOutOfRange])
    }

    @Test("When all connections of a client are closed, who comes next with its client ID is another")
    func reopened() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.fetch(0)
        client.views.connectionClosed()
        proxy.activate(1)
        #expect(try proxy.client().fetch(0).isForwarded)
    }

    @Test("A partition that a session forgot has no position")
    func forgotten() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.fetch(0, 1, session: 0, epoch: 0)
        try client.fetch(session: 5, epoch: 1, forgotten: [0])
        proxy.activate(1)
        try client.fetch(session: 5, epoch: 2)
        let sent = try client.fetch(0, 1, session: 0, epoch: 0)
        #expect(errors(try sent.answer(FetchResponse.self)) == [1: .offsetOutOfRange])
    }

    @Test("By the old topic's ID a consumer is told to look again, by the new one's that its position is out of range")
    func byID() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.fetch(0, topicID: v1)
        proxy.activate(1)
        let first = try client.fetch(0, topicID: v1).answer(FetchResponse.self)
        #expect(errors(first) == [0: .unknownTopicID])
        #expect(first.responses[0].topicID == v1)
        #expect(errors(try client.fetch(0, topicID: v2).answer(FetchResponse.self)) == [0: .offsetOutOfRange])
        #expect(try client.fetch(0, topicID: v2).isForwarded)
    }

    // MARK: Members of groups

    @Test("A member's fetches stay empty until it has joined again, and then pass without an error")
    func member() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        let coordinator = proxy.client()
        try coordinator.join("g")
        try client.fetch(0)
        proxy.activate(1)
        let sent = try client.fetch(0)
        #expect(sent.isHeld)
        guard case .hold(let held) = sent.decision else { return }
        let isDone = Mutex(false)
        held.whenComplete { _ in isDone.withLock { $0 = true } }
        proxy.loop.advanceTime(by: .milliseconds(399))
        #expect(isDone.withLock { $0 } == false)
        proxy.loop.advanceTime(by: .milliseconds(1))
        #expect(isDone.withLock { $0 })
        guard case .answer(let given) = try held.wait(), case .message(let message) = given.content else { return }
        let answer = message as? FetchResponse
        #expect(answer.map(errors) == [0: .none])
        #expect(answer?.responses[0].partitions[0].records == ByteBuffer())
        #expect(try coordinator.heartbeat("g").answer(HeartbeatResponse.self).errorCode == .illegalGeneration)
        #expect(try client.fetch(0).isHeld)
        try coordinator.join("g")
        #expect(try coordinator.heartbeat("g").isForwarded)
        #expect(try client.fetch(0).target() == "payments.v2")
    }

    @Test("A client that joins again as another member is not waited for as the one that it was")
    func otherMember() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g", as: "m-1")
        try client.join("g", as: "m-2")
        try client.join("h", as: "m-3")
        try client.fetch(0)
        proxy.activate(1)
        try client.join("g", as: "m-4")
        #expect(proxy.views.board.memory.members.withLock { $0.count } == 2)
        #expect(try client.fetch(0).isHeld)
        try client.join("h", as: "m-5")
        #expect(try client.fetch(0).target() == "payments.v2")
    }

    @Test("Other partitions of a member's fetch go on meanwhile, as late as the broker likes")
    func memberWithOthers() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        try client.fetch(0, also: ["logs"])
        proxy.activate(1)
        let sent = try client.fetch(0, also: ["logs"])
        #expect(errors(try sent.answer(FetchResponse.self)) == [0: .none])
        let left = try sent.left(FetchRequest.self)
        #expect(left.topics.map(\.topic) == ["logs"] && left.maxWaitMs == 400)
    }

    @Test("A member that shows no life is waited for until it counts as dead, then the position is out of range")
    func deadMember() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        try client.heartbeat("g")
        try client.fetch(0)
        proxy.activate(1)
        #expect(try client.fetch(0).isHeld)
        proxy.loop.advanceTime(by: .seconds(361))
        #expect(errors(try client.fetch(0).answer(FetchResponse.self)) == [0: .offsetOutOfRange])
    }

    @Test("A member that lives but never joins again is not waited for without end")
    func stubbornMember() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        try client.fetch(0)
        proxy.activate(1)
        for _ in 0..<10 {
            #expect(try client.fetch(0).isHeld)
            proxy.loop.advanceTime(by: .seconds(30))
            try client.heartbeat("g")
        }
        #expect(errors(try client.fetch(0).answer(FetchResponse.self)) == [0: .offsetOutOfRange])
    }

    @Test("While a member has not joined again, offsets are asked of the topic that it has read")
    func offsetsOfMember() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        proxy.activate(1)
        #expect(try client.listOffsets(0).target() == "payments.v1")
        try client.join("g")
        #expect(try client.listOffsets(0).target() == "payments.v2")
    }

    @Test("A wait that a closing connection ends leaves nothing behind")
    func closedWhileWaiting() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.join("g")
        try client.fetch(0)
        proxy.activate(1)
        guard case .hold(let held) = try client.fetch(0).decision else {
            Issue.record("not held")
            return
        }
        client.views.connectionClosed()
        let isDone = Mutex(false)
        held.whenFailure { _ in isDone.withLock { $0 = true } }
        #expect(isDone.withLock { $0 })
        #expect(proxy.views.board.memory.positions.withLock { $0.count } == 0)
    }
}
