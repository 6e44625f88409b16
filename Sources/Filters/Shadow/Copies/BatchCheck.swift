import KafkaRecords
import NIOCore

/// Finds out whether the records of a partition can be sent as they are.
enum BatchCheck {
    /// Why they cannot; nil if they can: they are one batch of the current format with records of users, which is all that
    /// brokers take from a producer since there is that format.
    static func obstacle(in records: ByteBuffer) -> ShadowDropReason? {
        var batches = RecordBatches(records)
        guard let batch = try? batches.next() else { return .unreadable }
        guard batch.header.isCurrentFormat else { return .oldFormat }
        let isUsable =
            batches.position == records.readableBytes && !batch.header.isControl && batch.header.recordCount > 0
        return isUsable ? nil : .unreadable
    }
}
