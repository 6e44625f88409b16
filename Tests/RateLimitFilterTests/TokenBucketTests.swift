import Settings
import Testing

@testable import RateLimitFilter

@Suite("A token bucket")
struct TokenBucketTests {
    private let start = TokenRate.time(.seconds(1000))

    private func time(_ duration: Duration) -> TokenRate.Time { start + TokenRate.time(duration) }

    @Test("begins full, and lets its burst pass at once")
    func burst() {
        let rate = TokenRate(Rate(10), burst: .seconds(2))
        var bucket = TokenBucket()
        bucket.settle(rate, at: start)
        #expect(rate.capacity == 20)
        #expect(bucket.lack(of: 20, rate, at: start) == 0)
        bucket.take(20, rate)
        #expect(bucket.debt(at: start) == 0)
        #expect(bucket.lack(of: 1, rate, at: start) == TokenRate.time(.milliseconds(100)))
    }

    @Test("holds no less than a token, and no more than its burst")
    func capacity() {
        #expect(TokenRate(Rate(1), burst: .milliseconds(1)).capacity == 1)
        let rate = TokenRate(Rate(10), burst: .seconds(1))
        var bucket = TokenBucket()
        bucket.settle(rate, at: start)
        bucket.take(10, rate)
        bucket.settle(rate, at: time(.seconds(3600)))
        #expect(bucket.debt(at: time(.seconds(3600))) == -TokenRate.time(.seconds(1)))
    }

    @Test("goes into debt, which is the time that pays it")
    func debt() {
        let rate = TokenRate(ByteRate(.mebibytes(1)), burst: .seconds(1))
        var bucket = TokenBucket()
        bucket.settle(rate, at: start)
        bucket.take(4 << 20, rate)
        #expect(bucket.debt(at: start) == TokenRate.time(.seconds(3)))
        #expect(bucket.debt(at: time(.seconds(3))) == 0)
        bucket.take(-(1 << 20), rate)
        #expect(bucket.debt(at: start) == TokenRate.time(.seconds(2)))
    }

    @Test("counts what costs more than it can hold once it is full")
    func largerThanTheBurst() {
        let rate = TokenRate(Rate(10), burst: .milliseconds(500))
        var bucket = TokenBucket()
        bucket.settle(rate, at: start)
        #expect(bucket.lack(of: 1000, rate, at: start) == 0)
        bucket.take(1, rate)
        #expect(bucket.lack(of: 1000, rate, at: start) == TokenRate.time(.milliseconds(100)))
    }

    @Test(
        "is exact over a year",
        arguments: [Rate(3), Rate(0.5), Rate(7, per: .minute), Rate(10, per: .hour), Rate(1_000_000)])
    func longTime(_ settings: Rate) {
        let rate = TokenRate(settings, burst: .seconds(1))
        var bucket = TokenBucket()
        bucket.settle(rate, at: start)
        bucket.take(rate.capacity, rate)
        let credit = bucket.debt(at: start)
        let year = 365 * 86_400
        let tokens = Int(settings.perSecond * Double(year))
        for _ in 0..<1000 { bucket.take(tokens / 1000, rate) }
        bucket.take(tokens - tokens / 1000 * 1000, rate)
        let owed = bucket.debt(at: start) - credit
        let expected = Double(tokens) / settings.perSecond * 1e9
        #expect(abs(Double(TokenRate.nanoseconds(owed)) - expected) <= expected * 1e-9)
    }

    @Test("has prices for all that settings allow, and no number is too large")
    func extremes() {
        for rate in [
            TokenRate(Rate(1, per: .hour), burst: .seconds(3600)), TokenRate(Rate(1e9), burst: .seconds(3600)),
            TokenRate(ByteRate(.gibibytes(1024)), burst: .milliseconds(1)),
            TokenRate(ByteRate(.bytes(1)), burst: .milliseconds(1)),
        ] {
            var bucket = TokenBucket()
            bucket.settle(rate, at: start)
            for _ in 0..<1000 { bucket.take(.max, rate) }
            let most = rate.price * 1000 << 40
            #expect(bucket.debt(at: start) == most - rate.burst)
            #expect(TokenRate.nanoseconds(bucket.debt(at: start)) > 0)
            for _ in 0..<2000 { bucket.take(.min, rate) }
            #expect(bucket.debt(at: start) == -most - rate.burst)
        }
    }

    @Test("is as good as a new one when it is full again")
    func idle() {
        let rate = TokenRate(Rate(10), burst: .seconds(1))
        var bucket = TokenBucket()
        #expect(bucket.isFull(rate, at: start))
        bucket.settle(rate, at: start)
        bucket.take(1, rate)
        #expect(!bucket.isFull(rate, at: time(.milliseconds(99))))
        #expect(bucket.isFull(rate, at: time(.milliseconds(100))))
    }
}
