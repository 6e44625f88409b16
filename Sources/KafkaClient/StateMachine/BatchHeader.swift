import KafkaRecords
import NIOCore

/// The 61 bytes before the records of a batch (magic 2, KIP-98).
struct BatchHeader {
    var compression: CompressionCodec
    var count: Int
    var baseTimestamp: Int64
    var maxTimestamp: Int64
    var identity: ProducerIdentity
    /// −1 without idempotence.
    var sequence: Int32

    /// Fills the header's room at the start of a batch, the checksum last.
    func store(in batch: inout ByteBuffer) {
        let start = batch.readerIndex
        batch.setInteger(0 as Int64, at: start)
        let length = Int32(clamping: batch.readableBytes - RecordBatchLayout.prefixSize)
        batch.setInteger(length, at: start + RecordBatchLayout.lengthOffset)
        batch.setInteger(-1 as Int32, at: start + RecordBatchLayout.leaderEpochOffset)
        batch.setInteger(2 as Int8, at: start + RecordBatchLayout.magicOffset)
        batch.setInteger(Int16(compression.rawValue), at: start + RecordBatchLayout.attributesOffset)
        batch.setInteger(Int32(clamping: count - 1), at: start + RecordBatchLayout.lastOffsetDeltaOffset)
        batch.setInteger(baseTimestamp, at: start + RecordBatchLayout.baseTimestampOffset)
        batch.setInteger(maxTimestamp, at: start + RecordBatchLayout.maxTimestampOffset)
        batch.setInteger(identity.id, at: start + RecordBatchLayout.producerIDOffset)
        batch.setInteger(identity.epoch, at: start + RecordBatchLayout.producerEpochOffset)
        batch.setInteger(sequence, at: start + RecordBatchLayout.baseSequenceOffset)
        batch.setInteger(Int32(clamping: count), at: start + RecordBatchLayout.recordCountOffset)
        batch.setInteger(Self.checksum(of: batch), at: start + RecordBatchLayout.checksumOffset)
    }

    /// The checksum of all from the attributes on.
    private static func checksum(of batch: ByteBuffer) -> UInt32 {
        let bytes = batch.readableBytesSpan
        return CRC32C.checksum(bytes.extracting(RecordBatchLayout.attributesOffset..<bytes.byteCount))
    }
}
