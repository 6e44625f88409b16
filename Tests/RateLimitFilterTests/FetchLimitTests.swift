import FilterAPI
import KafkaMessages
import KafkaWire
import Settings
import Testing

@testable import RateLimitFilter

@Suite("A limit of fetched bytes")
struct FetchLimitTests {
    private let limit = LimitConfiguration(fetchBytes: ByteRate(.bytes(1000)), burst: .seconds(1))

    private func fetch(_ client: Client, version: Int16 = 12) throws -> Client.Sent {
        try client.send(FetchRequest(), version: version, whole: false)
    }

    @Test("charges a response when it has passed, and answers the next Fetch with nothing until that is paid")
    func charges() throws {
        let bench = Bench(limit)
        let client = bench.client()
        let first = try fetch(client)
        #expect(first.isForwarded && first.throttle == .zero)
        client.complete(first, responseBytes: 4996)
        let second = try fetch(client)
        #expect((second.answer as? FetchResponse)?.responses.isEmpty == true)
        #expect(second.throttle == .seconds(4))
        bench.pass(.seconds(4))
        #expect(try fetch(client).isForwarded)
        #expect(bench.count("allowed") == 2)
        #expect(bench.count("throttled") == 1)
        #expect(bench.count("rejected") == 0)
    }

    @Test("looks at the header of Fetch and ShareFetch alone")
    func interests() {
        let interests = Bench(limit).filter.interests
        #expect(interests.map(\.apiKeys) == [[.fetch, .shareFetch]])
        #expect(interests.map(\.depth) == [.header])
        #expect(interests.map(\.direction) == [.request])
    }

    @Test("gives each connection that is put off a turn of its own, in the order in which they came")
    func turns() throws {
        let bench = Bench(limit)
        let first = bench.client()
        first.complete(try fetch(first), responseBytes: 1996)
        let clients = (0..<3).map { _ in bench.client() }
        let throttles = try clients.map { try fetch($0).throttle }
        #expect(throttles == [.seconds(1), .seconds(3), .seconds(5)])
        bench.pass(.seconds(1))
        // Whoever comes now is behind all of them.
        #expect(try fetch(bench.client()).throttle == .seconds(6))
        #expect(try fetch(clients[0]).isForwarded)
        bench.pass(.seconds(2))
        #expect(try fetch(clients[1]).isForwarded)
        bench.pass(.seconds(2))
        #expect(try fetch(clients[2]).isForwarded)
    }

    @Test("keeps the turn of a connection that comes too early, or that max_throttle lets come early")
    func earlyReturn() throws {
        let bench = Bench(limit, maxThrottle: .seconds(2))
        let first = bench.client()
        first.complete(try fetch(first), responseBytes: 5996)
        let client = bench.client()
        #expect(try fetch(client).throttle == .seconds(2))
        bench.pass(.seconds(1))
        #expect(try fetch(client).throttle == .seconds(2))
        #expect(try fetch(client).throttle == .seconds(2))
        bench.pass(.seconds(4))
        #expect(try fetch(client).isForwarded)
    }

    @Test("gives a turn back when its connection closes, and lets it lapse when nobody comes")
    func turnsThatAreNotTaken() throws {
        let bench = Bench(limit, maxThrottle: .seconds(5))
        let first = bench.client()
        first.complete(try fetch(first), responseBytes: 1996)
        let (closing, sleeping) = (bench.client(), bench.client())
        #expect(try fetch(closing).throttle == .seconds(1))
        closing.close()
        #expect(try fetch(sleeping).throttle == .seconds(1))
        bench.passUnswept(.seconds(6) + .nanoseconds(1))
        // Its turn is over: what it fetches now is taken now.
        #expect(try fetch(sleeping).isForwarded)
        #expect(try fetch(bench.client()).throttle == .seconds(1))
    }

    @Test("takes what it expects of a response when it lets a Fetch pass, and gives back what was too much")
    func estimates() throws {
        let bench = Bench(limit)
        let (one, other) = (bench.client(), bench.client())
        one.complete(try fetch(one), responseBytes: 996)
        bench.passUnswept(.seconds(60))
        // 1,000 are there and 1,000 expected.
        let waiting = try fetch(one)
        #expect(waiting.isForwarded)
        let second = try fetch(other)
        #expect(second.isForwarded)
        #expect(try fetch(bench.client()).throttle == .seconds(1))
        one.complete(waiting, responseBytes: 0, result: .answered)
        #expect(try fetch(bench.client()).throttle == .seconds(1))
    }

    @Test("does not let consumers starve that wait for something to come")
    func longPolls() throws {
        let bench = Bench(LimitConfiguration(fetchBytes: ByteRate(.mebibytes(1)), burst: .seconds(1)))
        let idle = (0..<50).map { _ in bench.client() }
        let reader = bench.client()
        // The idle ones poll for half a second each time, and get nothing.
        var polls: [Client.Sent?] = idle.map { _ in nil }
        var read = 0
        var passed = idle.map { _ in 0 }
        for _ in 0..<120 {
            for index in idle.indices {
                if let poll = polls[index] { idle[index].complete(poll, responseBytes: 40) }
                let poll = try fetch(idle[index])
                polls[index] = poll.isForwarded ? poll : nil
                passed[index] += poll.isForwarded ? 1 : 0
            }
            for _ in 0..<5 {
                let sent = try fetch(reader)
                bench.pass(.milliseconds(100))
                guard sent.isForwarded else { continue }
                reader.complete(sent, responseBytes: 512 << 10)
                read += 512 << 10
            }
        }
        #expect(abs(Double(read) / Double(61 << 20) - 1) < 0.03)
        #expect(passed.allSatisfy { $0 >= 30 }, "\(passed)")
    }

    @Test("charges what has begun to pass when the client goes away")
    func closedMidway() throws {
        let bench = Bench(limit)
        let client = bench.client()
        let sent = try fetch(client)
        client.complete(sent, responseBytes: 0, result: .closed("client"), brings: [("a", 3000)])
        client.close()
        #expect(try fetch(bench.client()).throttle == .seconds(2))
    }

    @Test("slows a ShareFetch, which brings acknowledgements, and never answers it")
    func shareFetch() throws {
        let bench = Bench(limit)
        let client = bench.client()
        let first = client.send(.shareFetch, version: 1)
        client.complete(first, responseBytes: 2996)
        let second = client.send(.shareFetch, version: 1)
        #expect(second.isForwarded)
        #expect(second.throttle > .seconds(2))
    }

    @Test("tells a client in its turn, whatever it asks between")
    func otherRequests() throws {
        let bench = Bench(limit)
        let client = bench.client()
        client.complete(try fetch(client), responseBytes: 9996)
        #expect(client.send(.heartbeat).throttle == .zero)
        #expect(client.send(.offsetCommit, version: 8).throttle == .zero)
    }

    @Test("slows nobody who is below it, at the start too")
    func belowTheLimit() throws {
        let bench = Bench(
            LimitConfiguration(per: [.clientID], fetchBytes: ByteRate(.mebibytes(50)), burst: .seconds(2)))
        let clients = (0..<10).map { _ in bench.client() }
        for _ in 0..<10 {
            let sent = try clients.map { try fetch($0) }
            #expect(sent.allSatisfy { $0.isForwarded })
            for (client, fetch) in zip(clients, sent) { client.complete(fetch, responseBytes: 100 << 10) }
            bench.pass(.milliseconds(500))
        }
        #expect(bench.count("throttled") == 0)
    }

    @Test("lets a few pass while nobody knows how large responses are, and puts the others off for a moment")
    func unknownSizes() throws {
        let bench = Bench(limit)
        let clients = (0..<5).map { _ in bench.client() }
        // Each is expected to bring half of the burst.
        let sent = try clients.map { try fetch($0) }
        #expect(sent.map { $0.isForwarded } == [true, true, true, false, false])
        #expect(sent[3].throttle == .milliseconds(100) && sent[4].throttle == .milliseconds(100))
        for (client, fetch) in zip(clients, sent[..<3]) { client.complete(fetch, responseBytes: 96) }
        bench.pass(.milliseconds(100))
        #expect(try fetch(clients[3]).isForwarded)
        #expect(try fetch(clients[4]).isForwarded)
    }

    @Test("puts a Fetch off, rather than to hold it, where other limits are owed more than is paid at once")
    func otherDebts() throws {
        let bench = Bench(LimitConfiguration(requests: Rate(1)), maxThrottle: .seconds(2))
        let client = bench.client()
        for _ in 0..<4 { client.send() }
        #expect(client.send().isHeld)
        let sent = try fetch(client)
        #expect(sent.answer is FetchResponse)
        #expect(sent.throttle == .seconds(2))
    }

    @Test("in a dry run answers nothing, and charges only what it would have let pass")
    func dryRun() throws {
        let bench = Bench(limit, isDryRun: true)
        let client = bench.client()
        for _ in 0..<5 {
            let sent = try fetch(client)
            #expect(sent.isForwarded)
            client.complete(sent, responseBytes: 2996)
        }
        #expect(bench.count("allowed") == 1)
        #expect(bench.count("throttled") == 4)
        bench.pass(.seconds(6))
        _ = try fetch(client)
        #expect(bench.count("allowed") == 2)
    }
}
