import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore

/// Sees the frames of one direction: finds the records that are to be copied, and acknowledgements.
final class RecordWatch: FrameWatcher {
    // Safety: the connection's part owns this one, hands it out itself, and is there as long as frames are shown to it.
    // Checked references would cost every request.
    private unowned(unsafe) let tap: RecordTap
    private let topics: TappedTopics
    private let selector: RecordSelector
    private let pending: PendingBudget

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
    /// What was taken of the memory for copies that wait, for a batch that has not come whole; in bytes.
    private var gathering = 0
    /// The partitions of the frame that have passed.
    private var passed: [PartitionTally] = []

    /// As many bytes of what is fetched are kept back for the end of their frame.
    private static let mostKeptBack = 256 << 10

    init(_ tap: RecordTap, _ filter: TapFilter, _ loop: TapLoop) {
        self.tap = tap
        pending = filter.pending
        topics = loop.topics
        selector = RecordSelector(filter, loop)
    }

    // MARK: - Frames

    func beginFrame(_ record: RequestRecord, _ direction: Direction) {
        discard()
        topic = nil
        partition = -1
        transactionalID = nil
        self.record = record
        self.direction = direction
    }

    func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer) {
        switch role {
        case .topicName: topic = topics.find(name: value)
        case .topicID: topic = topics.find(id: value)
        case .partitionIndex: partition = value.count == 4 ? Int32(bigEndian: value.loadUnaligned(as: Int32.self)) : -1
        case .transactionalID: transactionalID = String(decoding: value, as: UTF8.self)
        case .errorCode:
            errorCode = ErrorCode(
                rawValue: value.count == 2 ? Int16(bigEndian: value.loadUnaligned(as: Int16.self)) : -1)
        case .baseOffset:
            guard value.count == 8, errorCode == .none, let record, let topic else { return }
            tap.acknowledge(
                record, topic.name, partition, baseOffset: Int64(bigEndian: value.loadUnaligned(as: Int64.self)))
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
        giveUpGathering()
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
        tap.wait(PendingRequest(record: record, transactionalID: transactionalID, partitions: passed))
        passed = []
    }

    /// Lets go of what has been read of a frame that does not come to its end.
    func discard() {
        tap.discard(passed)
        if let tally { tap.discard([tally]) }
        passed = []
        tally = nil
        giveUpGathering()
    }

    /// Gives back what was taken for a batch of which the rest does not come.
    private func giveUpGathering() {
        pending.give(gathering)
        gathering = 0
    }

    private func offerFetched(_ ended: RequestRecord? = nil) {
        guard let record = ended ?? record else { return }
        for tally in passed { tap.offer(tally, record, .response, nil, nil) }
        passed = []
    }

    // MARK: - Batches

    private func course(after event: BatchStream.Event) -> BatchStream.Course {
        guard var tally = take(&tally) else { return .skip }
        defer { self.tally = tally }
        switch event {
        case .batch(let header):
            self.header = header
            nextChosen = 0
            let course = selector.course(of: header, batchBytes: stream.batchBytes, &tally, &chosen)
            if case .gather = course { gathering = stream.batchBytes }
            return course
        case .gathered(let bytes):
            // From here on they are the selector's to give back.
            gathering = 0
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
}
