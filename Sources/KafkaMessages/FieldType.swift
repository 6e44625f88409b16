/// The type of a field, as the protocol's definitions name it.
package indirect enum FieldType: Sendable {
    /// One byte, 0 or 1.
    case bool
    /// One byte.
    case int8
    /// Two bytes.
    case int16
    /// Two bytes, unsigned.
    case uint16
    /// Four bytes.
    case int32
    /// Four bytes, unsigned.
    case uint32
    /// Eight bytes.
    case int64
    /// Eight bytes, IEEE 754.
    case float64
    /// Sixteen bytes.
    case uuid
    /// UTF-8 with its length before it.
    case string
    /// Bytes with their length before them.
    case bytes
    /// Record batches with their length before them.
    case records
    /// Fields of its own, in this order; a section of tagged fields follows in flexible versions.
    case structure([FieldLayout])
    /// A count and so many elements.
    case array(FieldType)
}
