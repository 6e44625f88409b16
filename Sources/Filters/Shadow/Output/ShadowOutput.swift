import FilterAPI
import KafkaClient
import Logging
import NIOCore
import Settings
import Sinks
import Synchronization

/// Where the copies of a shadow go: a producer to its cluster, and how much of them there may be. A filter that takes the
/// place of another one shares it, so that copies keep their order over a reload.
final class ShadowOutput: Sendable {
    /// What two filters must have in common to share one.
    struct Settings: Sendable, Hashable {
        var maxBufferedBytes: Int
        var deliveryTimeout: Duration

        init(_ configuration: ShadowConfiguration) {
            maxBufferedBytes = configuration.maxBuffered.bytes
            deliveryTimeout = configuration.deliveryTimeout
        }
    }

    let settings: Settings
    let budget: ShadowBudget
    private let cluster: any ClusterAccess
    private let metrics: ShadowMetrics
    private let producer: KafkaProducer
    /// On the producer's loop.
    private let pairs: NIOLoopBoundBox<ShadowPairs>
    private let nextPair = Atomic(ShadowTag.firstPair)
    /// How many filters have it; it ends with the last.
    private let leases = Mutex(1)

    /// How long ``release()`` waits for brokers that do not take what there is.
    private static let shutDownPatience = TimeAmount.seconds(3)

    /// Makes one. It connects when there are copies.
    init(
        _ cluster: any ClusterAccess, _ settings: Settings, metrics: ShadowMetrics, context: FilterContext,
        eventLoop loop: any EventLoop
    ) {
        self.cluster = cluster
        self.settings = settings
        self.metrics = metrics
        let budget = ShadowBudget(bytes: settings.maxBufferedBytes)
        self.budget = budget
        let pairs = NIOLoopBoundBox.makeBoxSendingValue(ShadowPairs(), eventLoop: loop)
        self.pairs = pairs
        var configuration = ProducerConfiguration(
            bootstrapServers: cluster.servers.map { .init(host: $0.host, port: $0.port) },
            clientID: "sluice-\(context.name)")
        // The budget counts every copy from its making on.
        configuration.maxBufferedBytes = .max / 2
        configuration.deliveryTimeout = TimeAmount(settings.deliveryTimeout)
        configuration.unknownTopicTimeout = min(configuration.unknownTopicTimeout, configuration.deliveryTimeout)
        let failures = ShadowFailureLog(cluster: cluster.name, logger: context.logger)
        producer = KafkaProducer(configuration, connector: ClusterConnector(cluster: cluster), eventLoop: loop) {
            outcome in
            budget.give(outcome.bytes)
            metrics.count(outcome)
            failures.note(outcome)
            let isTaken = if case .delivered = outcome.result { true } else { false }
            switch outcome.tag {
            case ShadowTag.unknown: break
            case ShadowTag.acknowledged: if !isTaken { metrics.count(ShadowDifference.shadowFailed) }
            default:
                let difference = pairs.value.note(outcome.tag, isTaken ? .taken : .refused, isPrimary: false)
                if let difference { metrics.count(difference) }
            }
        }
    }

    /// Whether a filter with these settings can share it.
    func serves(_ other: any ClusterAccess, _ settings: Settings) -> Bool {
        // A cluster that was replaced is another object, whatever its name.
        self.settings == settings && (cluster as AnyObject) === (other as AnyObject)
    }

    /// Takes a share; false if it has ended.
    func retain() -> Bool {
        leases.withLock { leases in
            guard leases > 0 else { return false }
            leases += 1
            return true
        }
    }

    /// Gives a share back; with the last, what there is is written and the producer ends.
    func release() async {
        let isLast = leases.withLock { leases in
            leases -= 1
            return leases == 0
        }
        if isLast { try? await producer.shutDown(within: Self.shutDownPatience).get() }
    }

    /// A topic that copies go to; nil if there are too many already. Takes a lock: keep what comes.
    func topic(_ name: String) -> ProducerTopic? { producer.topic(name) }

    /// Where an event loop hands copies over. Takes a lock: keep what comes.
    func stage(on loop: any EventLoop) -> ProducerStage { producer.stage(on: loop) }

    /// The number of a batch that is sent before the primary has said what it makes of it.
    func makePair() -> UInt64 { nextPair.add(1, ordering: .relaxed).oldValue }

    /// Notes what the primary has made of batches that were sent at once; on any loop.
    func notePrimary(_ ends: [(pair: UInt64, end: ShadowPairs.End)]) {
        guard !ends.isEmpty else { return }
        producer.eventLoop.execute { [pairs, metrics] in
            for (pair, end) in ends {
                guard let difference = pairs.value.note(pair, end, isPrimary: true) else { continue }
                metrics.count(difference)
            }
        }
    }
}

/// Logs that copies are not written, once, and that they are written again.
final class ShadowFailureLog: Sendable {
    private let isFailing = Atomic(false)
    private let cluster: String
    private let logger: Logger

    init(cluster: String, logger: Logger) {
        self.cluster = cluster
        self.logger = logger
    }

    /// Notes the end of a copy.
    func note(_ outcome: ProducerOutcome) {
        let metadata: Logger.Metadata = ["topic": "\(outcome.topic)", "cluster": "\(cluster)"]
        switch outcome.result {
        case .delivered:
            guard isFailing.exchange(false, ordering: .relaxed) else { return }
            logger.info("the shadow takes copies again", metadata: metadata)
        case .failed(let failure):
            guard !isFailing.exchange(true, ordering: .relaxed) else { return }
            logger.warning(
                "the shadow does not take copies",
                metadata: metadata.merging(["reason": "\(failure)"], uniquingKeysWith: { first, _ in first }))
        }
    }
}
