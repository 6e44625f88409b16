import Testing

@testable import Telemetry

@Suite("A histogram")
struct HistogramTests {
    @Test("counts an observation in the first bucket that it fits in", arguments: 1...17)
    func findsTheBucket(boundCount: Int) {
        let bounds = (1...boundCount).map { UInt64($0 * 10) }
        for value in UInt64(0)...UInt64(boundCount * 10 + 11) {
            let memory = CellMemory()
            let histogram = Histogram(upperBounds: bounds, in: memory)
            defer { withExtendedLifetime(memory) {} }
            histogram.observe(value)
            var expected = [UInt64](repeating: 0, count: boundCount + 1)
            expected[bounds.firstIndex { value <= $0 } ?? boundCount] = 1
            #expect(histogram.bucketCounts == expected, "value \(value)")
            #expect(histogram.sum == value)
        }
    }

    @Test("takes times in nanoseconds, negative ones as zero")
    func takesDurations() {
        let memory = CellMemory()
        let histogram = Histogram(upperBounds: [1_000, 1_000_000], in: memory)
        defer { withExtendedLifetime(memory) {} }
        histogram.observe(.microseconds(5))
        histogram.observe(.milliseconds(-5))
        histogram.observe(.seconds(1))
        #expect(histogram.bucketCounts == [1, 1, 1])
        #expect(histogram.sum == 1_000_005_000)
    }

    @Test("does not trap on the largest values")
    func takesTheLargest() {
        let memory = CellMemory()
        let histogram = Histogram(upperBounds: [1], in: memory)
        defer { withExtendedLifetime(memory) {} }
        histogram.observe(.max)
        histogram.observe(.max)
        #expect(histogram.bucketCounts == [0, 2])
    }
}
