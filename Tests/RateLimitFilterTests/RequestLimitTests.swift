import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Testing

@testable import RateLimitFilter

@Suite("A limit of requests")
struct RequestLimitTests {
    @Test("lets the burst pass, and slows for what goes beyond it by the time that pays it")
    func burst() {
        let bench = Bench(LimitConfiguration(requests: Rate(10), burst: .seconds(1)))
        let client = bench.client()
        for _ in 0..<10 { #expect(client.send().throttle == .zero) }
        #expect(client.send().throttle == .milliseconds(100))
        #expect(client.send().throttle == .milliseconds(200))
        bench.pass(.milliseconds(200))
        #expect(client.send().throttle == .milliseconds(100))
        #expect(bench.count("allowed") == 10)
        #expect(bench.count("throttled") == 3)
    }

    @Test("counts a debt of less than a millisecond, and slows nobody for it")
    func tolerance() {
        let bench = Bench(LimitConfiguration(requests: Rate(10_000), burst: .milliseconds(1)))
        let client = bench.client()
        for _ in 0..<19 { #expect(client.send().throttle == .zero) }
        #expect(client.send().throttle == .milliseconds(1))
    }

    @Test("slows for no longer than max_throttle at once; the debt stays")
    func maxThrottle() {
        let bench = Bench(LimitConfiguration(produceBytes: ByteRate(.mebibytes(1))), maxThrottle: .seconds(10))
        let client = bench.client()
        #expect(client.send(.produce, version: 9, bytes: 26 << 20 - 4).isForwarded)
        let sent = client.send(.produce, version: 9, bytes: 0)
        // 25 s are owed: ten before it goes on, ten for which the client is slowed, and the rest is met by the next.
        #expect(sent.isHeld)
        bench.pass(.seconds(10) - .nanoseconds(1))
        #expect(sent.isHeld)
        bench.pass(.nanoseconds(1))
        #expect(sent.isForwarded)
        #expect(sent.throttle == .seconds(10))
        bench.pass(.seconds(10))
        let next = client.send(.produce, version: 9, bytes: 0)
        #expect(next.isForwarded)
        #expect(next.throttle >= .seconds(5) && next.throttle < .seconds(6))
    }

    @Test("holds no request where the debt can be paid at once")
    func noHold() {
        let bench = Bench(LimitConfiguration(requests: Rate(1)), maxThrottle: .seconds(3))
        let client = bench.client()
        for throttle in [0, 1, 2, 3, 3] {
            let sent = client.send()
            #expect(sent.isForwarded)
            #expect(sent.throttle == .seconds(throttle))
        }
        #expect(client.send().isHeld)
    }

    @Test("holds nothing in a dry run, and counts")
    func dryRun() {
        let bench = Bench(LimitConfiguration(requests: Rate(1)), maxThrottle: .seconds(2), isDryRun: true)
        let client = bench.client()
        for _ in 0..<6 { #expect(client.send().isForwarded) }
        #expect(bench.count("allowed") == 1)
        #expect(bench.count("throttled") == 5)
    }

    @Test("gives back what was taken for a request whose connection closes while it is held")
    func closedWhileHeld() {
        let bench = Bench(LimitConfiguration(requests: Rate(1)), maxThrottle: .seconds(2))
        let client = bench.client()
        for _ in 0..<4 { client.send() }
        let held = client.send()
        #expect(held.isHeld)
        client.complete(held, responseBytes: 0, result: .closed("client"))
        client.close()
        bench.pass(.seconds(3))
        #expect(bench.client().send().throttle == .seconds(1))
    }

    @Test("keeps what was taken for a request that was held and went on, however it ends")
    func closedAfterHeld() {
        let bench = Bench(LimitConfiguration(requests: Rate(1)), maxThrottle: .seconds(2))
        let client = bench.client()
        for _ in 0..<4 { client.send() }
        let held = client.send()
        bench.pass(.seconds(1))
        #expect(held.isForwarded)
        client.complete(held, responseBytes: 0, result: .closed("client"))
        client.close()
        bench.pass(.seconds(2))
        #expect(bench.client().send().throttle == .seconds(2))
    }

    @Test("keeps debt within bounds, so that it is paid one day")
    func deepestDebt() {
        let bench = Bench(LimitConfiguration(requests: Rate(1)), maxThrottle: .seconds(1))
        // Of ten times max_throttle, and the request that goes beyond it.
        for _ in 0..<1000 { bench.client().send() }
        bench.pass(.seconds(11))
        let next = bench.client().send()
        #expect(next.isForwarded)
        #expect(next.throttle == .seconds(1))
        bench.pass(.seconds(1))
        #expect(bench.client().send().throttle == .seconds(1))
    }

    @Test("does not limit signing in")
    func signingIn() {
        let bench = Bench(LimitConfiguration(requests: Rate(1)))
        let client = bench.client()
        for _ in 0..<10 {
            #expect(client.send(.saslHandshake, version: 1).throttle == .zero)
            #expect(client.send(.saslAuthenticate, version: 2).throttle == .zero)
        }
        #expect(client.send(.metadata, version: 12).throttle == .zero)
        #expect(bench.filter.interests.map(\.depth) == [.header])
    }

    @Test("of produced bytes counts what is on the wire, and looks at Produce alone")
    func produceBytes() {
        let bench = Bench(LimitConfiguration(produceBytes: ByteRate(.bytes(1000)), burst: .seconds(1)))
        let client = bench.client()
        #expect(client.send(.produce, version: 9, bytes: 996).throttle == .zero)
        #expect(client.send(.produce, version: 9, bytes: 496).throttle == .milliseconds(500))
        #expect(client.send(.metadata, version: 9, bytes: 10_000).throttle == .zero)
        #expect(bench.filter.interests.count == 1)
        #expect(bench.filter.interests[0].apiKeys == [.produce])
        #expect(bench.filter.interests[0].depth == .header)
    }

    @Test("of records counts them when they have passed")
    func records() throws {
        let bench = Bench(LimitConfiguration(records: Rate(100), burst: .seconds(1)))
        let client = bench.client()
        #expect(client.stream([("a", 10, 100)], bytes: 100, showsHeader: false).throttle == .zero)
        #expect(client.stream([("a", 10, 50)], bytes: 100, showsHeader: false).throttle == .milliseconds(500))
        let whole = try client.send(ProduceRequest(), version: 9) { $0.add(records: 50) }
        #expect(whole.throttle == .seconds(1))
        #expect(client.stream([], bytes: 100, showsHeader: false).throttle == .zero)
        #expect(bench.filter.interests.map(\.depth) == [.fields])
    }

    @Test("and of records decides the requests at the header, the records behind it, each once")
    func bothDepths() throws {
        let bench = Bench(
            LimitConfiguration(requests: Rate(1)), LimitConfiguration(records: Rate(100)), match: .all)
        let client = bench.client()
        client.stream([("a", 10, 100)], bytes: 100, showsHeader: true)
        let streamed = client.stream([("a", 10, 100)], bytes: 100, showsHeader: true)
        #expect(streamed.throttle == .seconds(1))
        #expect(bench.count("allowed", "limit0") == 1 && bench.count("throttled", "limit0") == 1)
        #expect(bench.count("allowed", "limit1") == 1 && bench.count("throttled", "limit1") == 1)
        let whole = try client.send(ProduceRequest(), version: 9) { $0.add(records: 100) }
        #expect(whole.throttle == .seconds(2))
        #expect(bench.count("throttled", "limit0") == 2 && bench.count("throttled", "limit1") == 2)
    }
}
