package import KafkaWire
package import NIOCore

/// The end of some accepted records of one partition: each accepted record is in exactly one outcome.
package struct ProducerOutcome: Sendable, Equatable {
    /// How it ended.
    package enum Result: Sendable, Equatable {
        /// They are in the log, from this offset on; −1 if it is not known (no acknowledgement asked for, or a
        /// duplicate).
        case delivered(baseOffset: Int64)
        /// They are not, or nobody can tell.
        case failed(ProducerFailure)
    }

    /// The topic's name.
    package var topic: String
    /// The partition; −1 if none was chosen.
    package var partition: Int32
    /// How many records.
    package var records: Int
    /// What they counted in the buffer, in bytes.
    package var bytes: Int
    /// How it ended.
    package var result: Result
    /// What was given with a whole batch; 0 for records.
    package var tag: UInt64 = 0
    /// When a whole batch was given; nil for records.
    package var since: NIODeadline?
}

/// Why accepted records were not delivered.
package enum ProducerFailure: Error, Sendable, Hashable {
    /// The time was over; with the last error of a broker, if it gave one.
    case deliveryTimeout(last: ErrorCode?)
    /// The broker refused them for good.
    case refused(ErrorCode)
    /// The cluster does not have the topic, or does not show or make it.
    case topicUnavailable(ErrorCode)
    /// The topic has no such partition.
    case unknownPartition
    /// The leader serves no version of Produce that is known here.
    case unsupportedVersion
    /// They could not be compressed.
    case compression
    /// A whole batch is not what its maker wrote: its checksum is wrong.
    case corruptBatch
    /// The producer was shut down before.
    case shutDown

    /// A short name without values, for counting.
    package var kind: String {
        switch self {
        case .deliveryTimeout: "delivery_timeout"
        case .refused: "refused"
        case .topicUnavailable: "topic_unavailable"
        case .unknownPartition: "unknown_partition"
        case .unsupportedVersion: "unsupported_version"
        case .compression: "compression"
        case .corruptBatch: "corrupt_batch"
        case .shutDown: "shut_down"
        }
    }
}

/// What became of a record that was handed over.
package enum EnqueueResult: Sendable, Equatable {
    /// It is in the producer's hands: an outcome will tell of it.
    case accepted
    /// It is not; no outcome will tell of it.
    case dropped(DropReason)
}

/// Why a record was not taken.
package enum DropReason: Sendable, Hashable, CaseIterable {
    /// The buffer is full.
    case bufferFull
    /// It is larger than a record may be.
    case recordTooLarge
    /// The producer is shutting down.
    case shuttingDown
    /// It is no batch that can be sent as it is: of an old format, a control batch, without records, or not whole.
    case unusableBatch
}
