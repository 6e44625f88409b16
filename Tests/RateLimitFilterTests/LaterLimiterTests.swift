import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Synchronization
import Testing

@testable import RateLimitFilter

/// A limiter that a fleet might share: it answers when it is told to.
private final class LaterLimiter: RateLimiter {
    struct Question {
        var descriptor: RateLimitDescriptor
        var cost: RateLimitCost
        var promise: EventLoopPromise<RateLimitDecision>
    }

    let questions = Mutex<[Question]>([])
    let givenBack = Mutex<[RateLimitCost]>([])

    func lease(_ descriptor: RateLimitDescriptor, on loop: any EventLoop) -> any RateLimitLease {
        Lease(limiter: self, descriptor: descriptor, loop: loop)
    }

    /// Answers the oldest question.
    func answer(_ decision: RateLimitDecision) {
        questions.withLock { $0.removeFirst() }.promise.succeed(decision)
    }

    private final class Lease: RateLimitLease {
        let limiter: LaterLimiter
        let descriptor: RateLimitDescriptor
        let loop: any EventLoop

        init(limiter: LaterLimiter, descriptor: RateLimitDescriptor, loop: any EventLoop) {
            self.limiter = limiter
            self.descriptor = descriptor
            self.loop = loop
        }

        func take(_ cost: RateLimitCost, mayRefuse: Bool, at now: Int64) -> RateLimitVerdict {
            let promise = loop.makePromise(of: RateLimitDecision.self)
            limiter.questions.withLock {
                $0.append(Question(descriptor: descriptor, cost: cost, promise: promise))
            }
            return .later(promise.futureResult)
        }

        func giveBack(_ cost: RateLimitCost, reserved: Int, at now: Int64) {
            limiter.givenBack.withLock { $0.append(cost) }
        }

        func settle(reserved: Int, actual: Int, at now: Int64) {}
        func end(at now: Int64) {}
    }
}

@Suite("A limiter that answers later")
struct LaterLimiterTests {
    private let limiter = LaterLimiter()

    private func bench(
        _ limits: LimitConfiguration..., match: RateLimitConfiguration.Match = .first, isDryRun: Bool = false
    ) -> Bench {
        Bench(
            RateLimitConfiguration(limits: Bench.named(limits), match: match), isDryRun: isDryRun, limiter: limiter)
    }

    private var open: [RateLimitDescriptor] { limiter.questions.withLock { $0.map(\.descriptor) } }

    @Test("gets descriptors, and the request waits for its answer")
    func waits() {
        let bench = bench(LimitConfiguration(per: [.clientID, .api, .listener], requests: Rate(1)))
        let sent = bench.client("billing").send(.metadata, version: 12)
        #expect(sent.isHeld)
        let entries = [
            RateLimitDescriptor.Entry(key: .clientID, value: "billing"),
            RateLimitDescriptor.Entry(key: .api, value: "Metadata"),
            RateLimitDescriptor.Entry(key: .listener, value: "apps"),
        ]
        #expect(open == [RateLimitDescriptor(listener: "apps", filter: "limit", limit: "limit0", entries: entries)])
        limiter.answer(RateLimitDecision(wait: 2_000_000_000))
        bench.run()
        #expect(sent.isForwarded)
        #expect(sent.throttle == .seconds(2))
    }

    @Test("may refuse, and the request is seen whole before it is answered")
    func refuses() throws {
        let bench = bench(LimitConfiguration(requests: Rate(1), action: .reject))
        var request = CreateTopicsRequest()
        request.topics = [.init()]
        let sent = try bench.client().send(request, version: 5)
        #expect(sent.isHeld)
        limiter.answer(RateLimitDecision(isRefused: true, wait: 1_000_000_000))
        bench.run()
        #expect(sent.answer is CreateTopicsResponse)
        let header = bench.client().send(.produce, version: 9)
        limiter.answer(RateLimitDecision(isRefused: true, wait: 1_000_000_000))
        bench.run()
        #expect(header.wantsBody)
    }

    @Test("is asked about one limit after the other, and what the first took is given back where the second refuses")
    func severalLimits() throws {
        let bench = bench(
            LimitConfiguration(requests: Rate(1)), LimitConfiguration(requests: Rate(1), action: .reject), match: .all)
        var request = ProduceRequest()
        request.acks = 1
        let sent = try bench.client().send(request, version: 9)
        #expect(open.map(\.limit) == ["limit0"])
        limiter.answer(RateLimitDecision())
        bench.run()
        #expect(open.map(\.limit) == ["limit1"])
        limiter.answer(RateLimitDecision(isRefused: true, wait: 1_000_000_000))
        bench.run()
        #expect(sent.answer is ProduceResponse)
        #expect(limiter.givenBack.withLock { $0.count } == 1)
    }

    @Test("that fails has no say")
    func fails() {
        struct Unreachable: Error {}
        let bench = bench(LimitConfiguration(requests: Rate(1)))
        let sent = bench.client().send()
        limiter.questions.withLock { $0.removeFirst() }.promise.fail(Unreachable())
        bench.run()
        #expect(sent.isForwarded)
        #expect(sent.throttle == .zero)
    }

    @Test("in a dry run keeps nobody waiting, and is counted when it answers")
    func dryRun() {
        let bench = bench(LimitConfiguration(requests: Rate(1), action: .reject), isDryRun: true)
        let sent = bench.client().send(.produce, version: 9)
        #expect(sent.isForwarded)
        limiter.answer(RateLimitDecision(isRefused: true, wait: 1_000_000_000))
        bench.run()
        #expect(bench.count("rejected") == 1)
        let second = bench.client().send()
        limiter.answer(RateLimitDecision(wait: 1_000_000_000))
        bench.run()
        #expect(bench.count("throttled") == 1)
        #expect(second.throttle == .zero)
    }

    @Test("that answers when the connection has closed is given back what it took")
    func closed() {
        let bench = bench(LimitConfiguration(requests: Rate(1)), match: .all)
        let client = bench.client()
        let sent = client.send()
        client.complete(sent, responseBytes: 0, result: .closed("client"))
        client.close()
        limiter.answer(RateLimitDecision())
        bench.run()
        #expect(limiter.givenBack.withLock { $0.count } == 1)
    }
}
