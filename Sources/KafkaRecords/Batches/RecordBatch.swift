import CZlib
package import NIOCore

/// One batch of records as it came, not opened: a slice of the bytes and what its header says.
///
/// Also an old message (magic 0 or 1), which may hold others, compressed.
package struct RecordBatch: Sendable, Equatable {
    /// All bytes of the batch, header included.
    package let bytes: ByteBuffer
    /// What the header says.
    package let header: RecordBatchHeader

    init(bytes: ByteBuffer, header: RecordBatchHeader) {
        self.bytes = bytes
        self.header = header
    }

    /// Bytes before the records; of an old message before the length of its key.
    package var headerSize: Int {
        switch header.magic {
        case 2: RecordBatchLayout.headerSize
        case 1: RecordBatchLayout.timedMessageHeaderSize
        default: RecordBatchLayout.messageHeaderSize
        }
    }

    /// Checks the checksum.
    ///
    /// - Throws: `wrongChecksum`.
    package func verifyChecksum() throws(RecordsError) {
        let span = bytes.readableBytesSpan
        let actual =
            header.isCurrentFormat
            ? CRC32C.checksum(span.extracting(droppingFirst: RecordBatchLayout.attributesOffset))
            : Self.oldChecksum(span.extracting(droppingFirst: RecordBatchLayout.magicOffset))
        guard actual == header.checksum else {
            throw RecordsError(.wrongChecksum, expected: Int(actual), actual: Int(header.checksum))
        }
    }

    /// CRC-32 of what follows the checksum of an old message.
    static func oldChecksum(_ bytes: RawSpan) -> UInt32 {
        bytes.withUnsafeBytes { bytes in
            UInt32(truncatingIfNeeded: crc32_z(0, bytes.baseAddress, bytes.count))
        }
    }

    /// Opens the batch: its records are decompressed, but not yet read.
    ///
    /// - Parameters:
    ///   - contexts: of the event loop.
    ///   - limits: how far decompression may go.
    ///   - budget: from which decompressed bytes are taken. Who lets go of the result gives it
    ///     ``BatchContents/reservedBytes`` back.
    ///   - verifyingChecksum: whether the checksum is to be right.
    /// - Returns: the records' bytes, of which nothing has been checked but their count.
    /// - Throws: `wrongChecksum`, `unknownCodec`, `countTooLarge`, and what decompression throws.
    package func open(
        with contexts: CompressionContexts, limits: DecompressionLimits, budget: (any DecompressionBudget)? = nil,
        verifyingChecksum: Bool = true
    ) throws(RecordsError) -> BatchContents {
        if verifyingChecksum { try verifyChecksum() }
        guard let codec = header.attributes.codec else {
            throw RecordsError(.unknownCodec, actual: Int(header.attributes.codecNumber))
        }
        guard header.isCurrentFormat else {
            return try openMessage(codec, with: contexts, limits: limits, budget: budget)
        }
        let stored = stored(from: headerSize)
        // An empty batch may still name the codec that it once had.
        let body =
            stored.readableBytes == 0
            ? stored : try contexts.decompress(codec, stored, limits: limits, budget: budget)
        let contents = BatchContents(
            batch: header, body: body, isMessageSet: false, offsetBase: header.baseOffset,
            reservedBytes: budget == nil || codec == .none ? 0 : body.readableBytes)
        let most = body.readableBytes / RecordBatchLayout.smallestRecord
        guard header.recordCount >= 0, Int(header.recordCount) <= most else {
            budget?.release(contents.reservedBytes)
            throw RecordsError(
                .countTooLarge, at: RecordBatchLayout.recordCountOffset, expected: most,
                actual: Int(header.recordCount), field: "record count")
        }
        return contents
    }

    /// Opens an old message: it is a set of one, or holds a set, compressed.
    private func openMessage(
        _ codec: CompressionCodec, with contexts: CompressionContexts, limits: DecompressionLimits,
        budget: (any DecompressionBudget)?
    ) throws(RecordsError) -> BatchContents {
        guard codec != .none else {
            return BatchContents(batch: header, body: bytes, isMessageSet: true, offsetBase: 0, reservedBytes: 0)
        }
        guard codec != .zstd else { throw RecordsError(.unsupported, field: "zstd in an old message") }
        let wrapper = try MessageSetReader.message(in: bytes.readableBytesSpan, at: 0)
        guard wrapper.value.length > 0 else {
            throw RecordsError(.corrupt, at: wrapper.value.offset, field: "compressed messages")
        }
        let body = try contexts.decompress(
            codec, stored(from: wrapper.value.offset), limits: limits, budget: budget,
            hasOldLZ4Header: header.magic == 0)
        do throws(RecordsError) {
            let base = try MessageSetReader.offsetBase(of: body.readableBytesSpan, in: header)
            return BatchContents(
                batch: header, body: body, isMessageSet: true, offsetBase: base,
                reservedBytes: budget == nil ? 0 : body.readableBytes)
        } catch {
            budget?.release(body.readableBytes)
            throw error
        }
    }

    private func stored(from offset: Int) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + offset, length: bytes.readableBytes - offset) ?? ByteBuffer()
    }
}
