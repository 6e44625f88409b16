public import KafkaWire

/// Why something is refused: what a client gets to see of it.
public struct Refusal: Hashable, Sendable {
    /// The error.
    public var error: ErrorCode
    /// Words for people, where the answer has a place for them; nil for none, with which clients show their own.
    public var message: String?
    /// Which records are to blame, where a Produce request is refused for them (KIP-467, version 8 on).
    public var records: [RefusedRecord]

    /// A refusal.
    ///
    /// - Parameters:
    ///   - error: the error.
    ///   - message: words for people; at most 32,767 bytes, else the answer cannot be written.
    ///   - records: the records that are to blame, of a Produce request's partition.
    public init(_ error: ErrorCode, message: String? = nil, records: [RefusedRecord] = []) {
        self.error = error
        self.message = message
        self.records = records
    }
}

/// A record for which its batch is refused.
public struct RefusedRecord: Hashable, Sendable {
    /// Its place among the records of the partition in the request, from 0.
    public var index: Int32
    /// Why; nil for no words.
    public var message: String?

    /// A record.
    ///
    /// - Parameters:
    ///   - index: its place among the records of the partition in the request, from 0.
    ///   - message: why; at most 32,767 bytes, else the answer cannot be written.
    public init(index: Int32, message: String? = nil) {
        self.index = index
        self.message = message
    }
}
