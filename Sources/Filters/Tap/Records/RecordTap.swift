import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Sinks
import Telemetry

/// The part of a tap in one connection: copies records.
///
/// What is produced is copied out of the request, as far as it is drawn, and offered when the broker has acknowledged its
/// partition. What is fetched is offered as it passes.
final class RecordTap: ConnectionFilter {
    private let filter: TapFilter
    private let loop: TapLoop
    private let writer: CopyWriter
    /// Requests without a response yet, in order.
    private var waiting: [PendingRequest] = []
    private lazy var requests = RecordWatch(self, filter, loop)
    private lazy var responses = RecordWatch(self, filter, loop)

    init(_ filter: TapFilter, _ connection: ConnectionContext, _ loop: TapLoop) {
        self.filter = filter
        self.loop = loop
        writer = CopyWriter(filter, connection, loop)
    }

    func watcher(of direction: Direction) -> (any FrameWatcher)? {
        direction == .request ? requests : responses
    }

    func completed(_ request: CompletedRequest) {
        guard request.record.apiKey == .produce, let index = place(of: request.record) else { return }
        let pending = waiting.remove(at: index)
        if case .noResponse = request.result {
            for tally in pending.partitions { offer(tally, pending.record, .request, pending.transactionalID, nil) }
        } else {
            for tally in pending.partitions { loop.counters.rejected.increment(by: UInt64(clamping: tally.matched)) }
            discard(pending.partitions)
        }
    }

    func connectionClosed() {
        for pending in waiting { discard(pending.partitions) }
        waiting = []
        requests.discard()
        responses.discard()
    }

    /// Keeps what is to be copied of a request until it is acknowledged.
    func wait(_ pending: PendingRequest) {
        waiting.append(pending)
    }

    /// The broker has taken the records of a partition.
    func acknowledge(_ record: RequestRecord, _ topic: String, _ partition: Int32, baseOffset: Int64) {
        guard let place = place(of: record),
            let index = waiting[place].partitions.firstIndex(where: {
                $0.partition == partition && $0.topic.name == topic
            })
        else { return }
        let tally = waiting[place].partitions.remove(at: index)
        offer(tally, record, .request, waiting[place].transactionalID, baseOffset >= 0 ? baseOffset : nil)
    }

    private func place(of record: RequestRecord) -> Int? {
        waiting.firstIndex { $0.record === record }
    }

    /// Counts what has passed of a partition, and offers the copies.
    ///
    /// - Parameters:
    ///   - tally: of the partition.
    ///   - record: the request.
    ///   - direction: `request` if it was produced.
    ///   - transactionalID: of the request; nil for none.
    ///   - baseOffset: of the first record that was produced; nil if it is not known.
    func offer(
        _ tally: PartitionTally, _ record: RequestRecord, _ direction: Direction, _ transactionalID: String?,
        _ baseOffset: Int64?
    ) {
        release(tally)
        let counters = loop.counters
        counters.matched.increment(by: UInt64(clamping: tally.matched))
        counters.sampledOut.increment(by: UInt64(clamping: tally.sampledOut))
        for (reason, count) in tally.dropped { counters.drop(reason, count) }
        guard !tally.copies.isEmpty else { return }
        let origin = CopyOrigin(
            topic: tally.topic.name, partition: tally.partition, direction: direction, clientID: record.clientID,
            transactionalID: transactionalID)
        for copy in tally.copies {
            writer.write(copy, from: origin, offset: baseOffset.map { $0 &+ Int64(copy.index) })
        }
    }

    /// Lets go of copies that are not to be offered.
    func discard(_ tallies: [PartitionTally]) {
        for tally in tallies { release(tally) }
    }

    private func release(_ tally: PartitionTally) {
        guard tally.cost > 0 else { return }
        filter.pending.give(tally.cost)
        loop.counters.pendingBytes.decrement(by: Int64(tally.cost))
    }
}
