import Foundation
import Glibc
import Logging

/// Writes lines to a file descriptor from a thread of its own, so that no event loop waits for a slow terminal or a full pipe.
///
/// What does not fit into the queue is dropped and counted, and the number is written when the descriptor takes lines again.
public final class LogSink: @unchecked Sendable {
    // Safety: `condition` guards every variable below; the descriptor is written by the writer thread only.
    private let condition = NSCondition()
    private var queue: [UInt8] = []
    private var isWriting = false
    private var isStarted = false
    private var dropped: UInt64 = 0
    private var droppedSinceReport: UInt64 = 0

    /// How the lines look that go through this sink.
    public let format: LogFormat
    private let descriptor: Int32
    private let maxQueuedBytes: Int

    /// Makes a sink; its thread starts with the first line.
    ///
    /// - Parameters:
    ///   - format: how the lines look that go through this sink.
    ///   - descriptor: where to write, standard error unless told otherwise. It is not closed.
    ///   - maxQueuedBytes: how many bytes may wait to be written, 1 MiB unless told otherwise; as many again are being written.
    public init(format: LogFormat = .text, descriptor: Int32 = 2, maxQueuedBytes: Int = 1 << 20) {
        self.format = format
        self.descriptor = descriptor
        self.maxQueuedBytes = maxQueuedBytes
    }

    /// Queues a line.
    ///
    /// - Parameter line: the line, its newline included.
    public func write(_ line: String) {
        condition.lock()
        defer { condition.unlock() }
        guard queue.count + line.utf8.count <= maxQueuedBytes else {
            dropped += 1
            droppedSinceReport += 1
            return
        }
        queue.append(contentsOf: line.utf8)
        startIfNeeded()
        condition.broadcast()
    }

    /// How many lines were dropped.
    public var droppedLines: UInt64 {
        condition.lock()
        defer { condition.unlock() }
        return dropped
    }

    /// Waits until all that was queued is written. Blocks: for the end of the process, never on a loop.
    ///
    /// - Parameter seconds: how long to wait at most, 2 unless told otherwise.
    /// - Returns: whether all is written.
    @discardableResult
    public func flush(seconds: Double = 2) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !queue.isEmpty || isWriting {
            guard condition.wait(until: deadline) else { return false }
        }
        return true
    }

    /// Declares `sluice_log_lines_dropped_total`.
    ///
    /// - Parameter registry: where to declare it.
    public func declareMetrics(in registry: MetricsRegistry) {
        registry.sampled(
            "sluice_log_lines_dropped_total",
            help: "Log lines that were dropped because standard error was not read fast enough."
        ) {
            [MetricSample([], Double(self.droppedLines))]
        }
    }

    private func startIfNeeded() {
        guard !isStarted else { return }
        isStarted = true
        // The thread, and so the sink, lives as long as the process.
        let thread = Thread { self.writeForever() }
        thread.name = "sluice-log"
        thread.stackSize = 256 << 10
        thread.start()
    }

    private func writeForever() {
        while true {
            condition.lock()
            isWriting = false
            condition.broadcast()
            while queue.isEmpty {
                condition.wait()
            }
            var bytes: [UInt8] = []
            swap(&bytes, &queue)
            let missing = droppedSinceReport
            droppedSinceReport = 0
            isWriting = true
            condition.unlock()

            if missing > 0 {
                let record = LogRecord(
                    time: .now, level: .warning, label: "sluice.log", message: "log lines dropped",
                    metadata: [(key: "lines", value: "\(missing)")])
                bytes.append(contentsOf: record.line(as: format).utf8)
            }
            writeAll(bytes)
        }
    }

    /// Writes everything; gives up on a descriptor that is gone, as there is nobody to tell.
    private func writeAll(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written >= 0 {
                    rest = rest.dropFirst(written)
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}
