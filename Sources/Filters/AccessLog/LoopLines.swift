import FilterAPI
import NIOCore
import Sinks

/// The lines of one access log on one event loop, until they are handed to the file.
///
/// They are handed over when there are many, and otherwise in a while.
final class LoopLines: @unchecked Sendable {
    // Safety: all variables are touched on `loop` only.
    private let loop: any EventLoop
    private let program: LineProgram
    /// Nil in a dry run.
    private let lease: LineFileLease?
    private let backlog: LineBacklog
    private let account: LineAccount
    private let flushInterval: TimeAmount
    @exclusivity(unchecked) private var bytes = ByteBuffer()
    @exclusivity(unchecked) private var lines = 0
    @exclusivity(unchecked) private var time = LineTime()
    @exclusivity(unchecked) private var isFlushScheduled = false

    /// As many bytes are handed over at once.
    ///
    /// To wake the file's thread costs tens of microseconds of the event loop, so that batches are large.
    static let batchBytes = 256 << 10
    /// The same for this log: a batch must not be all that may wait.
    private let batchBytes: Int
    /// Enough for most lines.
    private static let usualLineBytes = 2 << 10

    init(
        loop: any EventLoop, program: LineProgram, lease: LineFileLease?, backlog: LineBacklog, account: LineAccount,
        flushInterval: Duration
    ) {
        self.loop = loop
        self.program = program
        self.lease = lease
        self.backlog = backlog
        self.account = account
        batchBytes = min(Self.batchBytes, backlog.maxBytes / 4)
        self.flushInterval = TimeAmount(flushInterval)
    }

    /// Writes the line of a request; on the loop.
    ///
    /// - Parameters:
    ///   - request: the request, at its end.
    ///   - runs: what the lines of its connection have in common.
    func append(_ request: CompletedRequest, _ runs: ConnectionRuns) {
        loop.assertInEventLoop()
        runs.update(program, for: request.record, of: request.record.connection)
        let moment = LineTime.now
        var room = Self.usualLineBytes
        while true {
            let count = bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
                guard var cursor = LineCursor(memory) else { return 0 }
                program.write(request, at: moment, with: &time, runs, to: &cursor)
                return cursor.hasOverflowed ? 0 : cursor.count
            }
            if count > 0 { break }
            room *= 2
        }
        lines += 1
        if bytes.readableBytes >= batchBytes { return handOver() }
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.scheduleTask(in: flushInterval) {
            self.isFlushScheduled = false
            self.handOver()
        }
    }

    /// Hands over what there is; on the loop.
    private func handOver() {
        guard lines > 0 else { return }
        let batch = LineBatch(bytes: bytes, lines: lines, backlog: backlog)
        lines = 0
        guard let lease else {
            account.countWithheld(batch.lines)
            bytes.clear()
            return
        }
        bytes = backlog.takeBuffer()
        if !lease.file.append(batch) { account.dropped(batch.lines, bytes: 0, .bufferFull) }
    }

    /// Hands over what there is, wherever it is called.
    func handOverFromAnywhere() async {
        // It only fails when the loop has ended; nothing is left to be done then.
        try? await loop.submit { self.handOver() }.get()
    }
}
