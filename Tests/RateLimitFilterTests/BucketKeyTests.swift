import FilterAPI
import KafkaMessages
import KafkaWire
import Settings
import Testing

@testable import RateLimitFilter

@Suite("Limits tell apart")
struct BucketKeyTests {
    private func bench(_ per: LimitKey...) -> Bench {
        Bench(LimitConfiguration(per: per, requests: Rate(1)))
    }

    private func isSlowed(_ sent: Client.Sent) -> Bool { sent.throttle > .zero }

    @Test("nothing, where they are told to tell nothing apart")
    func nothing() {
        let bench = bench()
        #expect(!isSlowed(bench.client("a").send()))
        #expect(isSlowed(bench.client("b", principal: "User:bob", address: "10.0.0.2").send()))
        #expect(bench.buckets() == 1)
    }

    @Test("client IDs, also where one connection has several, and none")
    func clientIDs() {
        let bench = bench(.clientID)
        let client = bench.client("a")
        #expect(!isSlowed(client.send()))
        #expect(isSlowed(bench.client("a", address: "10.0.0.2").send()))
        #expect(!isSlowed(client.send(id: "b")))
        #expect(isSlowed(client.send(id: "a")))
        #expect(!isSlowed(bench.client(nil).send()))
        #expect(bench.buckets() == 3)
    }

    @Test("principals, also where one connection signs in")
    func principals() {
        let bench = bench(.principal)
        let client = bench.client()
        #expect(!isSlowed(client.send()))
        client.context.principal = "User:bob"
        #expect(!isSlowed(client.send()))
        #expect(isSlowed(bench.client(principal: "User:bob").send()))
    }

    @Test("client addresses, in whatever notation")
    func addresses() {
        let bench = bench(.clientAddress)
        #expect(!isSlowed(bench.client(address: "10.0.0.1").send()))
        #expect(isSlowed(bench.client(address: "::ffff:10.0.0.1").send()))
        #expect(!isSlowed(bench.client(address: "10.0.0.2").send()))
        #expect(!isSlowed(bench.client(address: "::1").send()))
    }

    @Test("APIs")
    func apis() {
        let bench = bench(.api)
        let client = bench.client()
        #expect(!isSlowed(client.send(.metadata, version: 12)))
        #expect(!isSlowed(client.send(.heartbeat)))
        #expect(isSlowed(client.send(.metadata, version: 9)))
    }

    @Test("listeners")
    func listeners() {
        let bench = bench(.listener)
        #expect(!isSlowed(bench.client("a").send()))
        #expect(isSlowed(bench.client("b").send()))
        #expect(bench.buckets() == 1)
    }

    @Test("combinations")
    func combinations() {
        let bench = bench(.clientID, .api)
        let client = bench.client("a")
        #expect(!isSlowed(client.send(.metadata, version: 12)))
        #expect(!isSlowed(client.send(.heartbeat)))
        #expect(!isSlowed(bench.client("b").send(.heartbeat)))
        #expect(isSlowed(bench.client("b").send(.heartbeat)))
        #expect(bench.buckets() == 3)
    }

    @Test("groups, whichever request names them; requests that name none are not limited")
    func groups() throws {
        let bench = bench(.group)
        let client = bench.client()
        var heartbeat = HeartbeatRequest()
        heartbeat.groupID = "g"
        #expect(!isSlowed(try client.send(heartbeat, version: 4)))
        var commit = OffsetCommitRequest()
        commit.groupID = "g"
        #expect(isSlowed(try client.send(commit, version: 8)))
        var find = FindCoordinatorRequest()
        find.coordinatorKeys = ["other", "g"]
        #expect(isSlowed(try client.send(find, version: 4)))
        find.keyType = 1
        #expect(!isSlowed(try client.send(find, version: 4)))
        find = FindCoordinatorRequest()
        find.key = "g"
        #expect(isSlowed(try client.send(find, version: 1)))
        #expect(!isSlowed(try client.send(MetadataRequest(), version: 12)))
        #expect(bench.buckets() == 2)
        let interests = bench.filter.interests
        #expect(interests.map(\.depth) == [.fields])
        #expect(interests[0].apiKeys?.contains(.heartbeat) == true)
        #expect(interests[0].apiKeys?.contains(.produce) == false)
    }

    @Test("topics, each with its own part of a request")
    func topics() {
        let bench = Bench(
            LimitConfiguration(
                per: [.topic], requests: Rate(2), produceBytes: ByteRate(.bytes(1000)), records: Rate(100)))
        let client = bench.client()
        let shares = [(topic: "a", bytes: 1000, records: 10), (topic: "b", bytes: 300, records: 90)]
        #expect(!isSlowed(client.stream(shares, bytes: 1500, showsHeader: false)))
        #expect(bench.buckets() == 2)
        // Of 'b', records are the first to be used up, of 'a' bytes.
        #expect(client.stream([("b", 10, 20)], bytes: 100, showsHeader: false).throttle == .milliseconds(100))
        #expect(client.stream([("a", 500, 20)], bytes: 600, showsHeader: false).throttle == .milliseconds(500))
        #expect(client.stream([("a", 0, 0)], bytes: 600, showsHeader: false).throttle == .milliseconds(500))
        #expect(!isSlowed(client.stream([("c", 10, 10)], bytes: 600, showsHeader: false)))
        #expect(!isSlowed(client.send(.heartbeat)))
    }

    @Test("topics that are too many to be kept, as one")
    func manyTopics() {
        let bench = Bench(LimitConfiguration(per: [.topic], produceBytes: ByteRate(.bytes(1000))))
        let shares = (0..<150).map { (topic: "t\($0)", bytes: 20, records: 1) }
        let client = bench.client()
        #expect(!isSlowed(client.stream(shares, bytes: 5000, showsHeader: false)))
        #expect(bench.buckets() == RequestFacts.mostTopics + 1)
        #expect(isSlowed(client.stream(shares, bytes: 5000, showsHeader: false)))
    }

    @Test("topics of a fetch session, whose requests name none")
    func fetchSessions() throws {
        let bench = Bench(LimitConfiguration(per: [.topic], requests: Rate(2)))
        #expect(bench.filter.interests.map(\.depth) == [.fields])
        let client = bench.client()
        let named = try client.send(FetchRequest(), version: 12) { $0.add(topic: "a") }
        client.complete(named, responseBytes: 4000, brings: [("a", 3000)])
        for expected in [.zero, .milliseconds(500)] as [Duration] {
            let unnamed = try client.send(FetchRequest(), version: 12)
            #expect(unnamed.isForwarded)
            #expect(unnamed.throttle == expected)
            client.complete(unnamed, responseBytes: 4000, brings: [("a", 3000)])
        }
        #expect(bench.buckets() == 1)
    }

    @Test("topics of which a response brought records, and the next Fetch pays")
    func fetchedTopics() throws {
        let bench = Bench(LimitConfiguration(per: [.topic], fetchBytes: ByteRate(.bytes(1000))))
        let (one, other) = (bench.client(), bench.client())
        #expect(bench.filter.interests.map(\.depth) == [.header])
        let first = try one.send(FetchRequest(), version: 12, whole: false)
        #expect(first.isForwarded)
        one.complete(first, responseBytes: 4000, brings: [("a", 3000), ("b", 500)])
        let second = try one.send(FetchRequest(), version: 12, whole: false)
        #expect(second.answer is FetchResponse)
        #expect(second.throttle == .seconds(2))
        // Who reads another topic is not concerned.
        let theirs = try other.send(FetchRequest(), version: 12, whole: false)
        #expect(theirs.isForwarded)
        other.complete(theirs, responseBytes: 600, brings: [("b", 500)])
        bench.pass(.seconds(2))
        #expect(try one.send(FetchRequest(), version: 12, whole: false).isForwarded)
    }
}

@Suite("A limit is for")
struct LimitConditionTests {
    private let rate = Rate(1)

    private func isSlowed(_ client: Client, _ key: APIKey = .heartbeat, version: Int16 = 4) -> Bool {
        client.send(key, version: version)
        return client.send(key, version: version).throttle > .zero
    }

    @Test("the clients that its condition names, and concerns no others")
    func clients() {
        let bench = Bench(
            LimitConfiguration(
                when: WhenCondition(clientID: [.prefix("batch-")], principal: [.exact("User:alice")]), requests: rate))
        #expect(isSlowed(bench.client("batch-1")))
        #expect(!isSlowed(bench.client("batch-1", principal: "User:bob")))
        #expect(!isSlowed(bench.client("web")))
        #expect(!isSlowed(bench.client(nil)))
        func concerns(_ id: String?, _ principal: String) -> Bool {
            bench.filter.concerns(ClientIdentity(clientID: id, principal: principal, address: "10.0.0.1"))
        }
        #expect(concerns("batch-1", "User:alice"))
        #expect(!concerns("web", "User:alice") && !concerns("batch-1", "User:bob") && !concerns(nil, "User:alice"))
    }

    @Test("addresses")
    func addresses() throws {
        let network = AddressMatcher.network(try NetworkPrefix(parsing: "10.0.0.0/8"))
        let bench = Bench(LimitConfiguration(when: WhenCondition(clientAddress: [network]), requests: rate))
        #expect(isSlowed(bench.client(address: "10.1.2.3")))
        #expect(!isSlowed(bench.client(address: "192.168.0.1")))
        #expect(!isSlowed(bench.client(address: "nowhere")))
    }

    @Test("APIs, and others are not even looked at")
    func apis() {
        let bench = Bench(LimitConfiguration(when: WhenCondition(api: [.prefix("Metadata")]), requests: rate))
        #expect(isSlowed(bench.client(), .metadata, version: 12))
        #expect(!isSlowed(bench.client(), .heartbeat))
        #expect(bench.filter.interests.map(\.apiKeys) == [[.metadata]])
    }

    @Test("topics inside of requests, and counts what is theirs", arguments: [false, true])
    func topics(_ ofTheFilter: Bool) {
        let condition = WhenCondition(topic: [.prefix("a")])
        let limit = LimitConfiguration(
            name: "limit0", when: ofTheFilter ? nil : condition, produceBytes: ByteRate(.bytes(1000)))
        let bench = Bench(RateLimitConfiguration(limits: [limit]), when: ofTheFilter ? condition : nil)
        let client = bench.client()
        #expect(
            client.stream([("a1", 600, 1), ("b", 9000, 1), ("a2", 400, 1)], bytes: 1, showsHeader: false).throttle
                == .zero)
        #expect(client.stream([("b", 9000, 1)], bytes: 1, showsHeader: false).throttle == .zero)
        #expect(client.stream([("a3", 100, 1)], bytes: 1, showsHeader: false).throttle == .milliseconds(100))
        #expect(bench.buckets() == 1)
    }

    @Test("the first that it meets, or all")
    func match() {
        let limits = [
            LimitConfiguration(when: WhenCondition(clientID: [.prefix("batch")]), requests: Rate(10)),
            LimitConfiguration(produceBytes: ByteRate(.bytes(1000))),
            LimitConfiguration(requests: Rate(1)),
        ]
        func slowed(_ match: RateLimitConfiguration.Match, _ id: String, _ key: APIKey) -> Duration {
            let bench = Bench(RateLimitConfiguration(limits: Bench.named(limits), match: match))
            let client = bench.client(id)
            for _ in 0..<2 { client.send(key, version: 9, bytes: 496) }
            return client.send(key, version: 9, bytes: 496).throttle
        }
        #expect(slowed(.first, "batch", .produce) == .zero)
        #expect(slowed(.first, "web", .produce) == .milliseconds(500))
        #expect(slowed(.first, "web", .heartbeat) == .seconds(2))
        #expect(slowed(.all, "batch", .produce) == .seconds(2))
        #expect(slowed(.all, "batch", .heartbeat) == .seconds(2))
    }

    @Test("the first that it meets, also where that shows only behind the header")
    func firstBehindTheHeader() {
        let bench = Bench(
            LimitConfiguration(when: WhenCondition(topic: [.exact("a")]), requests: Rate(10)),
            LimitConfiguration(requests: Rate(1)))
        let client = bench.client()
        for _ in 0..<5 { #expect(client.stream([("a", 1, 1)], bytes: 9, showsHeader: false).throttle == .zero) }
        client.stream([("b", 1, 1)], bytes: 9, showsHeader: false)
        #expect(client.stream([("b", 1, 1)], bytes: 9, showsHeader: false).throttle == .seconds(1))
        #expect(bench.count("allowed", "limit0") == 5)
    }
}
