import NIOCore

/// What the header of a partition's first record batch says of the producer; the records are not looked at.
///
/// All batches of a partition in one request are of one producer: brokers take no others.
struct FirstBatch: Equatable {
    /// Given by the broker, 0 or more.
    let producerID: Int64
    /// 0 or more.
    let epoch: Int16
    /// True if it belongs to a transaction.
    let isTransactional: Bool

    private static let magicOffset = 16
    private static let attributesOffset = 21
    private static let producerIDOffset = 43
    private static let epochOffset = 51

    /// Reads the header; nil if the producer is not idempotent: no batch, one of an old format, or no producer ID.
    init?(_ records: ByteBuffer?) {
        guard let records else { return nil }
        let start = records.readerIndex
        guard let magic = records.getInteger(at: start + Self.magicOffset, as: Int8.self), magic >= 2,
            let attributes = records.getInteger(at: start + Self.attributesOffset, as: Int16.self),
            let id = records.getInteger(at: start + Self.producerIDOffset, as: Int64.self),
            let epoch = records.getInteger(at: start + Self.epochOffset, as: Int16.self), id >= 0, epoch >= 0
        else { return nil }
        producerID = id
        self.epoch = epoch
        isTransactional = attributes & 0x10 != 0
    }
}
