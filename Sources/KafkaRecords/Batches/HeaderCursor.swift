/// Where a header of a record is in the body of its batch.
package struct HeaderRanges: Sendable, Equatable, BitwiseCopyable {
    /// The name, UTF-8 if its writer kept to the format.
    package var key: RecordRange
    package var value: RecordRange
}

/// Reads the headers of one record, one by one, without copying or allocating.
package struct HeaderCursor: ~Escapable {
    private var reader: RecordFieldReader
    private var left: Int

    @_lifetime(copy body)
    init(_ body: RawSpan, of record: Record) {
        reader = RecordFieldReader(body)
        reader.skip(to: record.headers.offset)
        _ = reader.narrow(to: record.headers.end)
        left = record.headerCount
    }

    /// Reads headers that begin with the bytes.
    @_lifetime(copy headers)
    init(_ headers: RawSpan, count: Int) {
        reader = RecordFieldReader(headers)
        left = count
    }

    /// Reads the next header.
    ///
    /// - Returns: nil after as many as the record says; then no bytes of it are left.
    /// - Throws: `truncated`, `lengthTooLarge`, `bytesLeft`, `varintTooLong`, `negativeLength` for a null name.
    package mutating func next() throws(RecordsError) -> HeaderRanges? {
        guard left > 0 else {
            guard reader.remaining == 0 else {
                throw RecordsError(.bytesLeft, at: reader.offset, actual: reader.remaining, field: "headers")
            }
            return nil
        }
        left &-= 1
        let start = reader.offset
        let key = try reader.readRange("header name length")
        guard !key.isNull else {
            throw RecordsError(.negativeLength, at: start, actual: -1, field: "header name length")
        }
        return HeaderRanges(key: key, value: try reader.readRange("header value length"))
    }
}
