/// A record's key or value as its framing shows it.
package enum FramedValue: Sendable, Hashable {
    /// It names its schema.
    case framed(Frame)
    /// It has no framing: it is all payload, for which the schema has to be known otherwise.
    case unframed
    /// Its framing is not valid.
    case malformed(SchemaViolation)

    /// What the framing says.
    package struct Frame: Sendable, Hashable {
        /// Which schema it is.
        package let reference: SchemaReference
        /// How many bytes stand before the payload. If the schema is one of Protobuf and `choice` is nil, the choice of
        /// the message stands there, and then the payload.
        package let prefixBytes: Int
        /// Which message it is, if record headers say so.
        package let choice: MessageChoice?
        /// True if the reference stands in a record header.
        package let isInHeader: Bool
    }
}
