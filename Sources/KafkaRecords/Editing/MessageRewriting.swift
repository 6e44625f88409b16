import KafkaWire
import NIOCore

/// Encodes an edited message of the old formats (0 and 1), or a compressed set of them.
struct MessageRewriting {
    typealias Layout = RecordBatchLayout

    let rewriting: BatchRewriting

    /// The longest field that a message can have.
    private static let maxFieldBytes = Int(Int32.max) - 64

    private var header: RecordBatchHeader { rewriting.batch.header }

    /// Encodes the message.
    ///
    /// - Parameter contexts: of the event loop.
    /// - Returns: nil if nothing is left of it.
    /// - Throws: what reading the messages throws, `lengthTooLarge`, `outOfMemory`.
    func encoded(with contexts: CompressionContexts) throws(RecordsError) -> ByteBuffer? {
        let body = try rewriting.body(after: 0) { (record, offset, change, writer) throws(RecordsError) in
            try write(record, offset: offset, change, to: &writer)
        }
        guard body.recordCount > 0 else { return nil }
        guard let codec = header.attributes.codec, codec != .none else { return body.bytes }
        let wrapper = try MessageSetReader.message(in: rewriting.batch.bytes.readableBytesSpan, at: 0)
        var compressed = ByteBuffer()
        try contexts.compress(
            codec, body.bytes, level: rewriting.level, into: &compressed, hasOldLZ4Header: header.magic == 0)
        var key: ByteBuffer?
        if !wrapper.key.isNull {
            let bytes = rewriting.batch.bytes
            key = bytes.getSlice(at: bytes.readerIndex + wrapper.key.offset, length: wrapper.key.length)
        }
        // Offsets count from 0 in it, and the message around has the last one's; if it said so before.
        let isRenumbered = rewriting.source == .producer && body.droppedCount > 0 && header.baseOffset != 0
        var writer = WireWriter(minimumCapacity: compressed.readableBytes + 64)
        try Self.write(
            offset: isRenumbered ? body.lastOffset : header.baseOffset, magic: header.magic,
            attributes: UInt8(truncatingIfNeeded: header.attributes.rawValue), timestamp: header.maxTimestamp, key: key,
            value: compressed, to: &writer)
        return writer.finish()
    }

    private func write(
        _ record: Record, offset: Int64, _ change: RecordChange?, to writer: inout WireWriter
    ) throws(RecordsError) {
        let bytes = rewriting.contents.body
        let start = bytes.readerIndex + record.range.offset
        try Self.write(
            offset: offset,
            magic: bytes.getInteger(at: start + Layout.magicOffset) ?? 0,
            attributes: bytes.getInteger(at: start + Layout.oldAttributesOffset) ?? 0,
            timestamp: record.writtenTimestamp, key: rewriting.field(record.key, change?.key),
            value: rewriting.field(record.value, change?.value), to: &writer)
    }

    /// Writes a message with its checksum.
    static func write(
        offset: Int64, magic: Int8, attributes: UInt8, timestamp: Int64, key: ByteBuffer?, value: ByteBuffer?,
        to writer: inout WireWriter
    ) throws(RecordsError) {
        let keyCount = key?.readableBytes ?? 0
        let valueCount = value?.readableBytes ?? 0
        guard keyCount + valueCount <= maxFieldBytes else {
            throw RecordsError(
                .lengthTooLarge, expected: maxFieldBytes, actual: keyCount + valueCount, field: "message length")
        }
        var checked = WireWriter(minimumCapacity: keyCount + valueCount + 32)
        checked.writeInt8(magic)
        checked.writeInt8(Int8(bitPattern: attributes))
        if magic == 1 { checked.writeInt64(timestamp) }
        for field in [key, value] {
            checked.writeInt32(field.map { Int32(clamping: $0.readableBytes) } ?? -1)
            if let field { checked.writeRaw(field) }
        }
        let bytes = checked.finish()
        writer.writeInt64(offset)
        writer.writeInt32(Int32(clamping: bytes.readableBytes + 4))
        writer.writeUInt32(RecordBatch.oldChecksum(bytes.readableBytesSpan))
        writer.writeRaw(bytes)
    }
}
