import NIOCore
import Testing

@testable import ProxyRuntime

@Suite("A rate of warnings")
struct WarningRateTests {
    private let start = NIODeadline.uptimeNanoseconds(5_000_000_000)

    @Test("so many a second are told, and the number of the others once the second is over")
    func rate() {
        let rate = WarningRate(perSecond: 2)
        #expect(rate.note(at: start) == .told)
        #expect(rate.note(at: start + .milliseconds(1)) == .told)
        #expect(rate.note(at: start + .milliseconds(2)) == .firstSuppressed(until: start + .seconds(1)))
        #expect(rate.note(at: start + .milliseconds(999)) == .suppressed)
        #expect(rate.takeSuppressed() == 2)
        #expect(rate.takeSuppressed() == 0)
        #expect(rate.note(at: start + .seconds(1)) == .told)
    }

    @Test("seconds count from the first warning, each anew")
    func windows() {
        let rate = WarningRate(perSecond: 1)
        #expect(rate.note(at: start) == .told)
        #expect(rate.note(at: start + .milliseconds(2500)) == .told)
        #expect(rate.note(at: start + .milliseconds(3400)) == .firstSuppressed(until: start + .milliseconds(3500)))
        #expect(rate.note(at: start + .milliseconds(3500)) == .told)
    }
}
