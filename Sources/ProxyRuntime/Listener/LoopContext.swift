import KafkaRecords
import KafkaWire
import NIOCore
import Telemetry

/// What all connections of one event loop share. Touched on that loop only.
final class LoopContext {
    let eventLoop: any EventLoop
    let shard = MetricsShard()
    let topics: TopicTable
    let allocator = ByteBufferAllocator()
    /// The codecs of record batches, which keep their working memory.
    let compression = CompressionContexts()
    /// When the latest bytes came: one look at the clock for a chunk is enough.
    private(set) var now = NIODeadline.now()
    /// The connections of clients that live on this loop.
    var connections: [ObjectIdentifier: DownstreamConnection] = [:]
    /// True once no further request is to be taken.
    var isDraining = false
    private var sweeping: Scheduled<Void>?

    init(eventLoop: any EventLoop, metrics: CoreMetrics) {
        self.eventLoop = eventLoop
        topics = TopicTable(shard: shard, metrics: metrics)
    }

    /// Looks at the clock.
    func tick() -> NIODeadline {
        now = .now()
        return now
    }

    /// Looks every second for what has taken too long.
    func startSweeping() {
        sweeping = eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
            guard let self else { return }
            let now = self.tick()
            for connection in Array(self.connections.values) { connection.sweep(now: now) }
            self.startSweeping()
        }
    }

    /// Ends the sweep.
    func stopSweeping() {
        sweeping?.cancel()
        sweeping = nil
    }
}
