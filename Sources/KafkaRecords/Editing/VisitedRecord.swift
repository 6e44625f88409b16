import KafkaWire
package import NIOCore

/// A record as a filter sees it: with the edits of the filters before, and open for more.
package struct VisitedRecord {
    /// The number of its batch in the field, from 0.
    package let batchIndex: Int
    /// Where it is in its batch, and its numbers: as it came, whatever was edited.
    package internal(set) var record = Record()
    /// The edits so far; nil if there are none.
    var change: RecordChange?
    /// Whether this visit has edited it.
    var isTouched = false
    private let contents: BatchContents
    private let source: RecordsEditor.Source

    init(in contents: BatchContents, batchIndex: Int, source: RecordsEditor.Source) {
        self.contents = contents
        self.batchIndex = batchIndex
        self.source = source
    }

    /// The header of its batch, as it came.
    package var batch: RecordBatchHeader { contents.batch }

    /// Offset in the log; in a producer's request its number in the batch.
    package var offset: Int64 { record.offset }

    /// Milliseconds since 1970; −1 for none.
    package var timestamp: Int64 { record.timestamp }

    /// The key; nil for null. Reading gives a slice, which keeps the whole batch in memory.
    package var key: ByteBuffer? {
        get {
            if case .replaced(let bytes)? = change?.key { return bytes }
            return contents.bytes(record.key)
        }
        set { edit { $0.key = .replaced(newValue) } }
    }

    /// The value; nil for null, a tombstone. Reading gives a slice, which keeps the whole batch in memory.
    package var value: ByteBuffer? {
        get {
            if case .replaced(let bytes)? = change?.value { return bytes }
            return contents.bytes(record.value)
        }
        set { edit { $0.value = .replaced(newValue) } }
    }

    /// How many bytes the key has; −1 for null.
    package var keyCount: Int {
        guard case .replaced(let bytes)? = change?.key else { return record.key.length }
        return bytes?.readableBytes ?? -1
    }

    /// How many bytes the value has; −1 for null.
    package var valueCount: Int {
        guard case .replaced(let bytes)? = change?.value else { return record.value.length }
        return bytes?.readableBytes ?? -1
    }

    /// How many headers there are.
    package var headerCount: Int {
        guard let change, change.headers != nil else { return record.headerCount }
        return change.headerCount
    }

    /// Reads all headers.
    ///
    /// - Returns: slices, in their order.
    /// - Throws: `truncated`, `lengthTooLarge`, `bytesLeft`, `varintTooLong`, `negativeLength` for headers that are
    ///   not what they say.
    package func headers() throws(RecordsError) -> [RecordHeader] {
        var headers: [RecordHeader] = []
        headers.reserveCapacity(headerCount)
        if let change, let encoded = change.headers {
            var cursor = HeaderCursor(encoded.readableBytesSpan, count: change.headerCount)
            while let header = try cursor.next() {
                headers.append(RecordHeader(key: encoded.bytes(header.key), value: encoded.nullableBytes(header.value)))
            }
            return headers
        }
        var cursor = contents.headers(of: record)
        while let header = try cursor.next() {
            headers.append(
                RecordHeader(key: contents.body.bytes(header.key), value: contents.body.nullableBytes(header.value)))
        }
        return headers
    }

    /// The value of the last header of a name, which is the one that counts in Kafka's clients.
    ///
    /// - Parameter name: compared byte by byte.
    /// - Returns: nil if there is none; the value is nil for null.
    /// - Throws: as ``headers()``.
    package func lastHeader(named name: String) throws(RecordsError) -> ByteBuffer?? {
        guard change?.headers != nil else { return try contents.lastHeader(named: name, of: record) }
        let wanted = ByteBuffer(string: name)
        guard let header = try headers().last(where: { $0.key == wanted }) else { return nil }
        return .some(header.value)
    }

    /// Replaces all headers.
    ///
    /// - Parameter headers: in their order.
    /// - Throws: `unsupported` if the record is an old message, which has none.
    package mutating func setHeaders(_ headers: [RecordHeader]) throws(RecordsError) {
        try checkHeaders()
        let encoded = RecordWriter.encoded(headers) ?? ByteBuffer()
        edit {
            $0.headers = encoded
            $0.headerCount = headers.count
        }
    }

    /// Adds a header after the others.
    ///
    /// - Parameter header: a name may come several times.
    /// - Throws: `unsupported` if the record is an old message, which has none.
    package mutating func appendHeader(_ header: RecordHeader) throws(RecordsError) {
        try checkHeaders()
        let count = headerCount
        let before: ByteBuffer = change?.headers ?? contents.body.bytes(record.headers)
        var writer = WireWriter(minimumCapacity: before.readableBytes + 64)
        writer.writeRaw(before)
        RecordWriter.writeHeader(header, to: &writer)
        let encoded = writer.finish()
        edit {
            $0.headers = encoded
            $0.headerCount = count + 1
        }
    }

    /// Whether it has been dropped by this visit.
    package var isDropped: Bool { change?.isDropped ?? false }

    /// Takes the record out of its batch.
    ///
    /// In a producer's request the ones after it move up; in what comes from the log all keep their offsets.
    ///
    /// - Throws: `notEditable` if records have sequence numbers that a broker would miss; `unsupported` for an old
    ///   message from the log, whose offset a consumer would miss.
    package mutating func drop() throws(RecordsError) {
        switch source {
        case .producer where batch.hasSequence:
            throw RecordsError(.notEditable, field: "count of records with sequence numbers")
        case .log where !batch.isCurrentFormat:
            throw RecordsError(.unsupported, field: "taking an old message out of the log")
        default: edit { $0.isDropped = true }
        }
    }

    private func checkHeaders() throws(RecordsError) {
        guard batch.isCurrentFormat else { throw RecordsError(.unsupported, field: "header of an old message") }
    }

    private mutating func edit(_ body: (inout RecordChange) -> Void) {
        var edited = change ?? RecordChange(index: record.index)
        change = nil
        body(&edited)
        change = edited
        isTouched = true
    }
}

extension ByteBuffer {
    /// A slice; empty for null.
    fileprivate func bytes(_ range: RecordRange) -> ByteBuffer {
        getSlice(at: readerIndex + range.offset, length: max(0, range.length)) ?? ByteBuffer()
    }

    /// A slice; nil for null.
    fileprivate func nullableBytes(_ range: RecordRange) -> ByteBuffer? {
        range.isNull ? nil : bytes(range)
    }
}
