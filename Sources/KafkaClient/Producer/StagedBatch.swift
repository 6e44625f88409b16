import KafkaRecords
import NIOCore

/// A batch that another producer has made, on its way from the loop that gave it to the producer's.
struct StagedBatch: Sendable {
    /// The topic, by its place among the producer's.
    var topic: Int32
    /// Where it was, or is to be: a topic with fewer partitions has it in that of the remainder.
    var partition: Int32
    /// All of it, and nothing else.
    var bytes: ByteBuffer
    /// How many records it says it has, at least one.
    var count: Int
    /// Given back with its outcome.
    var tag: UInt64
    /// When it was given.
    var stagedAt: NIODeadline

    /// What it counts in the buffer.
    var cost: Int { bytes.readableBytes }

    /// Whether the bytes are those that its maker wrote. With a checksum written anew nobody could tell.
    var isIntact: Bool {
        var batches = RecordBatches(bytes)
        guard let batch = try? batches.next() else { return false }
        return (try? batch.verifyChecksum()) != nil
    }

    /// How many records a batch has that can be sent as it is: one of the current format, with records of users, and
    /// nothing behind it. Nil for any other.
    static func recordCount(of bytes: ByteBuffer) -> Int? {
        var batches = RecordBatches(bytes)
        guard let batch = try? batches.next(), batches.position == bytes.readableBytes,
            batch.header.isCurrentFormat, !batch.header.isControl, batch.header.recordCount > 0
        else { return nil }
        return Int(batch.header.recordCount)
    }
}
