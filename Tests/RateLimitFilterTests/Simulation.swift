import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

@testable import RateLimitFilter

/// Connections at full speed: each sends its next request as soon as the one before is answered and the connection is
/// not muted any more. Time is the bench's own.
final class Simulation {
    /// What each connection does.
    enum Load {
        /// Requests of this size, without the size prefix, in bytes.
        case produce(bytes: Int)
        /// Fetches, with the size of the response to each, from the number of the connection and of its fetch.
        case fetch((_ connection: Int, _ number: Int) -> Int)
    }

    /// What has passed since the last reset.
    struct Passed {
        var requests = 0
        var bytes = 0
        var empty = 0
        var byConnection: [Int]
    }

    private(set) var passed: Passed
    private let bench: Bench
    private let clients: [Client]
    private let load: Load
    /// How long the broker takes.
    private let latency: Int64
    /// True if clients wait by themselves, in whole milliseconds.
    private let honoursThrottleTime: Bool
    private var numbers: [Int]
    private var events: [(time: Int64, number: Int, act: () -> Void)] = []
    private var eventNumber = 0
    private var random: UInt64 = 42

    init(
        _ bench: Bench, connections: Int = 16, _ load: Load, latency: Duration = .microseconds(300),
        honoursThrottleTime: Bool = false
    ) {
        self.bench = bench
        self.load = load
        self.latency = latency.nanoseconds
        self.honoursThrottleTime = honoursThrottleTime
        clients = (0..<connections).map { _ in bench.client() }
        numbers = Array(repeating: 0, count: connections)
        passed = Passed(byConnection: numbers)
        for connection in clients.indices { at(bench.clock.now) { self.send(connection) } }
    }

    /// Lets time pass, and forgets what has passed before.
    func run(_ time: Duration) {
        passed = Passed(byConnection: Array(repeating: 0, count: clients.count))
        let end = bench.clock.now + time.nanoseconds
        while let next = events.indices.min(by: {
            events[$0].time == events[$1].time
                ? events[$0].number < events[$1].number : events[$0].time < events[$1].time
        }),
            events[next].time <= end
        {
            let event = events.remove(at: next)
            bench.pass(.nanoseconds(max(0, event.time - bench.clock.now)))
            event.act()
        }
        bench.pass(.nanoseconds(end - bench.clock.now))
    }

    private func at(_ time: Int64, _ act: @escaping () -> Void) {
        eventNumber += 1
        events.append((time, eventNumber, act))
    }

    private func send(_ connection: Int) {
        let client = clients[connection]
        let sent: Client.Sent
        switch load {
        case .produce(let bytes): sent = client.send(.produce, version: 9, bytes: bytes)
        case .fetch:
            guard let fetch = try? client.send(FetchRequest(), version: 12, whole: false) else { return }
            sent = fetch
        }
        sent.onRelease = { self.decided(sent, connection) }
        if !sent.isHeld { decided(sent, connection) }
    }

    private func decided(_ sent: Client.Sent, _ connection: Int) {
        let client = clients[connection]
        let mutedUntil = bench.clock.now + sent.throttle.nanoseconds
        guard sent.isForwarded else {
            passed.empty += 1
            client.complete(sent, responseBytes: 20, result: .answeredByFilter("limit"))
            return next(connection, mutedUntil, sent.throttle)
        }
        var response = 60
        switch load {
        case .produce(let bytes): count(connection, bytes + 4)
        case .fetch(let size):
            response = size(connection, numbers[connection])
            numbers[connection] += 1
        }
        at(bench.clock.now + latency) {
            if case .fetch = self.load { self.count(connection, response + 4) }
            client.complete(sent, responseBytes: response)
            self.next(connection, mutedUntil, sent.throttle)
        }
    }

    private func count(_ connection: Int, _ bytes: Int) {
        passed.requests += 1
        passed.bytes += bytes
        passed.byConnection[connection] += 1
    }

    private func next(_ connection: Int, _ mutedUntil: Int64, _ throttle: Duration) {
        var time = max(bench.clock.now, mutedUntil)
        if honoursThrottleTime {
            let milliseconds = (throttle.nanoseconds + 999_999) / 1_000_000
            time = max(time, bench.clock.now + milliseconds * 1_000_000)
        }
        // Timers are late by a little, and packets take their time.
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        at(time + Int64(random >> 44)) { self.send(connection) }
    }
}
