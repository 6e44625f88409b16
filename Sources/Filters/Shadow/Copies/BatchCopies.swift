import KafkaRecords
import NIOCore

/// Finds the batches in the records of one partition.
enum BatchCopies {
    /// What is found.
    enum Found {
        /// A batch that can be sent as it is; a slice of the request.
        case batch(ByteBuffer)
        /// Something else.
        case unusable(ShadowDropReason)
    }

    /// Goes through the records of a partition.
    ///
    /// - Parameters:
    ///   - records: all of them, as the request has them.
    ///   - body: is given each batch. Messages of old formats count as one, and so does what cannot be read.
    static func forEach(in records: ByteBuffer, _ body: (Found) -> Void) {
        var batches = RecordBatches(records)
        do {
            while let batch = try batches.next() {
                guard batch.header.isCurrentFormat else { return body(.unusable(.oldFormat)) }
                guard !batch.header.isControl, batch.header.recordCount > 0 else {
                    body(.unusable(.unreadable))
                    continue
                }
                body(.batch(batch.bytes))
            }
            if batches.rest.readableBytes > 0 { body(.unusable(.unreadable)) }
        } catch {
            body(.unusable(.unreadable))
        }
    }
}
