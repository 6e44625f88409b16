/// Reads the records of one batch, one by one, without copying or allocating.
///
/// Each length is checked before it is used; the headers of a record are read only by ``HeaderCursor``.
package struct RecordCursor: ~Escapable {
    private var reader: RecordFieldReader
    private let batch: RecordBatchHeader
    private let isMessageSet: Bool
    private let offsetBase: Int64
    private var index = 0

    @_lifetime(copy body)
    init(_ body: RawSpan, of contents: BatchContents) {
        reader = RecordFieldReader(body)
        batch = contents.batch
        isMessageSet = contents.isMessageSet
        offsetBase = contents.offsetBase
    }

    /// Reads the next record.
    ///
    /// - Returns: nil after as many as the batch says; then no bytes are left.
    /// - Throws: `truncated`, `lengthTooLarge`, `negativeLength`, `countTooLarge`, `bytesLeft`, `varintTooLong`;
    ///   for old messages also `unknownMagic` and `nestedTooDeep`.
    package mutating func next() throws(RecordsError) -> Record? {
        guard !isMessageSet else { return try nextMessage() }
        guard index < Int(batch.recordCount) else {
            guard reader.remaining == 0 else {
                throw RecordsError(.bytesLeft, at: reader.offset, actual: reader.remaining, field: "records")
            }
            return nil
        }
        var record = Record()
        let start = reader.offset
        let length = try reader.readVarint("record length")
        guard length >= RecordBatchLayout.smallestRecord - 1 else {
            throw RecordsError(
                .negativeLength, at: start, expected: RecordBatchLayout.smallestRecord - 1, actual: length,
                field: "record length")
        }
        guard length <= reader.remaining else {
            throw RecordsError(
                .lengthTooLarge, at: start, expected: reader.remaining, actual: length, field: "record length")
        }
        let end = reader.offset &+ length
        let rest = reader.narrow(to: end)
        record.attributes = try reader.readInt8()
        record.writtenTimestamp = try reader.readVarlong("timestamp delta")
        record.writtenOffset = Int64(try reader.readVarint("offset delta"))
        record.key = try reader.readRange("key length")
        record.value = try reader.readRange("value length")
        let headerCount = try reader.readCount("header count", smallest: 2)
        guard headerCount > 0 || reader.remaining == 0 else {
            throw RecordsError(.bytesLeft, at: reader.offset, actual: reader.remaining, field: "record")
        }
        record.headerCount = headerCount
        record.headers = RecordRange(offset: reader.offset, length: end &- reader.offset)
        reader.widen(to: rest, at: end)
        record.index = index
        record.range = RecordRange(offset: start, length: end &- start)
        record.offset = offsetBase &+ record.writtenOffset
        record.timestamp =
            batch.attributes.isLogAppendTime ? batch.maxTimestamp : batch.baseTimestamp &+ record.writtenTimestamp
        index &+= 1
        return record
    }

    private mutating func nextMessage() throws(RecordsError) -> Record? {
        guard reader.remaining > 0 else { return nil }
        let message = try MessageSetReader.message(in: reader.bytes, at: reader.offset)
        guard message.attributes.codecNumber == 0 else {
            throw RecordsError(.nestedTooDeep, at: message.range.offset)
        }
        reader.skip(to: message.range.end)
        var record = Record()
        record.index = index
        record.range = message.range
        record.writtenOffset = message.offset
        record.offset = offsetBase &+ message.offset
        record.writtenTimestamp = message.timestamp
        // The time of the append is that of the message around, as the broker changed only that.
        record.timestamp = batch.attributes.isLogAppendTime ? batch.maxTimestamp : message.timestamp
        record.key = message.key
        record.value = message.value
        record.headers = RecordRange(offset: message.range.end, length: 0)
        index &+= 1
        return record
    }
}
