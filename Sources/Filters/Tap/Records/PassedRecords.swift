import DequeModule
import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Sinks
import Telemetry

/// What has passed in one connection: what was produced waits here for its acknowledgement; all is counted and offered.
final class PassedRecords {
    private let filter: TapFilter
    private let connection: ConnectionContext
    private let loop: TapLoop
    private let writer: CopyWriter
    /// Partitions of requests without a response yet, in the order of the requests.
    private var waiting = Deque<WaitingPartition>()
    /// The number of the first of these requests, which may be asked without a look at them; `max` if there is none.
    private var oldest = UInt64.max
    private var latestProducer: CopySource?
    private var latestConsumer: CopySource?

    init(_ filter: TapFilter, _ connection: ConnectionContext, _ loop: TapLoop) {
        self.filter = filter
        self.connection = connection
        self.loop = loop
        writer = CopyWriter(filter, loop)
    }

    /// True if a response may acknowledge something.
    var isAwaitingResponses: Bool { oldest != .max }

    // MARK: - What is produced

    /// A request has passed.
    ///
    /// - Parameters:
    ///   - request: its number in the connection.
    ///   - expectsResponse: false for `acks=0`.
    ///   - partitions: those with records that the tap is for.
    func passed(_ request: UInt64, expectsResponse: Bool, _ partitions: [PartitionTally]) {
        guard expectsResponse else {
            for tally in partitions { offer(tally, baseOffset: nil) }
            return
        }
        if waiting.isEmpty { oldest = request }
        for tally in partitions { waiting.append(WaitingPartition(request: request, tally: tally)) }
    }

    /// The broker has taken the records of a partition of the oldest request.
    func acknowledge(_ request: UInt64, _ topicID: Int, _ partition: Int32, baseOffset: Int64) {
        guard request == oldest, let taken = take(request, topicID, partition) else { return }
        offer(taken.tally, baseOffset: baseOffset >= 0 ? baseOffset : nil)
    }

    private func take(_ request: UInt64, _ topicID: Int, _ partition: Int32) -> WaitingPartition? {
        defer { oldest = waiting.isEmpty ? .max : waiting[0].request }
        // Mostly brokers keep the order, so it is moved out at once.
        let first = waiting.removeFirst()
        if first.isOf(topicID, partition) { return first }
        var index = 0
        while index < waiting.count, waiting[index].request == request {
            if waiting[index].isOf(topicID, partition) {
                // The order within a request says nothing, so none of the others is moved.
                let taken = waiting[index]
                waiting[index] = first
                return taken
            }
            index += 1
        }
        waiting.prepend(first)
        return nil
    }

    /// What is left of requests up to this one was not acknowledged.
    func reject(upTo request: UInt64) {
        guard oldest <= request else { return }
        while !waiting.isEmpty, waiting[0].request <= request {
            let tally = waiting.removeFirst().tally
            loop.counters.rejected.increment(by: UInt64(clamping: tally.matched))
            release(tally)
        }
        oldest = waiting.isEmpty ? .max : waiting[0].request
    }

    // MARK: - Offering

    /// Who writes.
    func producer(_ transactionalID: String?) -> CopySource {
        if let latestProducer, latestProducer.isStill(connection, transactionalID: transactionalID) {
            return latestProducer
        }
        let source = CopySource(.request, connection, transactionalID: transactionalID)
        latestProducer = source
        return source
    }

    /// Who reads.
    var consumer: CopySource {
        if let latestConsumer, latestConsumer.isStill(connection, transactionalID: nil) { return latestConsumer }
        let source = CopySource(.response, connection, transactionalID: nil)
        latestConsumer = source
        return source
    }

    /// Counts what has passed of a partition, and offers the copies.
    ///
    /// - Parameters:
    ///   - tally: of the partition.
    ///   - baseOffset: of the first record that was produced; nil if it is not known.
    func offer(_ tally: PartitionTally, baseOffset: Int64?) {
        loop.counters.matched.increment(by: UInt64(clamping: tally.matched))
        if tally.sampledOut > 0 { loop.counters.sampledOut.increment(by: UInt64(clamping: tally.sampledOut)) }
        guard let selection = tally.selection else { return }
        release(tally)
        for (reason, count) in selection.dropped { loop.counters.drop(reason, count) }
        if selection.refused > 0 { loop.port.refuse(selection.refused) }
        guard let origin = selection.origin else { return }
        for copy in selection.copies {
            writer.write(copy, from: origin, offset: baseOffset.map { $0 &+ Int64(copy.index) })
        }
    }

    /// Gives back the memory of copies that wait no more.
    func release(_ tally: PartitionTally) {
        guard let cost = tally.selection?.cost, cost > 0 else { return }
        filter.pending.give(cost)
        loop.counters.pendingBytes.decrement(by: Int64(cost))
    }
}
