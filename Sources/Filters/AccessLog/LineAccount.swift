import FilterAPI
import NIOCore
import Synchronization
import Telemetry

/// What one access log has written and dropped, and how much of its own waits for the file.
final class LineAccount: Sendable {
    let maxBufferedBytes: Int
    /// Bytes that were handed over and are not written yet.
    let bufferedBytes = Atomic<Int>(0)
    /// Memory of batches that were written, to be used again.
    private let spares = Mutex<[ByteBuffer]>([])
    private let labels: [String]
    private let metrics: MetricsRegistry
    private let written: CounterFamily
    private let dropped: CounterFamily
    /// Nil unless this is a dry run.
    private let withheld: CounterFamily?
    private let errors: CounterFamily

    init(_ context: FilterContext, maxBufferedBytes: Int) {
        self.maxBufferedBytes = maxBufferedBytes
        labels = [context.name]
        metrics = context.metrics
        written = metrics.counter(
            "sluice_access_log_lines_total", help: "Lines that access logs have written.", labels: ["filter"])
        dropped = metrics.counter(
            "sluice_access_log_lines_dropped_total",
            help: "Lines that access logs have dropped because their file did not take them fast enough.",
            labels: ["filter"])
        withheld =
            context.isDryRun
            ? metrics.counter(
                "sluice_access_log_lines_would_write_total",
                help: "Lines that access logs in a dry run would have written.", labels: ["filter"])
            : nil
        errors = metrics.counter(
            "sluice_access_log_errors_total",
            help: "Failures of writing, or of opening anew, the files of access logs.",
            labels: ["filter"])
        // So that they are shown before the first line.
        metrics.shared.increment(written, labels, by: 0)
        metrics.shared.increment(dropped, labels, by: 0)
        metrics.shared.increment(errors, labels, by: 0)
    }

    /// Empty memory for a batch.
    func takeBuffer() -> ByteBuffer {
        var buffer = spares.withLock { $0.isEmpty ? ByteBuffer() : $0.removeFirst() }
        // The same memory, unless the file's thread is not quite done with it.
        buffer.clear()
        return buffer
    }

    /// Takes the memory of a batch back.
    func giveBack(_ buffer: ByteBuffer) {
        guard buffer.capacity <= LoopLines.batchBytes * 2 else { return }
        spares.withLock { spares in
            if spares.count < Self.mostSpares { spares.append(buffer) }
        }
    }

    private static let mostSpares = 4

    /// Counts lines that reached the file.
    func countWritten(_ lines: Int) {
        metrics.shared.increment(written, labels, by: UInt64(clamping: lines))
    }

    /// Counts lines that were given up.
    func countDropped(_ lines: Int) {
        metrics.shared.increment(dropped, labels, by: UInt64(clamping: lines))
    }

    /// Counts lines of a dry run.
    func countWithheld(_ lines: Int) {
        guard let withheld else { return }
        metrics.shared.increment(withheld, labels, by: UInt64(clamping: lines))
    }

    /// Counts a failure of the file.
    func countError() {
        metrics.shared.increment(errors, labels)
    }
}
