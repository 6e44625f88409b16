/// Offsets and sizes, in bytes, of what stands before the records of a batch.
package enum RecordBatchLayout {
    /// The bytes before those that the length counts: offset and length. The same in all formats.
    package static let prefixSize = 12
    package static let lengthOffset = 8
    package static let magicOffset = 16

    // The current format (2).
    package static let leaderEpochOffset = 12
    package static let checksumOffset = 17
    package static let attributesOffset = 21
    package static let lastOffsetDeltaOffset = 23
    package static let baseTimestampOffset = 27
    package static let maxTimestampOffset = 35
    package static let producerIDOffset = 43
    package static let producerEpochOffset = 51
    package static let baseSequenceOffset = 53
    package static let recordCountOffset = 57
    package static let headerSize = 61
    /// The least that a record takes: seven fields of one byte.
    package static let smallestRecord = 7

    // The old formats (0, 1).
    package static let oldChecksumOffset = 12
    package static let oldAttributesOffset = 17
    package static let oldTimestampOffset = 18
    /// Up to the length of the key, format 0.
    package static let messageHeaderSize = 18
    /// Up to the length of the key, format 1.
    package static let timedMessageHeaderSize = 26
    /// The lengths of key and value.
    package static let messageLengthsSize = 8
}
