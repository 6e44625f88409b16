import KafkaWire
package import NIOCore

/// Makes a batch of the current format, record by record.
package struct RecordBatchBuilder {
    /// What the batch is to have in its header: offset, leader's epoch, attributes, producer ID, epoch and sequence
    /// number are taken as they are.
    ///
    /// `baseTimestamp` counts if it is not −1 when the first record comes; else that record's timestamp is taken.
    /// `maxTimestamp` counts if the attributes say that it is the time of the append; else it is the largest
    /// timestamp. `lastOffsetDelta` and `recordCount` follow from the records.
    package var header: RecordBatchHeader
    /// Of compression; nil for the codec's default.
    package var level: Int?
    /// Records so far.
    package private(set) var recordCount = 0
    /// Free bytes for the header, then the records, not compressed.
    private var bytes = ByteBuffer()
    private var baseTimestamp: Int64 = -1
    private var maxTimestamp: Int64 = -1
    private var lastOffsetDelta: Int32 = -1

    /// Creates a builder.
    ///
    /// - Parameters:
    ///   - header: see ``header``; by default without offset, producer and sequence.
    ///   - codec: replaces what the header's attributes say; nil leaves it.
    ///   - level: of compression; nil for the codec's default.
    package init(header: RecordBatchHeader = RecordBatchHeader(), codec: CompressionCodec? = nil, level: Int? = nil) {
        self.header = header
        if let codec { self.header.attributes.setCodec(codec) }
        self.level = level
    }

    /// Bytes of the batch so far, before compression.
    package var byteCount: Int { max(bytes.readableBytes, RecordBatchLayout.headerSize) }

    /// Whether there are no records.
    package var isEmpty: Bool { recordCount == 0 }

    /// Adds a record.
    ///
    /// - Parameters:
    ///   - key: nil for null.
    ///   - value: nil for null, a tombstone.
    ///   - headers: in their order.
    ///   - timestamp: milliseconds since 1970.
    ///   - offsetDelta: from the batch's base offset; nil for one more than the last, which a producer needs.
    /// - Throws: `lengthTooLarge` for a record of more than 2 GiB, `countTooLarge` for more records than a batch can
    ///   count.
    package mutating func append(
        key: ByteBuffer?, value: ByteBuffer?, headers: [RecordHeader] = [], timestamp: Int64,
        offsetDelta: Int32? = nil
    ) throws(RecordsError) {
        guard let delta = offsetDelta ?? Int32(exactly: Int64(lastOffsetDelta) + 1) else {
            throw RecordsError(.countTooLarge, expected: Int(Int32.max), actual: recordCount, field: "record count")
        }
        if isEmpty {
            baseTimestamp = header.baseTimestamp == -1 ? timestamp : header.baseTimestamp
            if bytes.readableBytes == 0 { bytes.writeRepeatingByte(0, count: RecordBatchLayout.headerSize) }
        }
        let expected = (key?.readableBytes ?? 0) + (value?.readableBytes ?? 0) + 64
        // The writer has the only reference to the bytes, so that it adds to them in place.
        var writer = WireWriter(appendingTo: take(&bytes), minimumCapacity: expected)
        let before = writer.count
        do throws(RecordsError) {
            try RecordWriter.write(
                timestampDelta: timestamp &- baseTimestamp, offsetDelta: delta, key: key, value: value,
                headers: RecordWriter.encoded(headers), headerCount: headers.count, to: &writer)
            bytes = writer.finish()
        } catch {
            // A record is refused before any of it is written.
            assert(writer.count == before)
            bytes = writer.finish()
            throw error
        }
        lastOffsetDelta = max(lastOffsetDelta, delta)
        maxTimestamp = max(maxTimestamp, timestamp)
        recordCount += 1
    }

    /// Ends the batch; the builder is then empty and can make another one with the same header.
    ///
    /// - Parameter contexts: of the event loop.
    /// - Returns: the batch, checksum included; without records it is an empty batch.
    /// - Throws: `lengthTooLarge`, `outOfMemory`, `unknownCodec`.
    package mutating func finish(with contexts: CompressionContexts) throws(RecordsError) -> ByteBuffer {
        if bytes.readableBytes == 0 { bytes.writeRepeatingByte(0, count: RecordBatchLayout.headerSize) }
        var final = header
        final.recordCount = Int32(clamping: recordCount)
        final.lastOffsetDelta = isEmpty ? header.lastOffsetDelta : lastOffsetDelta
        if !isEmpty {
            final.baseTimestamp = baseTimestamp
            if !header.attributes.isLogAppendTime { final.maxTimestamp = maxTimestamp }
        }
        let records = take(&bytes)
        (recordCount, baseTimestamp, maxTimestamp, lastOffsetDelta) = (0, -1, -1, -1)
        return try RecordBatchWriter.seal(final, records: records, level: level, with: contexts)
    }

    /// Moves a buffer out, so that nobody else refers to its storage.
    private func take(_ buffer: inout ByteBuffer) -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &buffer)
        return taken
    }
}
