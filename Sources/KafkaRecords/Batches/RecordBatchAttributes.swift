/// The attributes of a batch, or of an old message (which has the lowest four bits of them).
package struct RecordBatchAttributes: Sendable, Equatable {
    /// As on the wire; bits that are not known are kept.
    package var rawValue: Int16

    /// Creates attributes: by default no compression, time of creation, not transactional, not control.
    package init(rawValue: Int16 = 0) {
        self.rawValue = rawValue
    }

    /// Creates the attributes of a batch to be written.
    package init(codec: CompressionCodec, isTransactional: Bool = false, isControl: Bool = false) {
        rawValue = Int16(codec.rawValue)
        self.isTransactional = isTransactional
        self.isControl = isControl
    }

    /// The number of the codec, 0 to 7.
    package var codecNumber: UInt8 { UInt8(truncatingIfNeeded: rawValue & 7) }

    /// The codec; nil for a number that names none.
    package var codec: CompressionCodec? { CompressionCodec(rawValue: codecNumber) }

    /// Sets the codec.
    package mutating func setCodec(_ codec: CompressionCodec) {
        rawValue = rawValue & ~7 | Int16(codec.rawValue)
    }

    /// Whether the largest timestamp is the time of the broker's append, and that of all records (KIP-32).
    package var isLogAppendTime: Bool {
        get { rawValue & 0x08 != 0 }
        set { set(0x08, newValue) }
    }

    /// Whether the batch is part of a transaction (KIP-98).
    package var isTransactional: Bool {
        get { rawValue & 0x10 != 0 }
        set { set(0x10, newValue) }
    }

    /// Whether the batch holds a marker for brokers and clients, not records of users (KIP-98).
    package var isControl: Bool {
        get { rawValue & 0x20 != 0 }
        set { set(0x20, newValue) }
    }

    /// Whether the base timestamp is the time at which the tombstones may go (KIP-534).
    package var hasDeleteHorizon: Bool {
        get { rawValue & 0x40 != 0 }
        set { set(0x40, newValue) }
    }

    private mutating func set(_ bit: Int16, _ isSet: Bool) {
        rawValue = isSet ? rawValue | bit : rawValue & ~bit
    }
}
