import FilterAPI
import Foundation
import KafkaRecords
import KafkaWire
import NIOCore
import Schemas
import Sinks
import Synchronization

/// What the connections of one event loop share of a tap.
final class TapLoop: @unchecked Sendable {
    // Safety: everything is touched on the one event loop only.
    let port: any SinkPort
    let counters: TapMetrics.Counters
    let topics: TappedTopics
    let contexts = CompressionContexts()
    let scratch = ValidationScratch()
    var sampler: GapSampler
    private var secondOfTime: Int64 = .min
    private var textOfSecond = ""
    private var millisecondOfTime: Int64 = .min
    private var textOfMillisecond = ""

    init(port: any SinkPort, counters: TapMetrics.Counters, topics: TappedTopics, sampler: GapSampler) {
        self.port = port
        self.counters = counters
        self.topics = topics
        self.sampler = sampler
    }

    /// The system's time, as RFC 3339 writes it in UTC, to the millisecond.
    func time() -> String {
        let milliseconds = Int64(Date().timeIntervalSince1970 * 1000)
        if milliseconds == millisecondOfTime { return textOfMillisecond }
        millisecondOfTime = milliseconds
        let second = milliseconds / 1000
        if second != secondOfTime {
            secondOfTime = second
            textOfSecond = String(
                Date(timeIntervalSince1970: Double(second)).formatted(Date.ISO8601FormatStyle()).dropLast())
        }
        let fraction = String(milliseconds % 1000)
        textOfMillisecond =
            "\(textOfSecond).\(String(repeating: "0", count: max(0, 3 - fraction.utf8.count)))\(fraction)Z"
        return textOfMillisecond
    }
}

/// How many copies all event loops may make in a second.
final class CopyBudget: Sendable {
    private let most: UInt64?
    /// The second, and in its low half how many copies were made in it.
    private let state = Atomic<UInt64>(0)

    init(most: Int?) {
        self.most = most.map { UInt64(clamping: $0) }
    }

    /// Takes one; false if there is none left.
    func take() -> Bool {
        guard let most else { return true }
        let second = NIODeadline.now().uptimeNanoseconds / 1_000_000_000 & 0xFFFF_FFFF
        var current = state.load(ordering: .relaxed)
        while true {
            let count = current >> 32 == second ? current & 0xFFFF_FFFF : 0
            guard count < most else { return false }
            let result = state.compareExchange(
                expected: current, desired: second << 32 | (count + 1), ordering: .relaxed)
            if result.exchanged { return true }
            current = result.original
        }
    }
}

/// Memory for copies that wait, of all event loops.
final class PendingBudget: Sendable {
    private let most: Int
    private let used = Atomic<Int>(0)

    init(most: Int) {
        self.most = most
    }

    /// Takes bytes; false if there are not as many.
    func take(_ bytes: Int) -> Bool {
        guard used.add(bytes, ordering: .relaxed).newValue > most else { return true }
        used.subtract(bytes, ordering: .relaxed)
        return false
    }

    func give(_ bytes: Int) {
        if bytes > 0 { used.subtract(bytes, ordering: .relaxed) }
    }
}
