package import NIOCore

/// Reads the batches of a records field, one after another, by their headers alone.
///
/// A Fetch may return a last batch that is cut off: it is not a batch, and what is there of it is ``rest``.
package struct RecordBatches {
    private let bytes: ByteBuffer
    /// Where the next batch begins, in bytes from the start of the field.
    package private(set) var position = 0

    /// Reads a field.
    ///
    /// - Parameter bytes: the readable ones are the field; null fields have none.
    package init(_ bytes: ByteBuffer) {
        self.bytes = bytes
    }

    /// What follows the last batch that was read: after ``next()`` has given nil, a batch that is cut off, or nothing.
    package var rest: ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + position, length: bytes.readableBytes - position) ?? ByteBuffer()
    }

    /// Reads the next batch's header.
    ///
    /// - Returns: nil if there is no further batch that is whole.
    /// - Throws: `unknownMagic`, `negativeLength` for a length that no batch can have.
    package mutating func next() throws(RecordsError) -> RecordBatch? {
        guard let batch = try batch() else { return nil }
        position += batch.bytes.readableBytes
        return batch
    }

    private func batch() throws(RecordsError) -> RecordBatch? {
        typealias Layout = RecordBatchLayout
        let span = bytes.readableBytesSpan
        let left = span.byteCount - position
        guard left > Layout.magicOffset else { return nil }
        let head = span.extracting(position..<span.byteCount)
        let length = Int(head.bigEndian(at: Layout.lengthOffset, as: Int32.self))
        let magic = Int8(bitPattern: head.byte(at: Layout.magicOffset))
        let least: Int
        switch magic {
        case 2: least = Layout.headerSize
        case 1: least = Layout.timedMessageHeaderSize + Layout.messageLengthsSize
        case 0: least = Layout.messageHeaderSize + Layout.messageLengthsSize
        default:
            throw RecordsError(.unknownMagic, at: position + Layout.magicOffset, actual: Int(magic), field: "magic")
        }
        guard length >= least - Layout.prefixSize else {
            throw RecordsError(
                .negativeLength, at: position + Layout.lengthOffset, expected: least - Layout.prefixSize,
                actual: length, field: "batch length")
        }
        let size = length + Layout.prefixSize
        guard size <= left, let slice = bytes.getSlice(at: bytes.readerIndex + position, length: size) else {
            return nil
        }
        return RecordBatch(
            bytes: slice,
            header: magic == 2 ? RecordBatchHeader(current: head) : RecordBatchHeader(old: head, magic: magic))
    }
}
