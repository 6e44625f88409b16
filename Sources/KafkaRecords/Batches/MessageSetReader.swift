/// Reads messages of the old formats (0 and 1).
enum MessageSetReader {
    /// Where a message is in a set, and its numbers.
    struct Message {
        var range: RecordRange
        var offset: Int64
        var magic: Int8
        var attributes: RecordBatchAttributes
        /// −1 in format 0, which has none.
        var timestamp: Int64
        var key: RecordRange
        var value: RecordRange
    }

    /// Reads the message at an offset.
    ///
    /// - Throws: `truncated` if it is not whole, `unknownMagic`, `negativeLength`, `lengthTooLarge`, `bytesLeft`.
    static func message(in set: RawSpan, at start: Int) throws(RecordsError) -> Message {
        typealias Layout = RecordBatchLayout
        let left = set.byteCount - start
        guard left > Layout.magicOffset else {
            throw RecordsError(
                .truncated, at: start, expected: Layout.magicOffset + 1, actual: left, field: "message")
        }
        let bytes = set.extracting(start..<set.byteCount)
        let length = Int(bytes.bigEndian(at: Layout.lengthOffset, as: Int32.self))
        let magic = Int8(bitPattern: bytes.byte(at: Layout.magicOffset))
        guard magic == 0 || magic == 1 else {
            throw RecordsError(.unknownMagic, at: start + Layout.magicOffset, actual: Int(magic), field: "magic")
        }
        let headerSize = magic == 0 ? Layout.messageHeaderSize : Layout.timedMessageHeaderSize
        let least = headerSize + Layout.messageLengthsSize - Layout.prefixSize
        guard length >= least else {
            throw RecordsError(
                .negativeLength, at: start + Layout.lengthOffset, expected: least, actual: length,
                field: "message length")
        }
        guard length <= left - Layout.prefixSize else {
            throw RecordsError(
                .lengthTooLarge, at: start + Layout.lengthOffset, expected: left - Layout.prefixSize, actual: length,
                field: "message length")
        }
        let end = start + Layout.prefixSize + length
        let key = try field(in: set, at: start + headerSize, end: end, "key length")
        let value = try field(in: set, at: key.end, end: end, "value length")
        guard value.end == end else {
            throw RecordsError(.bytesLeft, at: value.end, actual: end - value.end, field: "message")
        }
        return Message(
            range: RecordRange(offset: start, length: end - start),
            offset: bytes.bigEndian(at: 0, as: Int64.self), magic: magic,
            attributes: RecordBatchAttributes(rawValue: Int16(bytes.byte(at: Layout.oldAttributesOffset))),
            timestamp: magic == 1 ? bytes.bigEndian(at: Layout.oldTimestampOffset, as: Int64.self) : -1, key: key,
            value: value)
    }

    private static func field(
        in set: RawSpan, at start: Int, end: Int, _ name: StaticString
    ) throws(RecordsError) -> RecordRange {
        guard end - start >= 4 else {
            throw RecordsError(.truncated, at: start, expected: 4, actual: end - start, field: name)
        }
        let length = Int(set.bigEndian(at: start, as: Int32.self))
        guard length >= -1 else {
            throw RecordsError(.negativeLength, at: start, expected: -1, actual: length, field: name)
        }
        guard length <= end - start - 4 else {
            throw RecordsError(.lengthTooLarge, at: start, expected: end - start - 4, actual: length, field: name)
        }
        return RecordRange(offset: start + 4, length: length)
    }

    /// What is to be added to the offsets in a set that was compressed within a message.
    ///
    /// In format 0 they are the log's. In format 1 they count from 0, and the message around has the last one's (KIP-31);
    /// old librdkafka left that at 0, so then they stay as they are.
    ///
    /// - Throws: what ``message(in:at:)`` throws of any of the messages; `corrupt` if there is none.
    static func offsetBase(of set: RawSpan, in wrapper: RecordBatchHeader) throws(RecordsError) -> Int64 {
        var position = 0
        var last: Int64 = 0
        guard set.byteCount > 0 else { throw RecordsError(.corrupt, field: "compressed messages") }
        while position < set.byteCount {
            let message = try message(in: set, at: position)
            last = message.offset
            position = message.range.end
        }
        guard wrapper.magic == 1, wrapper.baseOffset != 0 else { return 0 }
        return wrapper.baseOffset &- last
    }
}
