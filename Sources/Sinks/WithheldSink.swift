import FilterAPI
import NIOCore
import Telemetry

/// Takes everything and writes nothing: what a dry run would have written is counted.
final class WithheldSink: Sink {
    let form: SinkForm
    private let labels: [String]
    private let withheld: CounterFamily

    init(_ form: SinkForm, context: FilterContext) {
        self.form = form
        labels = [context.listener, context.name]
        withheld = context.metrics.counter(
            "sluice_sink_would_write_total", help: "Records that sinks would have been offered, but for a dry run.",
            labels: ["listener", "filter"])
        context.metrics.shared.increment(withheld, labels, by: 0)
    }

    var stream: (any FilterStream)? { nil }

    func port(on loop: any EventLoop, metrics: MetricsShard) -> any SinkPort {
        WithheldSinkPort(loop: loop, counter: metrics.counter(withheld, labels), shard: metrics)
    }

    func reopenFiles() {}

    func shutDown() async {}
}

private final class WithheldSinkPort: SinkPort {
    private let loop: any EventLoop
    private let counter: Counter
    /// The counter lives as long as it does.
    private let shard: MetricsShard

    init(loop: any EventLoop, counter: Counter, shard: MetricsShard) {
        self.loop = loop
        self.counter = counter
        self.shard = shard
    }

    var isOpen: Bool { true }

    func skip() {}

    func offer(_ record: SinkRecord) -> SinkOffer {
        counter.increment()
        return .accepted
    }

    func offerDurably(_ record: SinkRecord, within timeout: TimeAmount) -> EventLoopFuture<Void> {
        counter.increment()
        return loop.makeSucceededVoidFuture()
    }
}
