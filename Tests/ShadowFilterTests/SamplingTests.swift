import Testing

@testable import ShadowFilter

@Suite("Which part of the traffic is copied")
struct SamplingTests {
    @Test(arguments: [(0.0, 0), (0.1, 100), (0.333, 333), (0.5, 500), (1.0, 1_000)])
    func `of each thousand requests as many are chosen as the percentage says`(share: Double, count: Int) {
        for start in [0, 0.25, 0.999_999_999] {
            var sampler = RequestSampler(share: share, start: start)
            let chosen = (0..<10_000).filter { _ in sampler.takes() }.count
            #expect(chosen == count * 10)
        }
    }

    @Test func `requests are chosen in turn, not in a row`() {
        var sampler = RequestSampler(share: 0.25, start: 0)
        #expect((0..<8).map { _ in sampler.takes() } == [false, false, false, true, false, false, false, true])
    }

    @Test func `connections with one request have their share too`() {
        let chosen = (0..<1_000).filter { index in
            var sampler = RequestSampler(share: 0.1, start: (Double(index) + 0.5) / 1_000)
            return sampler.takes()
        }
        #expect(chosen.count == 100)
    }

    @Test(arguments: [0.0, 0.01, 0.1, 0.5, 0.9, 1.0])
    func `about as many partitions are chosen as the percentage says`(share: Double) {
        let keys = (0..<20_000 as Range<Int32>).map {
            StickyShare.key(topic: "orders-\($0 % 100)", partition: $0 / 100)
        }
        let chosen = keys.filter { StickyShare.contains($0, share: share) }.count
        #expect(abs(Double(chosen) / 20_000 - share) < 0.015)
    }

    @Test func `a share that grows keeps what it had`() {
        for index in 0..<2_000 {
            let key = Array("client-\(index)".utf8)
            if StickyShare.contains(key, share: 0.1) { #expect(StickyShare.contains(key, share: 0.3)) }
        }
    }
}

@Suite("What two clusters have made of one batch")
struct ShadowPairsTests {
    @Test(
        arguments: [
            (.taken, .taken, nil), (.taken, .refused, .shadowFailed), (.refused, .taken, .primaryFailed),
            (.refused, .refused, nil), (.unknown, .taken, nil), (.unknown, .refused, nil),
        ] as [(ShadowPairs.End, ShadowPairs.End, ShadowDifference?)])
    func `differences are found whoever says it first`(
        primary: ShadowPairs.End, shadow: ShadowPairs.End, expected: ShadowDifference?
    ) {
        var pairs = ShadowPairs()
        #expect(pairs.note(2, primary, isPrimary: true) == nil)
        #expect(pairs.note(3, shadow, isPrimary: false) == nil)
        #expect(pairs.count == 2)
        #expect(pairs.note(2, shadow, isPrimary: false) == expected)
        #expect(pairs.note(3, primary, isPrimary: true) == expected)
        #expect(pairs.count == 0)
    }
}
