import FilterAPI
import NIOCore
import Settings
import Synchronization
import Telemetry

/// Writes lines to a file, or to standard output.
final class FileSink: Sink {
    private let lease: LineFileLease
    private let backlog: LineBacklog
    private let meter: SinkMeter
    /// The part of each event loop, by the loop.
    private let ports = Mutex<[ObjectIdentifier: FileSinkPort]>([:])

    /// How long ``shutDown()`` waits for a file that does not take its lines.
    private static let shutDownPatience: Duration = .seconds(2)

    /// Opens the file.
    init(
        _ configuration: FileSinkConfiguration, purpose: String, context: FilterContext, disk: Disk = .system
    ) throws(LineFileError) {
        let meter = SinkMeter(context)
        self.meter = meter
        backlog = LineBacklog(
            purpose: purpose, maxBytes: configuration.maxBuffered.bytes, batchBytes: FileSinkPort.batchBytes,
            observer: meter)
        lease = try LineFileLease(
            path: configuration.path, purpose: purpose,
            rotation: FileRotation(maxBytes: configuration.rotate.bytes, keep: configuration.keep),
            logger: context.logger, disk: disk)
    }

    var form: SinkForm { .documents }
    var stream: (any FilterStream)? { nil }

    func port(on loop: any EventLoop, metrics: MetricsShard) -> any SinkPort {
        ports.withLock { ports in
            let key = ObjectIdentifier(loop)
            if let known = ports[key] { return known }
            let port = FileSinkPort(loop: loop, lease: lease, backlog: backlog, counters: meter.counters(metrics))
            ports[key] = port
            return port
        }
    }

    func reopenFiles() {
        lease.file.reopen(for: backlog)
    }

    func shutDown() async {
        for port in ports.withLock({ Array($0.values) }) { await port.handOverFromAnywhere() }
        await lease.file.flush(patience: Self.shutDownPatience)
    }
}

/// The lines of one event loop, until they are handed to the file: when there are many, and otherwise in a while.
final class FileSinkPort: SinkPort, @unchecked Sendable {
    // Safety: all variables are touched on `loop` only.
    private let loop: any EventLoop
    private let lease: LineFileLease
    private let backlog: LineBacklog
    private let counters: SinkMeter.Counters
    private var bytes = ByteBuffer()
    private var lines = 0
    /// When the first of them came.
    private var since = NIODeadline.uptimeNanoseconds(0)
    private var isFlushScheduled = false
    /// For lines that somebody waits for.
    private var durability: LineBatch.Durability?

    /// As many bytes are handed over at once: to wake the file's thread costs tens of microseconds of the event loop.
    static let batchBytes = 256 << 10
    /// How long lines wait for others.
    private static let flushInterval = TimeAmount.milliseconds(100)

    init(loop: any EventLoop, lease: LineFileLease, backlog: LineBacklog, counters: SinkMeter.Counters) {
        self.loop = loop
        self.lease = lease
        self.backlog = backlog
        self.counters = counters
    }

    var isOpen: Bool { true }

    func skip() {}

    func hasRoom(for bytes: Int) -> Bool { backlog.hasRoom(for: bytes) }

    func refuse(_ count: Int) {
        counters.drop(.bufferFull, count)
    }

    func offer(_ record: SinkRecord) -> SinkOffer {
        loop.assertInEventLoop()
        return offered(stage(record))
    }

    func offerLine(_ write: (inout ByteBuffer) -> Void) -> SinkOffer {
        loop.assertInEventLoop()
        return offered(stage(write))
    }

    private func offered(_ obstacle: SinkDropReason?) -> SinkOffer {
        if let obstacle { return .dropped(obstacle) }
        if bytes.readableBytes >= min(Self.batchBytes, backlog.maxBytes / 4) {
            handOver()
        } else {
            scheduleFlush(in: Self.flushInterval)
        }
        return .accepted
    }

    func offerDurably(_ record: SinkRecord, within timeout: TimeAmount) -> EventLoopFuture<Void> {
        loop.assertInEventLoop()
        if let reason = stage(record) { return loop.makeFailedFuture(SinkError(reason)) }
        let promise: EventLoopPromise<Void>
        if let durability {
            promise = durability.promise
        } else {
            promise = loop.makePromise(of: Void.self)
            durability = LineBatch.Durability(deadline: .now() + timeout, promise: promise)
            // Those of the same turn of the loop are written together.
            loop.assumeIsolated().execute { self.handOver() }
        }
        return promise.futureResult.orFail(SinkError(.timedOut), after: timeout, on: loop)
    }

    private func stage(_ record: SinkRecord) -> SinkDropReason? {
        stage { if let value = record.value { $0.writeImmutableBuffer(value) } }
    }

    /// - Returns: why there is no room for it, which is counted; nil if there is.
    private func stage(_ write: (inout ByteBuffer) -> Void) -> SinkDropReason? {
        let start = bytes.writerIndex
        write(&bytes)
        bytes.writeInteger(UInt8(ascii: "\n"))
        let count = bytes.writerIndex - start
        guard backlog.reserve(count) else {
            bytes.moveWriterIndex(to: start)
            let reason = count > backlog.maxBytes ? SinkDropReason.tooLarge : .bufferFull
            counters.drop(reason)
            return reason
        }
        counters.accept(bytes: count)
        if lines == 0 { since = .now() }
        lines += 1
        return nil
    }

    private func scheduleFlush(in time: TimeAmount) {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        loop.assumeIsolated().scheduleTask(in: time) {
            self.isFlushScheduled = false
            self.handOver()
        }
    }

    private func handOver() {
        guard lines > 0 else { return }
        var batch = LineBatch(
            bytes: bytes, lines: lines, backlog: backlog, since: since, isReserved: true, durability: durability)
        durability = nil
        lines = 0
        bytes = backlog.takeBuffer()
        guard !lease.file.append(batch) else { return }
        batch.dropReason = .shutDown
        batch.durability?.promise.fail(SinkError(.shutDown))
        batch.settle()
    }

    /// Hands over what there is, wherever it is called.
    func handOverFromAnywhere() async {
        // It only fails when the loop has ended; nothing is left to be done then.
        try? await loop.submit { self.handOver() }.get()
    }
}
