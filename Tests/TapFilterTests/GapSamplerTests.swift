import KafkaRecords
import NIOCore
import Testing

@testable import TapFilter

@Suite("Samplers")
struct SamplerTests {
    /// Which of 1,000,000 records are taken, in batches of some size.
    private func taken(rate: Double, batch: Int) -> [Int] {
        var sampler = GapSampler(rate: rate, seed: 7)
        var taken: [Int] = []
        for start in stride(from: 0, to: 1_000_000, by: batch) {
            var next = sampler.first(in: batch)
            while let index = next {
                taken.append(start + index)
                next = sampler.next(after: index, in: batch)
            }
        }
        return taken
    }

    @Test(arguments: [0.001, 0.01, 0.1, 0.5])
    func `draw each record with the same probability`(rate: Double) {
        let taken = taken(rate: rate, batch: 1)
        // Six standard deviations.
        let deviation = (1_000_000 * rate * (1 - rate)).squareRoot() * 6
        #expect(abs(Double(taken.count) - 1_000_000 * rate) < deviation)
    }

    @Test func `draw the same records however they are batched`() {
        #expect(taken(rate: 0.01, batch: 1) == taken(rate: 0.01, batch: 250))
        #expect(taken(rate: 0.01, batch: 1) == taken(rate: 0.01, batch: 10_000))
    }

    @Test func `take all or nothing at the ends`() {
        #expect(taken(rate: 1, batch: 100).count == 1_000_000)
        #expect(taken(rate: 0, batch: 100).isEmpty)
    }

    @Test func `decide the same for the same key, and take the share of keys`() {
        let sampler = KeySampler(rate: 0.1)
        let isTaken = { (key: String) in ByteBuffer(string: key).withUnsafeReadableBytes { sampler.takes($0) } }
        let taken = (0..<20_000).filter { isTaken("customer-\($0)") }
        #expect(abs(taken.count - 2000) < 300)
        #expect(taken.allSatisfy { isTaken("customer-\($0)") })
    }
}
