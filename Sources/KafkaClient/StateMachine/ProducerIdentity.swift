/// Under which number and epoch a producer's sequences are counted (KIP-98).
package struct ProducerIdentity: Sendable, Equatable {
    /// Given by a broker.
    package var id: Int64
    /// Raised when sequences begin anew (KIP-360).
    package var epoch: Int16

    /// - Parameters:
    ///   - id: given by a broker.
    ///   - epoch: from 0 on.
    package init(id: Int64, epoch: Int16) {
        self.id = id
        self.epoch = epoch
    }

    /// Of a producer without idempotence.
    static let none = ProducerIdentity(id: -1, epoch: -1)

    /// The next epoch; nil after the last.
    var next: ProducerIdentity? {
        epoch < .max ? ProducerIdentity(id: id, epoch: epoch + 1) : nil
    }
}

/// Sequence numbers: 31 bits that begin anew at 0.
enum ProducerSequence {
    /// The number `count` records after `sequence`.
    static func after(_ sequence: Int32, count: Int) -> Int32 {
        Int32((Int64(sequence) + Int64(count)) & Int64(Int32.max))
    }
}
