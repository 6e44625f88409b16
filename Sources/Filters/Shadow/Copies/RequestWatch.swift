import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings

/// Copies the batches of requests while they pass to the broker. What it has taken counts only when the request has
/// passed: one that is shown anew, or does not get through, leaves nothing behind.
final class RequestWatch: FrameWatcher {
    /// What was taken of a request.
    struct Taken {
        var copies: [ShadowCopy] = []
        var drops: [ShadowDropReason] = []
        /// Batches that a dry run would have copied.
        var wouldCopy = 0
    }

    private let filter: ShadowFilter
    private let cluster: any ClusterView
    private let targets: CopyTargets
    private let finished: (RequestRecord, Taken) -> Void
    private var sampler: RequestSampler

    /// The request that passes; its number tells whether it is shown anew.
    private var record: RequestRecord?
    private var isChosen = false
    private var taken = Taken()
    private var place = BatchPlace()
    private var topic: String?
    private var target: CopyTargets.Target?
    /// The records of a partition, as far as they have passed.
    private var buffer = ByteBuffer()
    private var state = State.passing

    private enum State {
        /// Nothing is copied.
        case passing
        /// Bytes go to the buffer, and so much was taken from the budget for them.
        case copying(String, reserved: Int)
    }

    /// - Parameters:
    ///   - filter: what is copied, and how much may be.
    ///   - cluster: knows topics by their IDs.
    ///   - start: from 0 to 1, where the choice of requests begins.
    ///   - finished: told of each request that was chosen and has passed.
    init(
        _ filter: ShadowFilter, _ cluster: any ClusterView, start: Double,
        finished: @escaping (RequestRecord, Taken) -> Void
    ) {
        self.filter = filter
        self.cluster = cluster
        self.finished = finished
        targets = CopyTargets(filter)
        sampler = RequestSampler(
            share: filter.configuration.stickyBy == nil ? filter.configuration.percentage.fraction : 1, start: start)
    }

    func beginFrame(_ frame: WatchedFrame) -> Bool {
        discard()
        if frame.record == nil || record !== frame.record { isChosen = sampler.takes() }
        record = frame.record
        return isChosen
    }

    func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer) {
        guard isChosen else { return }
        switch role {
        case .topicName:
            place.topicName = String(decoding: value, as: UTF8.self)
            place.topicID = .zero
            choose(place.topicName)
        case .topicID:
            place.topicName = ""
            place.topicID = KafkaUUID(value)
            choose(cluster.topicName(place.topicID))
        case .partitionIndex: place.partition = Int32(bigEndianBytes: value)
        default: break
        }
    }

    private func choose(_ topic: String?) {
        self.topic = topic
        target = topic.map { targets.target(of: $0) } ?? CopyTargets.Target.none(.unknownTopic)
    }

    func beginRecords(bytes: Int) {
        state = .passing
        guard isChosen, bytes > 0, let target, isPartitionChosen else { return }
        guard case .topic(let name) = target else {
            if case .none(let reason) = target { taken.drops.append(reason) }
            return
        }
        guard let output = filter.output else {
            taken.wouldCopy += 1
            return
        }
        guard bytes <= filter.configuration.maxBuffered.bytes, output.budget.take(ShadowCopy.cost(of: bytes)) else {
            taken.drops.append(bytes <= filter.configuration.maxBuffered.bytes ? .bufferFull : .tooLarge)
            return
        }
        state = .copying(name, reserved: ShadowCopy.cost(of: bytes))
        buffer = ByteBufferAllocator().buffer(capacity: bytes)
    }

    private var isPartitionChosen: Bool {
        guard filter.configuration.stickyBy == .partition, let topic else { return true }
        return StickyShare.contains(
            StickyShare.key(topic: topic, partition: place.partition), share: filter.configuration.percentage.fraction)
    }

    func recordBytes(_ bytes: UnsafeRawBufferPointer) {
        if case .copying = state { buffer.writeBytes(bytes) }
    }

    func endRecords() {
        guard case .copying(let name, let reserved) = state else { return }
        state = .passing
        var whole = ByteBuffer()
        // Moved out, so that the copy is the only one to refer to its memory.
        swap(&whole, &buffer)
        if let obstacle = BatchCheck.obstacle(in: whole) {
            filter.output?.budget.give(reserved)
            taken.drops.append(obstacle)
        } else {
            taken.copies.append(ShadowCopy(place: place, target: name, bytes: whole))
        }
    }

    func endFrame() {
        guard let record else { return }
        let done = taken
        taken = Taken()
        reset()
        self.record = nil
        if isChosen { finished(record, done) }
    }

    /// Lets go of what was taken of a request that has not passed.
    func discard() {
        if case .copying(_, let reserved) = state { filter.output?.budget.give(reserved) }
        for copy in taken.copies { filter.output?.budget.give(copy.cost) }
        taken = Taken()
        reset()
    }

    private func reset() {
        state = .passing
        buffer = ByteBuffer()
        place = BatchPlace()
        topic = nil
        target = nil
    }
}

extension Int32 {
    /// The number in the bytes of a field; 0 if there are not four.
    init(bigEndianBytes bytes: UnsafeRawBufferPointer) {
        self = bytes.count == 4 ? Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)) : 0
    }
}

extension KafkaUUID {
    /// The ID in the bytes of a field; zero if there are not sixteen.
    init(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else {
            self = .zero
            return
        }
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
}
