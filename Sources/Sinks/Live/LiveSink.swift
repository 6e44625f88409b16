import FilterAPI
import NIOCore
import Synchronization
import Telemetry

/// Shows documents to whoever watches, and costs next to nothing while nobody does.
final class LiveSink: Sink {
    private let hub = LiveStream()
    private let meter: SinkMeter
    private let ports = Mutex<[ObjectIdentifier: LiveSinkPort]>([:])

    init(_ context: FilterContext) {
        meter = SinkMeter(context)
    }

    var form: SinkForm { .documents }
    var stream: (any FilterStream)? { hub }

    func port(on loop: any EventLoop, metrics: MetricsShard) -> any SinkPort {
        ports.withLock { ports in
            let key = ObjectIdentifier(loop)
            if let known = ports[key] { return known }
            let port = LiveSinkPort(loop: loop, hub: hub, meter: meter, counters: meter.counters(metrics))
            ports[key] = port
            return port
        }
    }

    func reopenFiles() {}

    func shutDown() async {
        for port in ports.withLock({ Array($0.values) }) { await port.handOverFromAnywhere() }
        hub.end()
    }
}

/// The documents of one event loop, until they are shown in a moment.
final class LiveSinkPort: SinkPort, @unchecked Sendable {
    // Safety: all variables are touched on `loop` only.
    private let loop: any EventLoop
    private let hub: LiveStream
    private let meter: SinkMeter
    private let counters: SinkMeter.Counters
    private var lines: [ByteBuffer] = []
    private var bytes = 0
    private var since = NIODeadline.uptimeNanoseconds(0)

    private static let flushInterval = TimeAmount.milliseconds(20)
    /// As many bytes wait for that at most.
    private static let mostBytes = 4 << 20

    init(loop: any EventLoop, hub: LiveStream, meter: SinkMeter, counters: SinkMeter.Counters) {
        self.loop = loop
        self.hub = hub
        self.meter = meter
        self.counters = counters
    }

    var isOpen: Bool { hub.isWatched }

    func skip() {
        counters.drop(.noWatcher)
    }

    func offer(_ record: SinkRecord) -> SinkOffer {
        guard hub.isWatched else {
            counters.drop(.noWatcher)
            return .dropped(.noWatcher)
        }
        let size = (record.value?.readableBytes ?? 0) + 1
        guard bytes + size <= Self.mostBytes else {
            counters.drop(.bufferFull)
            return .dropped(.bufferFull)
        }
        var line = ByteBuffer()
        line.reserveCapacity(size)
        if let value = record.value { line.writeImmutableBuffer(value) }
        line.writeInteger(UInt8(ascii: "\n"))
        if lines.isEmpty {
            since = .now()
            loop.assumeIsolated().scheduleTask(in: Self.flushInterval) { self.handOver() }
        }
        lines.append(line)
        bytes += size
        counters.accept(bytes: size)
        return .accepted
    }

    func offerDurably(_ record: SinkRecord, within timeout: TimeAmount) -> EventLoopFuture<Void> {
        _ = offer(record)
        return loop.makeFailedFuture(SinkError(.noWatcher))
    }

    private func handOver() {
        guard !lines.isEmpty else { return }
        let isShown = hub.show(lines)
        if isShown {
            meter.written(lines.count, bytes: bytes, since: since)
        } else {
            meter.dropped(lines.count, bytes: bytes, .noWatcher)
        }
        lines.removeAll(keepingCapacity: true)
        bytes = 0
    }

    func handOverFromAnywhere() async {
        // It only fails when the loop has ended; nothing is left to be done then.
        try? await loop.submit { self.handOver() }.get()
    }
}
