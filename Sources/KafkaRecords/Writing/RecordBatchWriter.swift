import NIOCore

/// Puts headers before records of the current format.
enum RecordBatchWriter {
    typealias Layout = RecordBatchLayout

    /// Makes a batch of a header and records.
    ///
    /// - Parameters:
    ///   - header: all but `length` and `checksum` is written as it is.
    ///   - records: uncompressed, with as many free bytes before them as a header takes, which are part of the buffer.
    ///   - level: of compression; nil for the codec's default.
    ///   - contexts: of the event loop.
    /// - Returns: the batch, in the memory of `records` if they are not to be compressed.
    /// - Throws: `unknownCodec`, `lengthTooLarge`, `outOfMemory`.
    static func seal(
        _ header: RecordBatchHeader, records: consuming ByteBuffer, level: Int?, with contexts: CompressionContexts
    ) throws(RecordsError) -> ByteBuffer {
        guard let codec = header.attributes.codec else {
            throw RecordsError(.unknownCodec, actual: Int(header.attributes.codecNumber))
        }
        var batch: ByteBuffer
        if codec == .none {
            batch = records
        } else {
            batch = ByteBuffer()
            batch.reserveCapacity(Layout.headerSize + records.readableBytes / 2)
            batch.writeRepeatingByte(0, count: Layout.headerSize)
            records.moveReaderIndex(forwardBy: Layout.headerSize)
            try contexts.compress(codec, records, level: level, into: &batch)
        }
        let length = batch.readableBytes - Layout.prefixSize
        guard let length = Int32(exactly: length) else {
            throw RecordsError(.lengthTooLarge, expected: Int(Int32.max), actual: length, field: "batch length")
        }
        write(header, length: length, to: &batch)
        return batch
    }

    /// Writes a header over the first bytes of a batch, whose records are in place.
    static func write(_ header: RecordBatchHeader, length: Int32, to batch: inout ByteBuffer) {
        let start = batch.readerIndex
        batch.setInteger(header.baseOffset, at: start)
        batch.setInteger(length, at: start + Layout.lengthOffset)
        batch.setInteger(header.partitionLeaderEpoch, at: start + Layout.leaderEpochOffset)
        batch.setInteger(Int8(2), at: start + Layout.magicOffset)
        batch.setInteger(header.attributes.rawValue, at: start + Layout.attributesOffset)
        batch.setInteger(header.lastOffsetDelta, at: start + Layout.lastOffsetDeltaOffset)
        batch.setInteger(header.baseTimestamp, at: start + Layout.baseTimestampOffset)
        batch.setInteger(header.maxTimestamp, at: start + Layout.maxTimestampOffset)
        batch.setInteger(header.producerID, at: start + Layout.producerIDOffset)
        batch.setInteger(header.producerEpoch, at: start + Layout.producerEpochOffset)
        batch.setInteger(header.baseSequence, at: start + Layout.baseSequenceOffset)
        batch.setInteger(header.recordCount, at: start + Layout.recordCountOffset)
        let checksum = CRC32C.checksum(batch.readableBytesSpan.extracting(droppingFirst: Layout.attributesOffset))
        batch.setInteger(checksum, at: start + Layout.checksumOffset)
    }
}
