/// Why batches are rejected: the classes that metrics tell apart.
package enum RejectionReason: String, Sendable, CaseIterable {
    /// A key or a value is not of its format, or breaks its schema.
    case schema
    /// What should name the schema is missing or cannot be read.
    case framing
    /// The registry has no schema of that ID, or it is of another subject.
    case unknownSchema = "unknown_schema"
    /// The registry does not answer, or has a schema that cannot be used.
    case registry
    /// A header is missing, has another value, or is forbidden.
    case headers
    /// There is no key.
    case key
    /// The value is null.
    case tombstone
    /// The record is too large, or its key or value has another length than it may have.
    case size
    /// The timestamp is too far from the clock.
    case timestamp
    /// The batch is compressed in a way that the rule does not allow.
    case codec
    /// The batch is of a format from before Kafka 0.11.
    case oldFormat = "old_format"
    /// The batch cannot be read.
    case unreadable
    /// The batch grows past a limit when it is decompressed.
    case decompressedSize = "decompressed_size"
    /// The batch holds markers of transactions, which only brokers write.
    case control
    /// The topic is named by an ID that the cluster has no name for.
    case unknownTopic = "unknown_topic"
}
