package import NIOCore

/// The records of one batch, decompressed: bytes in which they are found one by one.
package struct BatchContents: Sendable {
    /// The header of the batch they are of.
    package let batch: RecordBatchHeader
    /// The records' bytes; ranges of a ``Record`` count from their start.
    package let body: ByteBuffer
    /// Bytes that were taken from the budget for ``body``.
    package let reservedBytes: Int
    /// Whether the body is a set of old messages.
    let isMessageSet: Bool
    /// What is added to the offsets in the body.
    let offsetBase: Int64

    init(batch: RecordBatchHeader, body: ByteBuffer, isMessageSet: Bool, offsetBase: Int64, reservedBytes: Int) {
        self.batch = batch
        self.body = body
        self.isMessageSet = isMessageSet
        self.offsetBase = offsetBase
        self.reservedBytes = reservedBytes
    }

    /// One record of the current format, without those around it.
    ///
    /// - Parameters:
    ///   - bytes: the record, its length before it. Nothing of it has been checked.
    ///   - batch: the header of the batch that it is of.
    package init(alone bytes: ByteBuffer, of batch: RecordBatchHeader) {
        var batch = batch
        batch.recordCount = 1
        self.init(
            batch: batch, body: bytes, isMessageSet: false, offsetBase: batch.baseOffset, reservedBytes: 0)
    }

    /// One of the records, without those around it, in memory of its own.
    package func alone(_ record: Record) -> BatchContents {
        var batch = batch
        batch.recordCount = 1
        return BatchContents(
            batch: batch, body: bytes(record.range).map { ByteBuffer(buffer: $0) } ?? ByteBuffer(),
            isMessageSet: isMessageSet, offsetBase: offsetBase, reservedBytes: 0)
    }

    /// Whether the body is memory of its own, not a slice of the batch.
    package var isDecompressed: Bool { batch.attributes.codecNumber != 0 }

    /// A reader of the records from the first one on.
    package var records: RecordCursor {
        @_lifetime(borrow self)
        get { RecordCursor(body.readableBytesSpan, of: self) }
    }

    /// The bytes of a field, as a slice that keeps all of ``body`` alive; nil for null.
    package func bytes(_ range: RecordRange) -> ByteBuffer? {
        guard range.length >= 0 else { return nil }
        return body.getSlice(at: body.readerIndex + range.offset, length: range.length)
    }

    /// The key of a record; nil for null.
    package func key(of record: Record) -> ByteBuffer? { bytes(record.key) }

    /// The value of a record; nil for null, a tombstone.
    package func value(of record: Record) -> ByteBuffer? { bytes(record.value) }

    /// A reader of a record's headers.
    @_lifetime(borrow self)
    package func headers(of record: Record) -> HeaderCursor {
        HeaderCursor(body.readableBytesSpan, of: record)
    }

    /// The value of the last header of a name, as a slice, which is the one that counts in Kafka's clients.
    ///
    /// - Returns: nil if there is none; the value is nil for null.
    /// - Throws: `truncated`, `lengthTooLarge`, `bytesLeft`, `varintTooLong`, `negativeLength`.
    package func lastHeader(named name: String, of record: Record) throws(RecordsError) -> ByteBuffer?? {
        var found: ByteBuffer??
        var headers = headers(of: record)
        while let header = try headers.next() {
            if body.readableBytesSpan.equals(name, in: header.key) { found = .some(bytes(header.value)) }
        }
        return found
    }
}
