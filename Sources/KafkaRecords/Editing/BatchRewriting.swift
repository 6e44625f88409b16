import KafkaWire
import NIOCore

/// Encodes one edited batch: what its header says stays, as far as it is still true.
struct BatchRewriting {
    let batch: RecordBatch
    let contents: BatchContents
    /// Ascending by the record's number.
    let changes: [RecordChange]
    let source: RecordsEditor.Source
    let level: Int?

    /// What an edited body says of itself.
    struct Body {
        var bytes: ByteBuffer
        var recordCount = 0
        var droppedCount = 0
        /// Of the records that are left.
        var maxTimestamp: Int64 = -1
        /// Offset in the body of the last record.
        var lastOffset: Int64 = 0
    }

    /// Encodes the batch.
    ///
    /// - Parameter contexts: of the event loop.
    /// - Returns: nil if nothing is left of it.
    /// - Throws: what reading the records throws, `lengthTooLarge`, `outOfMemory`.
    func encoded(with contexts: CompressionContexts) throws(RecordsError) -> ByteBuffer? {
        guard batch.header.isCurrentFormat else {
            return try MessageRewriting(rewriting: self).encoded(with: contexts)
        }
        let body = try body(after: RecordBatchLayout.headerSize) {
            (record, offset, change, writer) throws(RecordsError) in
            try write(record, offset: offset, change, to: &writer)
        }
        var header = batch.header
        if body.recordCount == 0, body.droppedCount > 0 {
            return source == .producer ? nil : Self.emptied(header)
        }
        header.recordCount = Int32(clamping: body.recordCount)
        if source == .producer, body.droppedCount > 0 {
            header.lastOffsetDelta = Int32(clamping: body.recordCount - 1)
            if !header.attributes.isLogAppendTime { header.maxTimestamp = body.maxTimestamp }
        }
        return try RecordBatchWriter.seal(header, records: body.bytes, level: level, with: contexts)
    }

    /// A batch without records, as compaction leaves one: it still says which offsets it stood for.
    static func emptied(_ header: RecordBatchHeader) -> ByteBuffer {
        var header = header
        header.recordCount = 0
        // There is nothing to decompress, and not every client would look at the count first.
        header.attributes.setCodec(.none)
        var bytes = ByteBuffer()
        bytes.writeRepeatingByte(0, count: RecordBatchLayout.headerSize)
        let length = RecordBatchLayout.headerSize - RecordBatchLayout.prefixSize
        RecordBatchWriter.write(header, length: Int32(length), to: &bytes)
        return bytes
    }

    /// Makes the edited body: records that stay are copied together with their neighbours, the others are written.
    ///
    /// - Parameters:
    ///   - spare: bytes to be free before it.
    ///   - write: writes a record with another offset, or other fields.
    /// - Returns: the body, after the free bytes, and what it holds.
    /// - Throws: what reading the records and `write` throw.
    func body(
        after spare: Int,
        _ write: (Record, Int64, RecordChange?, inout WireWriter) throws(RecordsError) -> Void
    ) throws(RecordsError) -> Body {
        var writer = WireWriter(appendingTo: freeSpace(after: spare))
        var body = Body(bytes: ByteBuffer())
        var run = RecordRange(offset: 0, length: 0)
        var next = 0
        var records = contents.records
        while let record = try records.next() {
            var change: RecordChange?
            if next < changes.count, changes[next].index == record.index {
                change = changes[next]
                next += 1
            }
            guard change?.isDropped != true else {
                body.droppedCount += 1
                continue
            }
            let isMoved = source == .producer && body.droppedCount > 0
            let offset = isMoved ? Int64(body.recordCount) : record.writtenOffset
            body.recordCount += 1
            body.maxTimestamp = max(body.maxTimestamp, record.timestamp)
            body.lastOffset = offset
            if change == nil, !isMoved {
                if run.end == record.range.offset {
                    run.length += record.range.length
                } else {
                    copy(run, to: &writer)
                    run = record.range
                }
                continue
            }
            copy(run, to: &writer)
            run = RecordRange(offset: record.range.end, length: 0)
            try write(record, offset, change, &writer)
        }
        copy(run, to: &writer)
        body.bytes = writer.finish()
        return body
    }

    /// A buffer that nobody else refers to, with room for the body as it was and some more.
    private func freeSpace(after spare: Int) -> ByteBuffer {
        var space = ByteBuffer()
        space.reserveCapacity(spare + contents.body.readableBytes + 1_024)
        space.writeRepeatingByte(0, count: spare)
        return space
    }

    private func copy(_ range: RecordRange, to writer: inout WireWriter) {
        guard range.length > 0, let bytes = contents.bytes(range) else { return }
        writer.writeRaw(bytes)
    }

    private func write(
        _ record: Record, offset: Int64, _ change: RecordChange?, to writer: inout WireWriter
    ) throws(RecordsError) {
        try RecordWriter.write(
            attributes: record.attributes, timestampDelta: record.writtenTimestamp,
            offsetDelta: Int32(clamping: offset), key: field(record.key, change?.key),
            value: field(record.value, change?.value), headers: change?.headers ?? contents.bytes(record.headers),
            headerCount: change?.headers == nil ? record.headerCount : change?.headerCount ?? 0, to: &writer)
    }

    /// What a field is to be: nil for null.
    func field(_ range: RecordRange, _ change: FieldChange?) -> ByteBuffer? {
        guard case .replaced(let bytes)? = change else { return contents.bytes(range) }
        return bytes
    }
}
