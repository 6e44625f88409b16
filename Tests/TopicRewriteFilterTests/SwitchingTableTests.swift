import NIOCore
import Testing

@testable import TopicRewriteFilter

@Suite("A table of recent entries")
struct RecentTableTests {
    @Test("forgets what was not used for longest when it is full")
    func forgets() {
        var table = RecentTable<Int, String>(capacity: 4)
        for key in 1...4 { table.set(key, to: "\(key)") }
        #expect(table.value(1) == "1")
        table.set(5, to: "5")
        #expect([1, 2, 5].map { table.value($0) != nil } == [true, false, true])
    }

    @Test("never keeps more than its capacity", arguments: [2, 10, 101])
    func bounded(capacity: Int) {
        var table = RecentTable<Int, Int>(capacity: capacity)
        for key in 0..<1000 {
            table.set(key, to: key)
            _ = table.value(key / 2)
            #expect(table.count <= capacity)
        }
    }

    @Test("replaces an entry wherever it is")
    func replaces() {
        var table = RecentTable<Int, Int>(capacity: 4)
        table.set(1, to: 1)
        table.set(1, to: 2)
        #expect(table.value(1) == 2)
        table.set(2, to: 2)
        table.set(3, to: 3)
        table.set(1, to: 4)
        #expect(table.value(1) == 4)
        #expect(table.count == 3)
    }
}

@Suite("Producer fences")
struct ProducerFencesTests {
    private static let orders = "orders"

    /// One batch, and what becomes of it.
    struct Step {
        var producer: Int64 = 7
        var epoch: Int16
        var target: String
        var generation: UInt64
        var memory: ProducerFences.Memory?
        var second: Int64 = 0
        var verdict: ProducerFences.Verdict
    }

    private func run(_ steps: [Step], capacity: Int = 100) {
        var fences = ProducerFences(capacity: capacity, fenceTime: .seconds(10))
        for (index, step) in steps.enumerated() {
            let verdict = fences.verdict(
                ProducerFences.Producer(topic: Self.orders, id: step.producer), epoch: step.epoch, target: step.target,
                generation: step.generation, memory: step.memory, now: .uptimeNanoseconds(0) + .seconds(step.second))
            #expect(verdict == step.verdict, "step \(index)")
        }
    }

    @Test("A switch fences a producer until it has a new epoch")
    func switched() {
        run([
            Step(epoch: 0, target: "v1", generation: 1, verdict: .pass),
            Step(epoch: 0, target: "v2", generation: 2, verdict: .fence),
            Step(epoch: 0, target: "v2", generation: 2, verdict: .fence),
            Step(epoch: 1, target: "v2", generation: 2, verdict: .pass),
            // Another partition's batch that was on its way.
            Step(epoch: 0, target: "v2", generation: 2, verdict: .fence),
            Step(epoch: 1, target: "v2", generation: 2, verdict: .pass),
        ])
    }

    @Test("The highest epoch counts, whichever batch came last")
    func highestEpoch() {
        run([
            Step(epoch: 1, target: "v1", generation: 1, verdict: .pass),
            Step(epoch: 0, target: "v1", generation: 1, verdict: .pass),
            Step(epoch: 1, target: "v2", generation: 2, verdict: .fence),
            Step(epoch: 2, target: "v2", generation: 2, verdict: .pass),
        ])
    }

    @Test("There and back again, each switch needs an epoch of its own")
    func thereAndBack() {
        run([
            Step(epoch: 0, target: "v1", generation: 1, verdict: .pass),
            Step(epoch: 0, target: "v2", generation: 2, verdict: .fence),
            Step(epoch: 1, target: "v2", generation: 2, verdict: .pass),
            Step(epoch: 1, target: "v1", generation: 3, verdict: .fence),
            Step(epoch: 2, target: "v1", generation: 3, verdict: .pass),
        ])
    }

    @Test("A producer that was silent between there and back notices nothing")
    func silent() {
        run([
            Step(epoch: 3, target: "v1", generation: 1, verdict: .pass),
            Step(epoch: 3, target: "v1", generation: 3, verdict: .pass),
        ])
    }

    @Test("A switch that leaves a producer's target as it is does not fence it")
    func otherClients() {
        run([
            Step(epoch: 0, target: "v1", generation: 1, verdict: .pass),
            Step(epoch: 0, target: "v1", generation: 2, verdict: .pass),
            Step(epoch: 0, target: "v2", generation: 3, verdict: .fence),
        ])
    }

    @Test("New producers are not fenced, and producers do not fence one another")
    func others() {
        run([
            Step(producer: 1, epoch: 0, target: "v1", generation: 1, verdict: .pass),
            Step(producer: 2, epoch: 0, target: "v2", generation: 2, verdict: .pass),
            Step(producer: 1, epoch: 0, target: "v2", generation: 2, verdict: .fence),
            Step(producer: 2, epoch: 0, target: "v2", generation: 2, verdict: .pass),
        ])
    }

    @Test("A connection that has not heard of the switch is told to look again")
    func outdated() {
        run([
            Step(epoch: 0, target: "v1", generation: 1, verdict: .pass),
            Step(epoch: 0, target: "v2", generation: 2, verdict: .fence),
            Step(epoch: 0, target: "v1", generation: 1, verdict: .outdated),
            Step(epoch: 1, target: "v2", generation: 2, verdict: .pass),
        ])
    }

    @Test("A producer that keeps its epoch is fenced for no longer than the limit")
    func limited() {
        run([
            Step(epoch: 0, target: "v1", generation: 1, verdict: .pass),
            Step(epoch: 0, target: "v2", generation: 2, second: 100, verdict: .fence),
            Step(epoch: 0, target: "v2", generation: 2, second: 109, verdict: .fence),
            Step(epoch: 0, target: "v2", generation: 2, second: 110, verdict: .pass),
            Step(epoch: 0, target: "v2", generation: 2, second: 111, verdict: .pass),
            // The next switch fences it again, for as long.
            Step(epoch: 0, target: "v1", generation: 3, second: 200, verdict: .fence),
            Step(epoch: 0, target: "v1", generation: 3, second: 209, verdict: .fence),
        ])
    }

    @Test("What a connection remembers stands in for what the table has forgotten")
    func remembered() {
        run(
            [
                Step(producer: 1, epoch: 4, target: "v1", generation: 1, verdict: .pass),
                Step(producer: 2, epoch: 0, target: "v1", generation: 1, verdict: .pass),
                Step(producer: 3, epoch: 0, target: "v1", generation: 1, verdict: .pass),
                Step(
                    producer: 1, epoch: 4, target: "v2", generation: 2, memory: .init(target: "v1", epoch: 4),
                    verdict: .fence),
                Step(producer: 1, epoch: 5, target: "v2", generation: 2, verdict: .pass),
            ], capacity: 2)
    }

    @Test("Invented producers do not grow the table")
    func bounded() {
        var fences = ProducerFences(capacity: 1000, fenceTime: .seconds(10))
        for id in 0..<100_000 as Range<Int64> {
            _ = fences.verdict(
                .init(topic: Self.orders, id: id), epoch: 0, target: "v1", generation: 1, memory: nil, now: .now())
        }
        #expect(fences.count <= 1000)
    }
}

@Suite("Members of groups")
struct GroupMembersTests {
    private let alice = ClientKey(clientID: "alice", address: "10.0.0.1")
    private let bob = ClientKey(clientID: "bob", address: "10.0.0.1")
    private let member = GroupMembers.Key(group: "g", member: "m")

    private func time(_ second: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(second) }

    private func standing(
        _ members: GroupMembers, _ client: ClientKey, at second: Int64 = 0, current: String
    ) -> GroupMembers.Standing {
        members.standing(of: client, topic: "orders", now: time(second)) { _, _ in current }
    }

    @Test("A member is stale from a switch until it has joined again")
    func stale() {
        var members = GroupMembers(capacity: 100)
        members.join(member, alice, .classic, joined: ["orders": "v1"], until: time(60), now: time(0))
        #expect(standing(members, alice, current: "v1") == .settled)
        #expect(standing(members, alice, current: "v2") == .stale(target: "v1"))
        #expect(standing(members, bob, current: "v2") == .none)
        members.join(member, alice, .classic, joined: ["orders": "v2"], until: time(60), now: time(0))
        #expect(standing(members, alice, current: "v2") == .settled)
        #expect(standing(members, alice, current: "v1") == .stale(target: "v2"))
    }

    @Test("A client with several members is stale as long as one of them is")
    func several() {
        var members = GroupMembers(capacity: 100)
        members.join(member, alice, .classic, joined: ["orders": "v1"], until: time(60), now: time(0))
        let other = GroupMembers.Key(group: "h", member: "n")
        members.join(other, alice, .modern, joined: ["orders": "v2"], until: time(60), now: time(0))
        #expect(standing(members, alice, current: "v2") == .stale(target: "v1"))
        members.remove(member)
        #expect(standing(members, alice, current: "v2") == .settled)
    }

    @Test("A member that shows no life is not waited for")
    func dead() {
        var members = GroupMembers(capacity: 100)
        members.join(member, alice, .classic, joined: ["orders": "v1"], until: time(60), now: time(0))
        #expect(standing(members, alice, at: 59, current: "v2") == .stale(target: "v1"))
        #expect(standing(members, alice, at: 60, current: "v2") == .none)
        #expect(members.alive(member, alice, until: time(120)) == ["orders": "v1"])
        #expect(standing(members, alice, at: 60, current: "v2") == .stale(target: "v1"))
    }

    @Test("A member whose subscription has no switched topic any more is forgotten, as is one that left")
    func forgotten() {
        var members = GroupMembers(capacity: 100)
        members.join(member, alice, .classic, joined: ["orders": "v1"], until: time(60), now: time(0))
        members.join(member, alice, .classic, joined: [:], until: time(60), now: time(0))
        #expect(members.count == 0)
        members.join(member, alice, .classic, joined: ["orders": "v1"], until: time(60), now: time(0))
        members.remove(member)
        #expect(members.count == 0)
        #expect(members.alive(member, alice, until: time(60)) == nil)
        #expect(members.member(of: "g", alice, now: time(0)) == nil)
    }

    @Test("A member moves with its client")
    func moves() {
        var members = GroupMembers(capacity: 100)
        members.join(member, alice, .classic, joined: ["orders": "v1"], until: time(60), now: time(0))
        _ = members.alive(member, bob, until: time(60))
        #expect(standing(members, alice, current: "v2") == .none)
        #expect(standing(members, bob, current: "v2") == .stale(target: "v1"))
        #expect(members.member(of: "g", bob, now: time(0)) == member)
    }

    @Test("A member that was not watched is learned from what it commits; what is known of others stays")
    func learned() {
        var members = GroupMembers(capacity: 100)
        members.learn(member, alice, .classic, topic: "orders", target: "v1", until: time(60), now: time(0))
        members.learn(member, alice, .classic, topic: "orders", target: "v2", until: time(60), now: time(0))
        members.learn(member, alice, .classic, topic: "bills", target: "b1", until: time(60), now: time(0))
        #expect(members.joined(member) == ["orders": "v1", "bills": "b1"])
    }

    @Test("Only a membership in a classic group that is new for a topic makes the client's connections look again")
    func news() {
        var members = GroupMembers(capacity: 100)
        let until = time(60)
        let now = time(0)
        #expect(members.join(member, alice, .classic, joined: ["orders": "v1"], until: until, now: now) == true)
        #expect(members.join(member, alice, .classic, joined: ["orders": "v2"], until: until, now: now) == false)
        #expect(members.join(member, alice, .classic, joined: ["bills": "b1"], until: until, now: now) == true)
        #expect(members.classicGroups(of: alice, now: now) == ["bills": ["g"]])
        let other = GroupMembers.Key(group: "h", member: "n")
        #expect(members.join(other, alice, .modern, joined: ["orders": "v1"], until: until, now: now) == false)
        #expect(members.remove(member) == true)
        #expect(members.remove(other) == false)
        #expect(members.classicGroups(of: alice, now: now).isEmpty)
    }

    @Test("Invented groups and members do not grow the table, and drive out the dead first")
    func bounded() {
        var members = GroupMembers(capacity: 100)
        members.join(member, alice, .classic, joined: ["orders": "v1"], until: time(1000), now: time(0))
        for index in 0..<10_000 {
            let invented = GroupMembers.Key(group: "g\(index)", member: "m\(index)")
            members.join(
                invented, ClientKey(clientID: "c\(index)", address: "a"), .classic, joined: ["orders": "v1"],
                until: time(Int64(index) / 100 + 1), now: time(Int64(index) / 100))
            #expect(members.count <= 100)
        }
        #expect(members.joined(member) == ["orders": "v1"])
    }
}

@Suite("Positions of consumers")
struct ConsumerPositionsTests {
    private let alice = ClientKey(clientID: "alice", address: "10.0.0.1")

    private func stale(_ positions: inout ConsumerPositions, _ partition: Int32, _ target: String) -> Bool {
        positions.isStale(alice, topic: "orders", partition: partition, target: target)
    }

    @Test("A position in another topic is stale on every connection until the client has looked for a new one")
    func settled() {
        var positions = ConsumerPositions(partitionsPerClient: 10)
        positions.opened(alice)
        #expect(!stale(&positions, 0, "v1"))
        #expect(stale(&positions, 0, "v2"))
        #expect(stale(&positions, 0, "v2"))
        #expect(!stale(&positions, 1, "v2"))
        positions.settle(alice, topic: "orders", partition: 0, target: "v2")
        #expect(!stale(&positions, 0, "v2"))
        #expect(stale(&positions, 0, "v1"))
        positions.settle(alice, topic: "orders", partition: nil, target: "v1")
        #expect(!stale(&positions, 0, "v1"))
        #expect(!stale(&positions, 1, "v1"))
    }

    @Test("With the last connection of a client all is forgotten")
    func closed() {
        var positions = ConsumerPositions(partitionsPerClient: 10)
        positions.opened(alice)
        positions.opened(alice)
        #expect(!stale(&positions, 0, "v1"))
        positions.closed(alice)
        #expect(stale(&positions, 0, "v2"))
        positions.closed(alice)
        #expect(positions.count == 0)
        positions.opened(alice)
        #expect(!stale(&positions, 0, "v2"))
    }

    @Test("A partition that is no longer fetched is forgotten")
    func forgotten() {
        var positions = ConsumerPositions(partitionsPerClient: 10)
        positions.opened(alice)
        #expect(!stale(&positions, 0, "v1"))
        positions.forget(alice, topic: "orders", partition: 0)
        #expect(!stale(&positions, 0, "v2"))
    }

    @Test("A client that names ever more partitions does not grow the table")
    func bounded() {
        var positions = ConsumerPositions(partitionsPerClient: 10)
        positions.opened(alice)
        for partition in 0..<100 as Range<Int32> { #expect(!stale(&positions, partition, "v1")) }
        #expect(stale(&positions, 9, "v2"))
        #expect(!stale(&positions, 10, "v2"))
        #expect(!stale(&positions, 10, "v1"))
    }
}

@Suite("A census of targets")
struct TargetCensusTests {
    @Test("counts connections, and clients once")
    func counts() {
        var census = TargetCensus()
        let place = TargetCensus.Place(rule: "orders", target: "blue")
        let alice = ClientKey(clientID: "alice", address: "a")
        census.enter(place, alice)
        census.enter(place, alice)
        census.enter(place, ClientKey(clientID: "alice", address: "b"))
        #expect(census.count(place) == .init(connections: 3, clients: 2))
        census.leave(place, alice)
        #expect(census.count(place) == .init(connections: 2, clients: 2))
        census.leave(place, alice)
        census.leave(place, alice)
        #expect(census.count(place) == .init(connections: 1, clients: 1))
    }
}
