import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore

/// Sees the frames of one direction: finds the records that are to be copied, and acknowledgements.
final class RecordWatch: FrameWatcher {
    private let direction: Direction
    private let records: PassedRecords
    private let topics: TappedTopics
    private let selector: RecordSelector
    private let pending: PendingBudget

    private var stream = BatchStream()
    /// True while a frame passes.
    private var isInFrame = false
    /// The number of the request that it is, or answers.
    private var request: UInt64 = 0
    private var expectsResponse = true
    private var topic: TappedTopic?
    // What is asked of it for each partition, so that its references need not be counted each time.
    private var topicID = 0
    private var isTopicWanted = false
    private var isTopicSink = false
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
    /// What their copies take, in bytes.
    private var keptBack = 0

    /// As many bytes of what is fetched are kept back for the end of their frame.
    private static let mostKeptBack = 256 << 10

    init(_ direction: Direction, _ records: PassedRecords, _ filter: TapFilter, _ loop: TapLoop) {
        self.direction = direction
        self.records = records
        pending = filter.pending
        topics = loop.topics
        selector = RecordSelector(filter, loop)
    }

    // MARK: - Frames

    func beginFrame(_ frame: WatchedFrame) -> Bool {
        if isInFrame { discard() }
        if direction == .response, frame.apiKey == .produce, !records.isAwaitingResponses { return false }
        take(nil)
        partition = -1
        transactionalID = nil
        isInFrame = true
        request = frame.request
        expectsResponse = frame.expectsResponse
        // Those before it are over, if they could be read or not.
        if direction == .response, request > 0 { records.reject(upTo: request - 1) }
        return true
    }

    func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer) {
        switch role {
        case .topicName: take(topics.find(name: value))
        case .topicID: take(topics.find(id: value))
        case .partitionIndex: partition = value.count == 4 ? Int32(bigEndian: value.loadUnaligned(as: Int32.self)) : -1
        case .transactionalID: transactionalID = String(decoding: value, as: UTF8.self)
        case .errorCode:
            errorCode = ErrorCode(
                rawValue: value.count == 2 ? Int16(bigEndian: value.loadUnaligned(as: Int16.self)) : -1)
        case .baseOffset:
            guard value.count == 8, errorCode == .none else { return }
            records.acknowledge(
                request, topicID, partition, baseOffset: Int64(bigEndian: value.loadUnaligned(as: Int64.self)))
        default: break
        }
    }

    /// Notes the topic that what follows is of.
    private func take(_ topic: TappedTopic?) {
        topicID = topic?.id ?? 0
        isTopicWanted = topic?.isWanted ?? false
        isTopicSink = topic?.isSink ?? false
        self.topic = topic
    }

    func beginRecords(bytes: Int) {
        guard isTopicWanted else { return }
        tally = PartitionTally(topicID: topicID, partition: partition)
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
        if let selection = tally.selection, let topic {
            selection.origin = CopyOrigin(
                topic: topic, partition: partition,
                source: direction == .response ? records.consumer : records.producer(transactionalID))
        }
        passed.append(tally)
        guard direction == .response else { return }
        keptBack += tally.selection?.cost ?? 0
        if keptBack > Self.mostKeptBack { offerFetched() }
    }

    func endFrame() {
        guard isInFrame else { return }
        isInFrame = false
        switch direction {
        case .request:
            guard !passed.isEmpty else { return }
            records.passed(request, expectsResponse: expectsResponse, passed)
            passed.removeAll(keepingCapacity: true)
        case .response:
            offerFetched()
            records.reject(upTo: request)
        }
    }

    /// Lets go of what has been read of a frame that does not come to its end.
    func discard() {
        isInFrame = false
        for tally in passed { records.release(tally) }
        passed.removeAll(keepingCapacity: true)
        keptBack = 0
        if let tally { records.release(tally) }
        tally = nil
        giveUpGathering()
    }

    /// Gives back what was taken for a batch of which the rest does not come.
    private func giveUpGathering() {
        pending.give(gathering)
        gathering = 0
    }

    private func offerFetched() {
        guard !passed.isEmpty else { return }
        for tally in passed { records.offer(tally, baseOffset: nil) }
        passed.removeAll(keepingCapacity: true)
        keptBack = 0
    }

    // MARK: - Batches

    private func course(after event: BatchStream.Event) -> BatchStream.Course {
        guard var tally = take(&tally) else { return .skip }
        defer { self.tally = tally }
        switch event {
        case .batch(let header):
            self.header = header
            nextChosen = 0
            let course = selector.course(
                of: header, batchBytes: stream.batchBytes, isSink: isTopicSink, &tally, &chosen)
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
