package import NIOCore
import Synchronization

/// A producer of the proxy's own: for taps, audits, dead letters and shadows. It gives up records rather than wait.
///
/// It must be shut down before it is let go. It lives on one event loop; records are given on any, through that loop's ``ProducerStage``.
package final class KafkaProducer: Sendable {
    /// What it is to do, and its bounds.
    package let configuration: ProducerConfiguration
    /// The loop that it lives on.
    package let eventLoop: any EventLoop

    let budget: ProducerBudget
    let ends = EndCounts()
    private let closing = Atomic(false)
    /// How many topics were made; the driver may not have heard of all of them yet.
    private let topicCount = Atomic(0)
    private let shared: Mutex<Shared>
    private let driver: NIOLoopBoundBox<ProducerDriver>

    /// What is made now and then, by any loop.
    private struct Shared {
        var topics: [String: ProducerTopic] = [:]
        var stages: [ObjectIdentifier: NIOLoopBound<ProducerStage>] = [:]
        var counts: [StageCounts] = []
    }

    /// Starts a producer. It connects when there are records.
    ///
    /// - Parameters:
    ///   - configuration: what it is to do, and its bounds.
    ///   - connector: opens its connections.
    ///   - eventLoop: where it lives: encoding, compression and connections.
    ///   - outcome: told of the end of accepted records, once for a batch, on the producer's loop.
    package init(
        _ configuration: ProducerConfiguration, connector: any BrokerConnector, eventLoop: any EventLoop,
        outcome: @escaping @Sendable (ProducerOutcome) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        budget = ProducerBudget(bytes: configuration.maxBufferedBytes)
        shared = Mutex(Shared())
        driver = NIOLoopBoundBox.makeBoxSendingValue(
            ProducerDriver(
                configuration, connector: connector, loop: eventLoop, budget: budget, ends: ends, outcome: outcome),
            eventLoop: eventLoop)
    }

    /// A topic to produce to; the same for the same name.
    ///
    /// Takes a lock: ask once for each topic, and keep what comes.
    ///
    /// - Parameter name: the topic's name.
    /// - Returns: nil if there are `maxTopics` others already.
    package func topic(_ name: String) -> ProducerTopic? {
        shared.withLock { shared in
            if let known = shared.topics[name] { return known }
            guard shared.topics.count < configuration.maxTopics else { return nil }
            let topic = ProducerTopic(name: name, place: Int32(clamping: shared.topics.count))
            shared.topics[name] = topic
            topicCount.store(shared.topics.count, ordering: .releasing)
            // Within the lock, so that the topics arrive in the order of their places, and before their records.
            eventLoop.execute { [driver] in driver.value.addTopic(name) }
            return topic
        }
    }

    /// The stage of an event loop; the same for the same loop.
    ///
    /// Takes a lock: ask once for each loop, or connection, and keep what comes.
    ///
    /// - Parameter loop: the caller's own.
    /// - Returns: where the loop's records are given.
    package func stage(on loop: any EventLoop) -> ProducerStage {
        loop.preconditionInEventLoop()
        return shared.withLock { shared in
            if let known = shared.stages[ObjectIdentifier(loop)] { return known.value }
            let counts = StageCounts()
            let stage = ProducerStage(self, loop: loop, counts: counts)
            shared.stages[ObjectIdentifier(loop)] = NIOLoopBound(stage, eventLoop: loop)
            shared.counts.append(counts)
            return stage
        }
    }

    /// What was done so far. The parts are read one after the other, while work goes on.
    package var counts: ProducerCounts {
        var counts = ProducerCounts()
        // What has ended is read first, so that it is never more than what was accepted.
        counts.delivered = ends.delivered.load(ordering: .acquiring)
        counts.failed = ends.failed.load(ordering: .acquiring)
        counts.retries = ends.retries.load(ordering: .relaxed)
        let endedBytes = ends.bytes.load(ordering: .acquiring)
        shared.withLock { shared in
            for stage in shared.counts { stage.add(to: &counts) }
        }
        counts.bufferedBytes = counts.acceptedBytes - endedBytes
        return counts
    }

    /// Takes no more records, sends what it has, and closes its connections.
    ///
    /// - Parameter timeout: after which what is left fails, with ``ProducerFailure/shutDown``.
    /// - Returns: when all has come to its end. The same for each call; the shortest timeout counts.
    package func shutDown(within timeout: TimeAmount) -> EventLoopFuture<Void> {
        closing.store(true, ordering: .relaxed)
        let deadline = NIODeadline.now() + timeout
        let stages = shared.withLock { Array($0.stages.values) }
        let flushed = stages.map { stage in
            stage.eventLoop.submit { stage.value.flush() }
        }
        let ended = eventLoop.flatSubmit { [driver] in driver.value.drain(deadline: deadline, after: flushed) }
        // Stages hold the producer, which would keep itself alive.
        return ended.always { [self] _ in shared.withLock { $0.stages = [:] } }
    }

    /// Whether records are taken no more.
    var isClosing: Bool { closing.load(ordering: .relaxed) }

    /// Takes whole batches that a stage has.
    func receive(_ batches: [StagedBatch]) {
        if eventLoop.inEventLoop {
            driver.value.receive(batches)
        } else {
            eventLoop.execute { [driver] in driver.value.receive(batches) }
        }
    }

    /// Takes what a stage has.
    func receive(_ staged: StagedRecords) {
        // Behind the topics that are on their way to the driver: the records may be theirs.
        if eventLoop.inEventLoop, driver.value.topicCount == topicCount.load(ordering: .acquiring) {
            driver.value.receive(staged)
        } else {
            eventLoop.execute { [driver] in driver.value.receive(staged) }
        }
    }
}
