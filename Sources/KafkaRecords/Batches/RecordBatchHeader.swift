/// What stands before the records of a batch, read without decompressing them.
///
/// An old message (magic 0 or 1) has the first fields only; the others say that there is nothing.
package struct RecordBatchHeader: Sendable, Equatable {
    /// Offset of the first record; of an old message its own, which is the last one's if it is compressed.
    package var baseOffset: Int64 = 0
    /// Bytes after this field, as the batch says.
    package var length: Int32 = 0
    /// −1 if not known, as in a producer's request.
    package var partitionLeaderEpoch: Int32 = -1
    /// The format: 0, 1 or 2.
    package var magic: Int8 = 2
    /// CRC-32C from the attributes on; in old messages CRC-32 from the magic on.
    package var checksum: UInt32 = 0
    package var attributes = RecordBatchAttributes()
    /// Of the last record when the batch was made: it stays when records are compacted away.
    package var lastOffsetDelta: Int32 = 0
    /// Milliseconds since 1970 from which records count their own, or the delete horizon; −1 if there is none.
    package var baseTimestamp: Int64 = -1
    /// The largest timestamp, or the time of the append.
    package var maxTimestamp: Int64 = -1
    /// −1 for none.
    package var producerID: Int64 = -1
    package var producerEpoch: Int16 = -1
    /// Sequence number of the first record; −1 for none.
    package var baseSequence: Int32 = -1
    /// As the batch says; −1 for a compressed old message, which does not say.
    package var recordCount: Int32 = 0

    /// Creates the header of an empty batch of the current format.
    package init() {}

    /// Offset of the last record, or where it was. Of a hostile header it may have overflowed.
    package var lastOffset: Int64 { baseOffset &+ Int64(lastOffsetDelta) }

    /// Whether this is a batch of the current format, not an old message.
    package var isCurrentFormat: Bool { magic == 2 }

    /// Whether the batch holds a marker, not records of users.
    package var isControl: Bool { isCurrentFormat && attributes.isControl }

    /// Whether records have sequence numbers: their count is then fixed.
    package var hasSequence: Bool { producerID >= 0 && baseSequence >= 0 }
}

extension RecordBatchHeader {
    /// Reads a header of the current format whose ``RecordBatchLayout/headerSize`` bytes are all there.
    package init(current bytes: RawSpan) {
        typealias Layout = RecordBatchLayout
        baseOffset = bytes.bigEndian(at: 0, as: Int64.self)
        length = bytes.bigEndian(at: Layout.lengthOffset, as: Int32.self)
        partitionLeaderEpoch = bytes.bigEndian(at: Layout.leaderEpochOffset, as: Int32.self)
        magic = 2
        checksum = bytes.bigEndian(at: Layout.checksumOffset, as: UInt32.self)
        attributes = RecordBatchAttributes(rawValue: bytes.bigEndian(at: Layout.attributesOffset, as: Int16.self))
        lastOffsetDelta = bytes.bigEndian(at: Layout.lastOffsetDeltaOffset, as: Int32.self)
        baseTimestamp = bytes.bigEndian(at: Layout.baseTimestampOffset, as: Int64.self)
        maxTimestamp = bytes.bigEndian(at: Layout.maxTimestampOffset, as: Int64.self)
        producerID = bytes.bigEndian(at: Layout.producerIDOffset, as: Int64.self)
        producerEpoch = bytes.bigEndian(at: Layout.producerEpochOffset, as: Int16.self)
        baseSequence = bytes.bigEndian(at: Layout.baseSequenceOffset, as: Int32.self)
        recordCount = bytes.bigEndian(at: Layout.recordCountOffset, as: Int32.self)
    }

    /// Reads the header of an old message whose bytes are all there.
    init(old bytes: RawSpan, magic: Int8) {
        typealias Layout = RecordBatchLayout
        baseOffset = bytes.bigEndian(at: 0, as: Int64.self)
        length = bytes.bigEndian(at: Layout.lengthOffset, as: Int32.self)
        self.magic = magic
        checksum = bytes.bigEndian(at: Layout.oldChecksumOffset, as: UInt32.self)
        attributes = RecordBatchAttributes(rawValue: Int16(bytes.byte(at: Layout.oldAttributesOffset)))
        if magic == 1 { maxTimestamp = bytes.bigEndian(at: Layout.oldTimestampOffset, as: Int64.self) }
        baseTimestamp = maxTimestamp
        recordCount = attributes.codecNumber == 0 ? 1 : -1
    }
}
