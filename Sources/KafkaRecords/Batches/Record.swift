/// A place in the body of a batch.
package struct RecordRange: Sendable, Equatable, BitwiseCopyable {
    /// The first byte, from the start of the body.
    package var offset: Int
    /// How many bytes; −1 for null.
    package var length: Int

    /// Creates a range.
    @inlinable
    package init(offset: Int, length: Int) {
        self.offset = offset
        self.length = length
    }

    /// Whether the field is null, which is not the same as empty.
    @inlinable
    package var isNull: Bool { length < 0 }

    /// The end, which a null field has where it begins.
    @inlinable
    package var end: Int { offset &+ max(0, length) }
}

/// Where a record is in the body of its batch, and its numbers: it owns no bytes.
package struct Record: Sendable, Equatable, BitwiseCopyable {
    /// Its number in the batch, from 0.
    package var index = 0
    /// All of it, its length included.
    package var range = RecordRange(offset: 0, length: 0)
    /// Offset in the log.
    package var offset: Int64 = 0
    /// Milliseconds since 1970; −1 for none, as in format 0.
    package var timestamp: Int64 = -1
    /// No bit of it means anything so far.
    package var attributes: Int8 = 0
    package var key = RecordRange(offset: 0, length: -1)
    package var value = RecordRange(offset: 0, length: -1)
    /// The headers, without their count; not yet read.
    package var headers = RecordRange(offset: 0, length: 0)
    /// How many headers it says it has.
    package var headerCount = 0
    /// The offset in the body as it is written there: a delta, or the offset of an old message.
    var writtenOffset: Int64 = 0
    /// The timestamp in the body as it is written there: a delta, or the timestamp of an old message.
    var writtenTimestamp: Int64 = 0

    init() {}
}
