package import NIOCore

/// What the header of a batch says of its producer, to be put in the place of what another producer wrote: the records
/// stay as they are, compressed or not.
package struct ProducerStamp: Sendable, Equatable {
    /// −1 for none.
    package var producerID: Int64
    /// −1 for none.
    package var producerEpoch: Int16
    /// Sequence number of the first record; −1 for none.
    package var baseSequence: Int32

    /// Creates a stamp; by default that of a producer without idempotence.
    package init(producerID: Int64 = -1, producerEpoch: Int16 = -1, baseSequence: Int32 = -1) {
        self.producerID = producerID
        self.producerEpoch = producerEpoch
        self.baseSequence = baseSequence
    }

    /// Makes a batch one of this producer's: it begins at offset 0 in no leader's epoch, belongs to no transaction, and its
    /// checksum is written anew. Its length and its codec stay.
    ///
    /// - Parameter batch: a batch of the current format whose header is whole, and nothing behind it; otherwise it is left
    ///   as it is.
    package func store(in batch: inout ByteBuffer) {
        typealias Layout = RecordBatchLayout
        let start = batch.readerIndex
        guard batch.readableBytes >= Layout.headerSize,
            let attributes = batch.getInteger(at: start + Layout.attributesOffset, as: Int16.self)
        else { return }
        var cleared = RecordBatchAttributes(rawValue: attributes)
        cleared.isTransactional = false
        batch.setInteger(0 as Int64, at: start)
        batch.setInteger(-1 as Int32, at: start + Layout.leaderEpochOffset)
        batch.setInteger(cleared.rawValue, at: start + Layout.attributesOffset)
        batch.setInteger(producerID, at: start + Layout.producerIDOffset)
        batch.setInteger(producerEpoch, at: start + Layout.producerEpochOffset)
        batch.setInteger(baseSequence, at: start + Layout.baseSequenceOffset)
        let checksum = CRC32C.checksum(batch.readableBytesSpan.extracting(droppingFirst: Layout.attributesOffset))
        batch.setInteger(checksum, at: start + Layout.checksumOffset)
    }
}
