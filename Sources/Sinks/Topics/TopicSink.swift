import FilterAPI
import KafkaClient
import NIOCore
import NIOPosix
import Settings
import Synchronization
import Telemetry

/// Writes records to a topic of one of the clusters.
///
/// The producers live on event loops that no client's connection is on: compression is theirs to pay.
final class TopicSink: Sink {
    private let meter: SinkMeter
    private let producer: KafkaProducer
    private let topic: ProducerTopic
    private let durable: DurableTopic
    private let probe: DelayProbe
    /// The part of each event loop, by the loop.
    private let ports = Mutex<[ObjectIdentifier: TopicSinkPort]>([:])

    /// How long ``shutDown()`` waits for brokers that do not take what there is.
    private static let shutDownPatience = TimeAmount.seconds(3)

    /// Makes a sink. It connects when there are records.
    ///
    /// - Throws: if there is no such cluster, which the configuration rules out.
    init(_ configuration: TopicSinkConfiguration, context: FilterContext) throws(SettingProblem) {
        guard let cluster = context.clusters[configuration.cluster] else {
            throw SettingProblem("there is no cluster '\(configuration.cluster)'")
        }
        let meter = SinkMeter(context)
        let probe = DelayProbe()
        self.meter = meter
        self.probe = probe
        let settings = ProducerConfiguration(configuration, servers: cluster.servers, filter: context.name)
        let connector = ClusterConnector(cluster: cluster)
        let logger = context.logger
        let failures = FailureLog(topic: configuration.topic, cluster: cluster.name, logger: logger)
        producer = KafkaProducer(
            settings, connector: connector, eventLoop: MultiThreadedEventLoopGroup.singleton.any()
        ) { outcome in
            meter.count(outcome, since: probe.ended(outcome.records))
            failures.note(outcome)
        }
        guard let topic = producer.topic(configuration.topic) else {
            throw SettingProblem("there is no room for another topic")
        }
        self.topic = topic
        durable = DurableTopic(
            configuration.topic, settings, connector: connector, eventLoop: producer.eventLoop, meter: meter,
            failures: failures)
    }

    var form: SinkForm { .records }
    var stream: (any FilterStream)? { nil }

    func port(on loop: any EventLoop, metrics: MetricsShard) -> any SinkPort {
        ports.withLock { ports in
            let key = ObjectIdentifier(loop)
            if let known = ports[key] { return known }
            let port = TopicSinkPort(
                loop: loop, stage: producer.stage(on: loop), topic: topic, durable: durable,
                counters: meter.counters(metrics), probe: probe)
            ports[key] = port
            return port
        }
    }

    func reopenFiles() {}

    func shutDown() async {
        async let ended: Void? = try? producer.shutDown(within: Self.shutDownPatience).get()
        await durable.shutDown(within: Self.shutDownPatience)
        _ = await ended
    }
}

/// The part of an event loop.
final class TopicSinkPort: SinkPort, @unchecked Sendable {
    // Safety: everything is touched on `loop` only.
    private let loop: any EventLoop
    private let stage: ProducerStage
    private let topic: ProducerTopic
    private let durable: DurableTopic
    private let counters: SinkMeter.Counters
    private let probe: DelayProbe

    init(
        loop: any EventLoop, stage: ProducerStage, topic: ProducerTopic, durable: DurableTopic,
        counters: SinkMeter.Counters, probe: DelayProbe
    ) {
        self.loop = loop
        self.stage = stage
        self.topic = topic
        self.durable = durable
        self.counters = counters
        self.probe = probe
    }

    var isOpen: Bool { true }

    func skip() {}

    func hasRoom(for bytes: Int) -> Bool { stage.hasRoom(for: bytes) }

    func refuse(_ count: Int) {
        counters.drop(.bufferFull, count)
    }

    func offer(_ record: SinkRecord) -> SinkOffer {
        loop.assertInEventLoop()
        let headers = record.wireHeaders
        let bytes = record.size + headers.readableBytes
        // Before, so that its end is not counted first.
        counters.accept(bytes: bytes)
        probe.accepted()
        let result = stage.enqueue(
            topic, key: record.key, value: record.value, headers: headers, timestamp: record.timestamp)
        guard case .dropped(let reason) = result else { return .accepted }
        probe.takenBack()
        counters.takeBack(bytes: bytes)
        counters.drop(SinkDropReason(reason))
        return .dropped(SinkDropReason(reason))
    }

    func offerDurably(_ record: SinkRecord, within timeout: TimeAmount) -> EventLoopFuture<Void> {
        loop.assertInEventLoop()
        counters.accept(bytes: record.size + record.wireHeaders.readableBytes)
        return durable.write(record, within: timeout).orFail(SinkError(.timedOut), after: timeout, on: loop)
    }
}

extension SinkRecord {
    /// The bytes of key and value.
    var size: Int { (key?.readableBytes ?? 0) + (value?.readableBytes ?? 0) }

    /// The headers as the wire has them.
    var wireHeaders: ByteBuffer {
        if let encodedHeaders { return encodedHeaders }
        return headers.isEmpty ? ByteBuffer() : RecordHeaders.encode(headers.map { ($0.name, $0.value) })
    }
}

extension SinkDropReason {
    init(_ reason: DropReason) {
        switch reason {
        case .bufferFull: self = .bufferFull
        case .recordTooLarge: self = .tooLarge
        case .shuttingDown: self = .shutDown
        case .unusableBatch: self = .writeFailed
        }
    }

    init(_ failure: ProducerFailure) {
        switch failure {
        case .deliveryTimeout: self = .timedOut
        case .shutDown: self = .shutDown
        case .refused, .topicUnavailable, .unknownPartition, .unsupportedVersion, .compression, .corruptBatch:
            self = .writeFailed
        }
    }
}

extension SinkMeter {
    /// What a producer counts for each record beyond its bytes.
    private static let recordOverhead = 28

    /// Counts the end of records.
    func count(_ outcome: ProducerOutcome, since: NIODeadline?) {
        let bytes = outcome.bytes - Self.recordOverhead * outcome.records
        switch outcome.result {
        case .delivered: written(outcome.records, bytes: bytes, since: since)
        case .failed(let failure): dropped(outcome.records, bytes: bytes, SinkDropReason(failure))
        }
    }
}
