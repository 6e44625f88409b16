import FilterAPI
import Settings
import Synchronization
import Telemetry
import Testing

@testable import RateLimitFilter

@Suite("A limit of connections")
struct ConnectionLimiterTests {
    private func bench(
        _ connections: ConnectionLimitConfiguration?, isDryRun: Bool = false, after former: Bench? = nil
    ) -> Bench {
        Bench(RateLimitConfiguration(connections: connections), isDryRun: isDryRun, after: former)
    }

    private func refused(_ bench: Bench, _ reason: ConnectionLimiter.Reason) async -> UInt64? {
        let value = await bench.value("sluice_rate_limit_connections_refused_total", reason.rawValue)
        guard case .counter(let count) = value else { return nil }
        return count
    }

    @Test("lets in as many as may be open in all")
    func most() async throws {
        let bench = bench(ConnectionLimitConfiguration(max: 2))
        let gate = try #require(bench.filter.gate)
        #expect(gate.admit("10.0.0.1") == .admitted)
        #expect(gate.admit("10.0.0.2") == .admitted)
        #expect(gate.admit("10.0.0.3") == .refused(reason: "connections"))
        gate.release("10.0.0.1")
        #expect(gate.admit("10.0.0.3") == .admitted)
        #expect(await refused(bench, .connections) == 1)
        #expect(await refused(bench, .connectionRate) == 0)
    }

    @Test("lets in as many as may be open from one address, in whatever notation; and forgets the others")
    func mostPerAddress() async throws {
        let bench = bench(ConnectionLimitConfiguration(maxPerAddress: 2))
        let gate = try #require(bench.filter.gate)
        #expect(gate.admit("10.0.0.1") == .admitted)
        #expect(gate.admit("::ffff:10.0.0.1") == .admitted)
        #expect(gate.admit("10.0.0.1") == .refused(reason: "connections_per_address"))
        #expect(gate.admit("10.0.0.2") == .admitted)
        gate.release("::ffff:10.0.0.1")
        gate.release("10.0.0.1")
        gate.release("10.0.0.2")
        let isEmpty = bench.filter.connections.counts.state.withLock { $0.byAddress.isEmpty && $0.open == 0 }
        #expect(isEmpty)
        #expect(await refused(bench, .connectionsPerAddress) == 1)
    }

    @Test("lets in as many as may come in a second, and a burst", arguments: [3, 7, 50])
    func rate(_ perSecond: Int) throws {
        let bench = bench(ConnectionLimitConfiguration(newPerSecond: perSecond, burst: 10))
        let gate = try #require(bench.filter.gate)
        func admitted(of count: Int) -> Int { (0..<count).count { _ in gate.admit("10.0.0.1") == .admitted } }
        #expect(admitted(of: 100) == 10)
        bench.pass(.seconds(1))
        #expect(admitted(of: 100) == min(10, perSecond))
        bench.pass(.seconds(60))
        #expect(admitted(of: 100) == 10)
        #expect(gate.admit("10.0.0.1") == .refused(reason: "connection_rate"))
    }

    @Test("takes no part of the rate for what it refuses")
    func refusedTakeNothing() throws {
        let bench = bench(ConnectionLimitConfiguration(max: 1, newPerSecond: 1, burst: 2))
        let gate = try #require(bench.filter.gate)
        #expect(gate.admit("a") == .admitted)
        for _ in 0..<10 { #expect(gate.admit("a") == .refused(reason: "connections")) }
        gate.release("a")
        #expect(gate.admit("a") == .admitted)
    }

    @Test("in a dry run lets all in, and counts those that it would refuse")
    func dryRun() async throws {
        let bench = bench(ConnectionLimitConfiguration(max: 1), isDryRun: true)
        let gate = try #require(bench.filter.gate)
        for _ in 0..<3 { #expect(gate.admit("10.0.0.1") == .admitted) }
        #expect(await refused(bench, .connections) == 2)
        for _ in 0..<3 { gate.release("10.0.0.1") }
        let open = bench.filter.connections.counts.state.withLock { $0.open }
        #expect(open == 0)
    }

    @Test("knows over a reload of those that are open, also where it did not limit them before")
    func reload() throws {
        let before = bench(nil)
        let old = try #require(before.filter.gate)
        #expect(old.admit("10.0.0.1") == .admitted)
        #expect(old.admit("10.0.0.1") == .admitted)
        let after = bench(ConnectionLimitConfiguration(max: 2), after: before)
        let new = try #require(after.filter.gate)
        #expect(new.admit("10.0.0.2") == .refused(reason: "connections"))
        old.release("10.0.0.1")
        #expect(new.admit("10.0.0.2") == .admitted)
        #expect(new.admit("10.0.0.2") == .refused(reason: "connections"))
    }
}
