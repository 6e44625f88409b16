import KafkaMessages
import KafkaRecords
import KafkaWire
package import NIOCore

/// A producer without I/O and without a clock of its own: it is told what happens and when, and says what is to be
/// done.
///
/// After each input, ``advance(now:)`` gives the actions, and ``wakeAt`` says when to call it at the latest.
package struct ProducerStateMachine {
    let configuration: ProducerConfiguration
    let backoff: Backoff
    var random: SplitMix64

    var topics: [TopicState] = []
    var topicsByName: [String: Int] = [:]
    var topicsByID: [KafkaUUID: Int] = [:]
    var partitions: [PartitionQueue] = []
    /// Places of the partitions with batches.
    var active: [Int] = []

    /// Topics with records that wait for them.
    var waitingTopics: Set<Int> = []

    var servers: [ServerKey: ServerState] = [:]
    var serverOfConnection: [ConnectionID: ServerKey] = [:]
    var controller: Int32 = -1
    /// From which server the next question about the cluster is tried.
    var nextServer = 0

    var metadata = MetadataState()
    var identity = IdentityState()

    /// The codecs' working memory.
    let contexts = CompressionContexts()

    var actions: [ProducerAction] = []
    var lastConnection: UInt64 = 0
    var lastRequest: UInt64 = 0
    var lastBatch: UInt64 = 0
    /// Where the next round over the partitions begins, so that none starves.
    var firstActive = 0

    var drainDeadline: NIODeadline?
    var isDrained = false

    /// When ``advance(now:)`` is to be called again, if nothing else happens before.
    package internal(set) var wakeAt = NIODeadline.distantFuture
    /// Records that are neither delivered nor failed.
    package internal(set) var bufferedRecords = 0
    /// Batches that were sent again.
    package internal(set) var retries = 0

    /// - Parameters:
    ///   - configuration: what it is to do.
    ///   - seed: of the chance in pauses and partitions.
    package init(_ configuration: ProducerConfiguration, seed: UInt64) {
        self.configuration = configuration
        backoff = Backoff(first: configuration.retryBackoff, last: configuration.maxRetryBackoff)
        random = SplitMix64(seed: seed)
        for (place, server) in configuration.bootstrapServers.enumerated() {
            servers[.bootstrap(place)] = ServerState(host: server.host, port: server.port)
        }
    }

    /// Whether the leaders are known.
    struct MetadataState: Sendable {
        /// A request is on its way.
        var isAsked = false
        /// Something was seen that says that what is known is old.
        var isStale = true
        var failures = 0
        var retryAt: NIODeadline?
        var learnedAt: NIODeadline?
    }

    /// Whether the producer has an ID.
    struct IdentityState: Sendable {
        var current: ProducerIdentity?
        var isAsked = false
        var failures = 0
        var retryAt: NIODeadline?
    }

    /// Makes a topic known, by its place in the order of these calls.
    package mutating func addTopic(_ name: String) {
        topicsByName[name] = topics.count
        topics.append(TopicState(name: name))
    }

    /// From now on nothing waits for more; at the deadline what is left fails.
    package mutating func drain(deadline: NIODeadline) {
        drainDeadline = min(drainDeadline ?? deadline, deadline)
    }

    /// Does what is due.
    ///
    /// - Parameter now: not before that of any earlier call.
    /// - Returns: what is to be done, in this order.
    package mutating func advance(now: NIODeadline) -> [ProducerAction] {
        guard !isDrained else { return take() }
        wakeAt = .distantFuture
        if let drainDeadline {
            if drainDeadline <= now { failEverything(.shutDown) }
            wake(at: drainDeadline)
        }
        expireRequests(now: now)
        expireRecords(now: now)
        askWhatIsMissing(now: now)
        send(now: now)
        closeIdle(now: now)
        if drainDeadline != nil, bufferedRecords == 0 { finish() }
        return take()
    }

    private mutating func take() -> [ProducerAction] {
        defer { actions.removeAll(keepingCapacity: false) }
        return actions
    }

    private mutating func finish() {
        isDrained = true
        for key in servers.keys {
            if let connection = servers[key]?.connection { actions.append(.close(connection)) }
            servers[key]?.phase = .idle
        }
        serverOfConnection = [:]
        wakeAt = .distantFuture
        actions.append(.drained)
    }

    mutating func wake(at deadline: NIODeadline) {
        if deadline < wakeAt { wakeAt = deadline }
    }

    mutating func report(_ batch: ProducerBatch, of partition: PartitionQueue, _ result: ProducerOutcome.Result) {
        report(
            topic: partition.topic, partition: partition.index, records: batch.count, bytes: batch.cost, result,
            tag: batch.tag, since: batch.isForeign ? batch.openedAt : nil)
    }

    mutating func report(
        topic: Int, partition: Int32, records: Int, bytes: Int, _ result: ProducerOutcome.Result, tag: UInt64 = 0,
        since: NIODeadline? = nil
    ) {
        bufferedRecords -= records
        actions.append(
            .report(
                ProducerOutcome(
                    topic: topics[topic].name, partition: partition, records: records, bytes: bytes, result: result,
                    tag: tag, since: since)))
    }
}
