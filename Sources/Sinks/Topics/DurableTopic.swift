import KafkaClient
import NIOCore

/// Records for which somebody waits: a producer of their own, and one partition, so that ends come in the order of the
/// records.
final class DurableTopic: @unchecked Sendable {
    // Safety: all variables are touched on `loop` only.
    private let name: String
    private let configuration: ProducerConfiguration
    private let connector: any BrokerConnector
    private let loop: any EventLoop
    private let meter: SinkMeter
    private let failures: FailureLog
    private var producer: KafkaProducer?
    private var topic: ProducerTopic?
    /// Who waits, in the order of the records.
    private var waiting = CircularBuffer<EventLoopPromise<Void>>()
    /// Ends that are to come of records for which nobody waits any more.
    private var owed = 0
    private var hasEnded = false

    /// Where such records go: nothing else keeps them in order.
    private static let partition: Int32 = 0
    /// They do not wait long for others.
    private static let linger = TimeAmount.milliseconds(2)

    init(
        _ name: String, _ configuration: ProducerConfiguration, connector: any BrokerConnector,
        eventLoop: any EventLoop, meter: SinkMeter, failures: FailureLog
    ) {
        self.name = name
        self.configuration = configuration
        self.connector = connector
        self.meter = meter
        self.failures = failures
        loop = eventLoop
    }

    /// Writes a record; called on any loop. It counts as offered already.
    ///
    /// - Returns: succeeds when all in-sync replicas have it.
    func write(_ record: SinkRecord, within timeout: TimeAmount) -> EventLoopFuture<Void> {
        loop.flatSubmit { self.enqueue(record, timeout) }
    }

    private func enqueue(_ record: SinkRecord, _ timeout: TimeAmount) -> EventLoopFuture<Void> {
        let headers = record.wireHeaders
        let bytes = record.size + headers.readableBytes
        // Until the ends of what has failed have come, nobody could tell whose the next is.
        guard !hasEnded, owed == 0 else { return drop(bytes, hasEnded ? .shutDown : .writeFailed) }
        guard let producer, let topic else {
            begin(timeout)
            // Behind what the producer has to do for its topic, which waits in this loop's queue.
            return loop.flatSubmit { self.enqueue(record, timeout) }
        }
        let stage = producer.stage(on: loop)
        // Before the record, whose end may come while it is handed over.
        let promise = loop.makePromise(of: Void.self)
        waiting.append(promise)
        let result = stage.enqueue(
            topic, key: record.key, value: record.value, headers: headers, partition: Self.partition,
            timestamp: record.timestamp)
        if case .dropped(let reason) = result {
            waiting.removeLast()
            promise.fail(SinkError(SinkDropReason(reason)))
            meter.dropped(1, bytes: bytes, SinkDropReason(reason))
            return promise.futureResult
        }
        stage.flush()
        return promise.futureResult
    }

    private func drop(_ bytes: Int, _ reason: SinkDropReason) -> EventLoopFuture<Void> {
        meter.dropped(1, bytes: bytes, reason)
        return loop.makeFailedFuture(SinkError(reason))
    }

    private func begin(_ timeout: TimeAmount) {
        guard producer == nil else { return }
        var configuration = configuration
        configuration.linger = min(configuration.linger, Self.linger)
        configuration.deliveryTimeout = timeout
        configuration.requestTimeout = min(configuration.requestTimeout, timeout)
        configuration.unknownTopicTimeout = min(configuration.unknownTopicTimeout, timeout)
        let made = KafkaProducer(configuration, connector: connector, eventLoop: loop) { self.ended($0) }
        producer = made
        topic = made.topic(name)
    }

    private func ended(_ outcome: ProducerOutcome) {
        loop.assertInEventLoop()
        meter.count(outcome, since: nil)
        failures.note(outcome)
        for _ in 0..<outcome.records {
            if owed > 0 {
                owed -= 1
                continue
            }
            guard let promise = waiting.popFirst() else { return }
            guard case .failed(let failure) = outcome.result else {
                promise.succeed()
                continue
            }
            // Which record it was is not certain from here on: all that wait are taken for lost.
            let error = SinkError(SinkDropReason(failure))
            promise.fail(error)
            owed += waiting.count
            for promise in waiting { promise.fail(error) }
            waiting.removeAll()
        }
    }

    /// Ends the producer, if there is one.
    func shutDown(within timeout: TimeAmount) async {
        let ended = loop.flatSubmit { () -> EventLoopFuture<Void> in
            self.hasEnded = true
            let ended = self.producer?.shutDown(within: timeout) ?? self.loop.makeSucceededVoidFuture()
            // The producer holds on to this for its outcomes.
            return ended.map { self.producer = nil }
        }
        try? await ended.get()
    }
}
