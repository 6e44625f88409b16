import KafkaMessages
import Settings
import Testing

@testable import RateLimitFilter

@Suite("Sixteen connections at full speed")
struct FullSpeedTests {
    private let burst = Duration.milliseconds(100)

    private func isWithin(_ share: Double, _ passed: Int, _ rate: Double) -> Bool {
        abs(Double(passed) / 60 / rate - 1) <= share
    }

    @Test("send as many requests as a limit allows", arguments: [10, 1000.0], [false, true])
    func requests(_ rate: Double, _ honoursThrottleTime: Bool) {
        let simulation = Simulation(
            Bench(LimitConfiguration(requests: Rate(rate), burst: burst)), .produce(bytes: 200),
            honoursThrottleTime: honoursThrottleTime)
        simulation.run(.seconds(10))
        simulation.run(.seconds(60))
        #expect(isWithin(0.005, simulation.passed.requests, rate))
        let counts = simulation.passed.byConnection
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= max(2, counts.reduce(0, +) / 16 / 20))
    }

    @Test(
        "produce as many bytes as a limit allows",
        arguments: [(1, 20_000), (1, 256 << 10), (1, 1 << 20), (100, 256 << 10), (100, 1 << 20)])
    func produce(_ mebibytes: Int, _ size: Int) {
        let simulation = Simulation(
            Bench(LimitConfiguration(produceBytes: ByteRate(.mebibytes(mebibytes)), burst: burst)),
            .produce(bytes: size))
        // A mebibyte each is more than max_throttle can slow them for.
        simulation.run(.seconds(20))
        simulation.run(.seconds(60))
        #expect(isWithin(0.018, simulation.passed.bytes, Double(mebibytes << 20)))
    }

    @Test(
        "fetch as many bytes as a limit allows",
        arguments: [(1, 64 << 10), (1, 1 << 20), (100, 64 << 10), (100, 1 << 20)], [false, true])
    func fetch(_ rateAndSize: (mebibytes: Int, size: Int), _ honoursThrottleTime: Bool) {
        let (mebibytes, size) = rateAndSize
        let simulation = Simulation(
            Bench(LimitConfiguration(fetchBytes: ByteRate(.mebibytes(mebibytes)), burst: burst)),
            .fetch { _, _ in size }, honoursThrottleTime: honoursThrottleTime)
        simulation.run(.seconds(10))
        simulation.run(.seconds(60))
        #expect(isWithin(0.018, simulation.passed.bytes, Double(mebibytes << 20)))
        let counts = simulation.passed.byConnection
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= max(1, counts.reduce(0, +) / 16 / 10))
        // Each that is put off comes once more, and not again and again.
        #expect(simulation.passed.empty <= simulation.passed.requests * 2 + 16)
    }

    @Test("fetch as many bytes as a limit allows, whatever the responses are")
    func fetchMixedSizes() {
        let simulation = Simulation(
            Bench(LimitConfiguration(fetchBytes: ByteRate(.mebibytes(10)), burst: burst)),
            .fetch { connection, number in connection.isMultiple(of: 2) ? 200 << 10 : (number * 7919 % 97) << 13 })
        simulation.run(.seconds(10))
        simulation.run(.seconds(60))
        #expect(isWithin(0.02, simulation.passed.bytes, Double(10 << 20)))
    }

    @Test("take turns with a single one that asks for far more")
    func fairness() {
        let bench = Bench(LimitConfiguration(per: [.listener], fetchBytes: ByteRate(.mebibytes(1)), burst: burst))
        let simulation = Simulation(bench, .fetch { connection, _ in connection == 0 ? 1 << 20 : 16 << 10 })
        simulation.run(.seconds(10))
        simulation.run(.seconds(60))
        let counts = simulation.passed.byConnection
        #expect(counts.allSatisfy { $0 >= 40 }, "\(counts)")
    }
}
