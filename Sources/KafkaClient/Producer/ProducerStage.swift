package import NIOCore
import Synchronization

/// Where one event loop hands its records over: they are copied into memory of the loop's own, and go to the producer
/// together.
///
/// It belongs to its loop: all calls are made there. Nothing here waits, locks, or allocates for each record.
package final class ProducerStage {
    private let producer: KafkaProducer
    private let loop: any EventLoop
    private let counts: StageCounts
    private let budget: ProducerBudget
    private let maxRecordBytes: Int
    private let maxStagedBytes: Int
    private let delay: TimeAmount

    private var staged = StagedRecords()
    private var batches: [StagedBatch] = []
    /// What was taken from the budget, and not used yet.
    private var credit = 0
    private var timestamp: Int64 = 0
    /// What was handed over last, as what the next will probably have.
    private var usualBytes = 0
    private var isFlushPlanned = false

    /// Staged bytes are handed over when there are as many, before their time.
    private static let flushBytes = 128 << 10

    /// No configuration allows more, in bytes: a batch has to be smaller than 2 GiB.
    private static let largestRecord = 1 << 30

    init(_ producer: KafkaProducer, loop: any EventLoop, counts: StageCounts) {
        self.producer = producer
        self.loop = loop
        self.counts = counts
        budget = producer.budget
        maxRecordBytes = min(producer.configuration.maxRecordBytes, Self.largestRecord)
        maxStagedBytes = min(Self.flushBytes, max(producer.configuration.maxBufferedBytes / 8, 1))
        delay = .nanoseconds(producer.configuration.linger.nanoseconds / 2)
    }

    /// False if there is no memory now for a record whose key, value and headers have so many bytes; true for one that is too
    /// large in any case, which `enqueue` says.
    package func hasRoom(for bytes: Int) -> Bool {
        bytes > maxRecordBytes || credit + budget.available >= StagedRecord.headSize + bytes
    }

    /// Takes a record, or drops it. Never waits.
    ///
    /// - Parameters:
    ///   - topic: where it goes; one of this producer's.
    ///   - key: nil for null. Copied.
    ///   - value: nil for null. Copied.
    ///   - headers: as the wire has them within a record: their count as a varint, then each name and value with its
    ///     length; empty for none. Copied. See ``RecordHeaders``.
    ///   - partition: nil for that of the key, or any without a key.
    ///   - timestamp: milliseconds since 1970; nil for about now.
    /// - Returns: whether it was taken. What was taken is told of in an outcome.
    package func enqueue(
        _ topic: ProducerTopic, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        headers: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0), partition: Int32? = nil,
        timestamp: Int64? = nil
    ) -> EnqueueResult {
        loop.assertInEventLoop()
        let bodySize = (key?.count ?? 0) + (value?.count ?? 0) + headers.count
        guard bodySize <= maxRecordBytes else { return drop(.recordTooLarge) }
        guard !producer.isClosing else { return drop(.shuttingDown) }
        let cost = StagedRecord.headSize + bodySize
        if credit < cost, !borrow(cost) { return drop(.bufferFull) }
        credit -= cost
        if staged.count == 0 { beginRecords() }
        // Lengths are within `largestRecord`, which fits an Int32.
        let record = StagedRecord(
            topic: topic.place, partition: partition ?? -1, timestamp: timestamp ?? self.timestamp,
            keyLength: Int32(truncatingIfNeeded: key?.count ?? -1),
            valueLength: Int32(truncatingIfNeeded: value?.count ?? -1),
            headersLength: Int32(truncatingIfNeeded: headers.count))
        staged.bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: cost) { memory in
            guard let base = memory.baseAddress else { return 0 }
            // Safety: there is room for the head, and for the bytes that were counted.
            record.store(to: base)
            var target = base + StagedRecord.headSize
            Self.copy(key, to: &target)
            Self.copy(value, to: &target)
            Self.copy(headers, to: &target)
            return cost
        }
        staged.count += 1
        counts.accepted(1, cost: cost)
        if staged.bytes.readableBytes >= maxStagedBytes { flush() }
        return .accepted
    }

    /// Takes a record whose parts are in buffers.
    package func enqueue(
        _ topic: ProducerTopic, key: ByteBuffer?, value: ByteBuffer?, headers: ByteBuffer = ByteBuffer(),
        partition: Int32? = nil, timestamp: Int64? = nil
    ) -> EnqueueResult {
        Self.withBytes(key) { key in
            Self.withBytes(value) { value in
                headers.withUnsafeReadableBytes { headers in
                    enqueue(
                        topic, key: key, value: value, headers: headers, partition: partition, timestamp: timestamp)
                }
            }
        }
    }

    /// Takes a batch that another producer has made, or drops it. Never waits.
    ///
    /// It is sent as it is, but for its header: it becomes one of this producer's, outside of any transaction, and is not
    /// opened for that. Nothing says in which order it is with records that are given one by one.
    ///
    /// - Parameters:
    ///   - topic: where it goes; one of this producer's.
    ///   - batch: all bytes of one batch. Kept, not copied: a buffer of its own, which nobody else holds.
    ///   - partition: in a topic with fewer partitions, the remainder of dividing by their number.
    ///   - tag: given back with the outcome.
    /// - Returns: whether it was taken. What was taken is told of in an outcome of its own, in which it counts as many
    ///   bytes as it has.
    package func enqueue(
        _ topic: ProducerTopic, batch: ByteBuffer, partition: Int32, tag: UInt64 = 0
    ) -> EnqueueResult {
        loop.assertInEventLoop()
        guard let count = StagedBatch.recordCount(of: batch) else { return drop(.unusableBatch) }
        guard !producer.isClosing else { return drop(.shuttingDown) }
        let cost = batch.readableBytes
        if credit < cost, !borrow(cost) { return drop(.bufferFull) }
        credit -= cost
        planFlush()
        batches.append(
            StagedBatch(
                topic: topic.place, partition: partition, bytes: batch, count: count, tag: tag, stagedAt: .now()))
        counts.accepted(count, cost: cost)
        return .accepted
    }

    /// Hands what is staged to the producer now.
    package func flush() {
        loop.assertInEventLoop()
        budget.give(credit)
        credit = 0
        if !batches.isEmpty {
            producer.receive(batches)
            batches = []
        }
        guard staged.count > 0 else { return }
        usualBytes = staged.bytes.readableBytes
        producer.receive(staged)
        staged = StagedRecords()
    }

    private func beginRecords() {
        staged.stagedAt = .now()
        timestamp = WallClock.milliseconds()
        staged.bytes.reserveCapacity(max(usualBytes, 2 << 10))
        planFlush()
    }

    private func planFlush() {
        guard !isFlushPlanned else { return }
        isFlushPlanned = true
        let flush = { [self] in
            isFlushPlanned = false
            self.flush()
        }
        if delay == .zero {
            loop.assumeIsolated().execute(flush)
        } else {
            loop.assumeIsolated().scheduleTask(in: delay, flush)
        }
    }

    /// Takes a share of the budget, or at least what is needed.
    private func borrow(_ cost: Int) -> Bool {
        let wanted = max(budget.share, cost - credit)
        if budget.take(wanted) {
            credit += wanted
            return true
        }
        let least = cost - credit
        guard budget.take(least) else { return false }
        credit += least
        return true
    }

    private func drop(_ reason: DropReason) -> EnqueueResult {
        counts.dropped(reason)
        return .dropped(reason)
    }

    @inline(__always)
    private static func copy(_ bytes: UnsafeRawBufferPointer?, to target: inout UnsafeMutableRawPointer) {
        guard let bytes, let start = bytes.baseAddress else { return }
        target.copyMemory(from: start, byteCount: bytes.count)
        target += bytes.count
    }

    @inline(__always)
    private static func withBytes<Result>(
        _ buffer: ByteBuffer?, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        guard let buffer else { return body(nil) }
        return buffer.withUnsafeReadableBytes(body)
    }
}
