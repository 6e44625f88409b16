import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore
import Sinks
import Telemetry

/// The part of a tap in one connection: copies records.
///
/// What is produced is copied out of the request, as far as it is drawn, and offered when the broker has acknowledged its
/// partition. What is fetched is offered as it passes.
final class RecordTap: ConnectionFilter, FrameWatcher {
    let filter: TapFilter
    let connection: ConnectionContext
    let loop: TapLoop
    let selector: RecordSelector
    private let writer: CopyWriter

    private var stream = BatchStream()
    /// The request at hand, or that of the response at hand.
    private var record: RequestRecord?
    private var direction = Direction.request
    private var topic: TappedTopic?
    private var partition: Int32 = -1
    private var errorCode = ErrorCode.none
    private var transactionalID: String?
    /// The partition whose records pass; nil if they are not wanted.
    private var tally: PartitionTally?
    /// The records that are drawn of the batch at hand, and which of them comes next.
    private var chosen: [Int] = []
    private var nextChosen = 0
    private var header = RecordBatchHeader()
    /// The partitions of the frame that have passed.
    private var passed: [PartitionTally] = []
    /// Requests without a response yet, in order.
    private var waiting: [PendingRequest] = []
    /// The place of the request in `waiting` that the response at hand is for.
    private var answered: Int?

    /// As many bytes of what is fetched are kept back for the end of their frame.
    private static let mostKeptBack = 256 << 10

    init(_ filter: TapFilter, _ connection: ConnectionContext, _ loop: TapLoop) {
        self.filter = filter
        self.connection = connection
        self.loop = loop
        selector = RecordSelector(filter, loop)
        writer = CopyWriter(filter, connection, loop)
    }

    var watcher: (any FrameWatcher)? { self }

    // MARK: - Frames

    func beginFrame(_ record: RequestRecord, _ direction: Direction) {
        discard(passed)
        if let tally { discard([tally]) }
        passed = []
        tally = nil
        topic = nil
        partition = -1
        transactionalID = nil
        self.record = record
        self.direction = direction
        answered = nil
        if direction == .response, record.apiKey == .produce {
            answered = waiting.firstIndex { $0.record === record }
        }
    }

    func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer) {
        switch role {
        case .topicName: topic = loop.topics.find(name: value)
        case .topicID: topic = loop.topics.find(id: value)
        case .partitionIndex: partition = value.count == 4 ? Int32(bigEndian: value.loadUnaligned(as: Int32.self)) : -1
        case .transactionalID: transactionalID = String(decoding: value, as: UTF8.self)
        case .errorCode:
            errorCode = ErrorCode(
                rawValue: value.count == 2 ? Int16(bigEndian: value.loadUnaligned(as: Int16.self)) : -1)
        case .baseOffset:
            guard value.count == 8 else { return }
            acknowledge(Int64(bigEndian: value.loadUnaligned(as: Int64.self)))
        default: break
        }
    }

    func beginRecords(bytes: Int) {
        guard let topic, topic.isWanted else { return }
        tally = PartitionTally(topic: topic, partition: partition)
        stream.begin(bytes: bytes)
    }

    func recordBytes(_ bytes: UnsafeRawBufferPointer) {
        guard tally != nil else { return }
        var bytes = bytes
        while let event = stream.next(&bytes) { stream.proceed(course(after: event)) }
    }

    func endRecords() {
        guard let tally else { return }
        self.tally = nil
        guard tally.matched > 0 else { return }
        passed.append(tally)
        if direction == .response, passed.reduce(0, { $0 + $1.cost }) > Self.mostKeptBack { offerFetched() }
    }

    func endFrame() {
        guard let record else { return }
        self.record = nil
        guard direction == .request else { return offerFetched(record) }
        guard !passed.isEmpty else { return }
        waiting.append(PendingRequest(record: record, transactionalID: transactionalID, partitions: passed))
        passed = []
    }

    func completed(_ request: CompletedRequest) {
        guard request.record.apiKey == .produce,
            let index = waiting.firstIndex(where: { $0.record === request.record })
        else { return }
        let pending = waiting.remove(at: index)
        answered = nil
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
        discard(passed)
        passed = []
        if let tally { discard([tally]) }
        tally = nil
    }

    // MARK: - Batches

    private func course(after event: BatchStream.Event) -> BatchStream.Course {
        guard var tally = take(&tally) else { return .skip }
        defer { self.tally = tally }
        switch event {
        case .batch(let header):
            self.header = header
            nextChosen = 0
            return selector.course(of: header, batchBytes: stream.batchBytes, &tally, &chosen)
        case .gathered(let bytes):
            selector.open(bytes, chosen, &tally)
            return .skip
        case .record(let bytes):
            guard nextChosen < chosen.count else { return .skip }
            selector.keep(BatchContents(alone: bytes, of: header), at: chosen[nextChosen], &tally)
            nextChosen += 1
            guard nextChosen < chosen.count else {
                tally.records += Int(header.recordCount)
                return .skip
            }
            return .walk(to: chosen[nextChosen])
        case .unreadable:
            tally.drop(.unreadable, chosen.count - nextChosen)
            return .skip
        }
    }

    /// Moves the tally out while it is changed, so that it is not copied.
    private func take(_ tally: inout PartitionTally?) -> PartitionTally? {
        var taken: PartitionTally?
        swap(&taken, &tally)
        return taken
    }

    // MARK: - Copies

    private func acknowledge(_ baseOffset: Int64) {
        guard let answered, let topic, direction == .response, waiting.indices.contains(answered) else { return }
        let place = waiting[answered].partitions.firstIndex {
            $0.partition == partition && $0.topic.name == topic.name
        }
        guard let place, errorCode == .none else { return }
        let tally = waiting[answered].partitions.remove(at: place)
        offer(
            tally, waiting[answered].record, .request, waiting[answered].transactionalID,
            baseOffset >= 0 ? baseOffset : nil)
    }

    private func offerFetched(_ ended: RequestRecord? = nil) {
        guard let record = ended ?? record else { return }
        for tally in passed { offer(tally, record, .response, nil, nil) }
        passed = []
    }

    private func offer(
        _ tally: PartitionTally, _ record: RequestRecord, _ direction: Direction, _ transactionalID: String?,
        _ baseOffset: Int64?
    ) {
        release(tally)
        let counters = loop.counters
        counters.matched.increment(by: UInt64(clamping: tally.matched))
        counters.sampledOut.increment(by: UInt64(clamping: tally.sampledOut))
        for (reason, count) in tally.dropped { counters.drop(reason, count) }
        let origin = CopyOrigin(
            topic: tally.topic.name, partition: tally.partition, direction: direction, clientID: record.clientID,
            transactionalID: transactionalID)
        for copy in tally.copies {
            writer.write(copy, from: origin, offset: baseOffset.map { $0 &+ Int64(copy.index) })
        }
    }

    private func discard(_ tallies: [PartitionTally]) {
        for tally in tallies { release(tally) }
    }

    private func release(_ tally: PartitionTally) {
        guard tally.cost > 0 else { return }
        filter.pending.give(tally.cost)
        loop.counters.pendingBytes.decrement(by: Int64(tally.cost))
    }
}
