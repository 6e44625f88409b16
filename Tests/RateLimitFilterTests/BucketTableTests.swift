import FilterAPI
import Settings
import Telemetry
import Testing

@testable import RateLimitFilter

@Suite("Buckets")
struct BucketTableTests {
    private let limit = LimitConfiguration(name: "limit0", per: [.clientID], requests: Rate(1), burst: .seconds(1))

    private func gauge(_ bench: Bench) async -> Int64? {
        guard case .gauge(let count) = await bench.value("sluice_rate_limit_buckets", "limit0") else { return nil }
        return count
    }

    @Test("go when they are idle: a hundred thousand client IDs leave nothing behind")
    func sweep() async throws {
        let bench = Bench(RateLimitConfiguration(limits: [limit], maxBuckets: 1_000_000))
        let client = bench.client()
        for number in 0..<100_000 { client.send(id: "client-\(number)") }
        #expect(bench.buckets() == 100_000)
        #expect(await gauge(bench) == 100_000)
        bench.pass(.milliseconds(999))
        #expect(bench.buckets() == 100_000)
        // Some at a time, so that no loop is kept busy.
        bench.pass(.milliseconds(1))
        #expect(bench.buckets() == 100_000 - LocalRateLimiter.sweepSize)
        bench.pass(.seconds(100_000 / LocalRateLimiter.sweepSize + 1))
        #expect(bench.buckets() == 0)
        #expect(await gauge(bench) == 0)
    }

    @Test("stay while something is owed")
    func debtStays() {
        let bench = Bench(limit)
        let client = bench.client()
        for _ in 0..<5 { client.send(id: "busy") }
        for number in 0..<100 { client.send(id: "client-\(number)") }
        bench.pass(.seconds(4))
        #expect(bench.buckets() == 1)
        #expect(client.send(id: "busy").throttle == .seconds(1))
    }

    @Test("that went are found again by connections that had them")
    func retired() {
        let bench = Bench(limit)
        let (one, other) = (bench.client(), bench.client())
        one.send()
        bench.pass(.seconds(60))
        #expect(bench.buckets() == 0)
        other.send()
        #expect(one.send().throttle == .seconds(1))
        #expect(other.send().throttle == .seconds(2))
        #expect(bench.buckets() == 1)
    }

    @Test("are no more than there may be: those beyond share one, until there is room")
    func mostBuckets() {
        let bench = Bench(RateLimitConfiguration(limits: [limit], maxBuckets: 10))
        let client = bench.client()
        for number in 0..<10 { #expect(client.send(id: "client-\(number)").throttle == .zero) }
        #expect(client.send(id: "one-more").throttle == .zero)
        #expect(client.send(id: "another").throttle == .seconds(1))
        #expect(bench.buckets() == 10)
        bench.pass(.seconds(60))
        #expect(client.send(id: "another").throttle == .zero)
        #expect(bench.buckets() == 1)
    }

    @Test("keep over a reload what was used of them, where their limit did not change")
    func reload() async {
        let before = Bench(limit)
        let client = before.client()
        for _ in 0..<3 { client.send() }
        var other = limit
        other.action = .reject
        let after = Bench(RateLimitConfiguration(limits: [other], maxThrottle: .seconds(3)), after: before)
        #expect(after.buckets() == 1)
        #expect(after.client().send().throttle == .seconds(3))
        #expect(await gauge(after) == 1)
    }

    @Test("begin anew after a reload that changes their rates")
    func reloadWithOtherRates() async {
        let before = Bench(limit)
        for _ in 0..<3 { before.client().send() }
        var other = limit
        other.requests = Rate(2)
        let after = Bench(RateLimitConfiguration(limits: [other]), after: before)
        #expect(after.client().send().throttle == .zero)
    }

    @Test("of a limit that is gone are not shown any more")
    func gone() async {
        let bench = Bench(limit)
        bench.client().send()
        let table = BucketTable(
            rates: limit.rates, mostBuckets: 5,
            gauge: BucketGauge(
                metrics: bench.metrics, family: RateLimitFamilies(bench.metrics).buckets,
                labels: ["apps", "limit", "limit0"]))
        _ = table.bucket(for: ["a"], at: 0)
        #expect(await gauge(bench) == 2)
        withExtendedLifetime(table) {}
        drop(table)
    }

    private func drop(_ table: consuming BucketTable) {}
}
