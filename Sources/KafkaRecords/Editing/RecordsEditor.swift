package import NIOCore

/// Edits a field of records: it belongs to a frame, and all filters of the chain share it.
///
/// A batch is opened when somebody first visits it. Edits are kept beside the records; who visits later sees them. What
/// goes on is encoded once, by ``finish()``: batches that nobody edited are the bytes that came.
///
/// Control batches are never visited, edited or dropped.
package final class RecordsEditor {
    /// Where records come from: what may become of their numbers depends on it.
    package enum Source: Sendable {
        /// A producer's request: offsets count from 0 without gaps, as brokers demand.
        case producer
        /// A broker's log: every record keeps its offset, whatever is taken out around it.
        case log
    }

    private struct Entry {
        let batch: RecordBatch
        var contents: BatchContents?
        /// Ascending by the record's number.
        var changes: [RecordChange] = []
        var isDropped = false

        var isChanged: Bool { isDropped || !changes.isEmpty }
    }

    /// Where the records come from.
    package let source: Source
    private let field: ByteBuffer
    private let contexts: CompressionContexts
    private let limits: DecompressionLimits
    private let budget: (any DecompressionBudget)?
    private let level: Int?
    private var entries: [Entry] = []
    /// What follows the last batch: one that is cut off, or nothing.
    private let rest: ByteBuffer
    private var openedBytes = 0
    private var reservedBytes = 0
    private var encoded: ByteBuffer?
    /// How often something was edited: batches dropped, and visits that edited records.
    package private(set) var edits = 0

    /// Creates an editor: reads the headers of the batches, and nothing else.
    ///
    /// - Parameters:
    ///   - field: the records, as they came.
    ///   - source: where they come from.
    ///   - contexts: of the event loop.
    ///   - limits: how far decompression may go, for all batches of the field together.
    ///   - budget: from which decompressed bytes are taken; it gets them back when the editor goes, or by ``close()``.
    ///   - level: of compression of what was edited; nil for the codec's default.
    /// - Throws: `unknownMagic`, `negativeLength`; `truncated` if a producer's last batch is cut off.
    package init(
        _ field: ByteBuffer, from source: Source, contexts: CompressionContexts, limits: DecompressionLimits,
        budget: (any DecompressionBudget)? = nil, level: Int? = nil
    ) throws(RecordsError) {
        self.field = field
        self.source = source
        self.contexts = contexts
        self.limits = limits
        self.budget = budget
        self.level = level
        var batches = RecordBatches(field)
        while let batch = try batches.next() { entries.append(Entry(batch: batch)) }
        rest = batches.rest
        if source == .producer, rest.readableBytes > 0 {
            throw RecordsError(.truncated, at: batches.position, actual: rest.readableBytes, field: "batch")
        }
    }

    /// An editor of the same records with the same edits, for edits that this one is not to have.
    package func forked() -> RecordsEditor { RecordsEditor(forking: self) }

    private init(forking other: RecordsEditor) {
        field = other.field
        source = other.source
        contexts = other.contexts
        limits = other.limits
        budget = other.budget
        level = other.level
        entries = other.entries
        rest = other.rest
        // What is open already is accounted for by the other one.
        openedBytes = other.openedBytes
        encoded = other.encoded
        edits = other.edits
    }

    deinit {
        budget?.release(reservedBytes)
    }

    /// How many batches there are, those that were dropped included.
    package var batchCount: Int { entries.count }

    /// A batch as it came.
    ///
    /// - Parameter index: 0 up to ``batchCount``.
    /// - Returns: its header and bytes; edits do not show in it.
    package func batch(_ index: Int) -> RecordBatch { entries[index].batch }

    /// Whether a batch has been dropped.
    ///
    /// - Parameter index: 0 up to ``batchCount``.
    /// - Returns: true after ``drop(batch:)``.
    package func isDropped(batch index: Int) -> Bool { entries[index].isDropped }

    /// Whether anything has been edited.
    package var isChanged: Bool { entries.contains(where: \.isChanged) }

    /// Visits the records of all batches, without those that were dropped.
    ///
    /// - Parameter body: sees and edits one after another. What it edited before it throws stays edited.
    /// - Throws: what `body` throws, and what opening and reading a batch throws.
    package func visit(_ body: (inout VisitedRecord) throws(RecordsError) -> Void) throws(RecordsError) {
        for index in entries.indices { try visit(batch: index, body) }
    }

    /// Visits the records of one batch, without those that were dropped.
    ///
    /// - Parameters:
    ///   - index: 0 up to ``batchCount``.
    ///   - body: sees and edits one after another. What it edited before it throws stays edited.
    /// - Throws: what `body` throws, and what opening and reading the batch throws.
    package func visit(
        batch index: Int, _ body: (inout VisitedRecord) throws(RecordsError) -> Void
    ) throws(RecordsError) {
        guard !entries[index].isDropped, !entries[index].batch.header.isControl else { return }
        let contents = try open(index)
        var old: [RecordChange] = []
        swap(&old, &entries[index].changes)
        var new: [RecordChange] = []
        var next = 0
        var visited = VisitedRecord(in: contents, batchIndex: index, source: source)
        do throws(RecordsError) {
            var records = contents.records
            while let record = try records.next() {
                visited.record = record
                if next < old.count, old[next].index == record.index {
                    next += 1
                    guard !old[next - 1].isDropped else {
                        new.append(old[next - 1])
                        continue
                    }
                    visited.change = old[next - 1]
                }
                do throws(RecordsError) {
                    try body(&visited)
                } catch {
                    if let change = visited.change { new.append(change) }
                    throw error
                }
                if let change = visited.change {
                    new.append(change)
                    visited.change = nil
                }
            }
        } catch {
            keep(new + old[next...], of: index, isTouched: visited.isTouched)
            throw error
        }
        keep(new, of: index, isTouched: visited.isTouched)
    }

    private func keep(_ changes: [RecordChange], of index: Int, isTouched: Bool) {
        entries[index].changes = changes
        guard isTouched else { return }
        encoded = nil
        edits += 1
    }

    /// Drops a batch: a producer's is left out; of one from the log an empty batch is left, so that consumers go on
    /// behind it.
    ///
    /// - Parameter index: 0 up to ``batchCount``.
    /// - Throws: `notEditable` for a control batch; `unsupported` for an old message from the log.
    package func drop(batch index: Int) throws(RecordsError) {
        let header = entries[index].batch.header
        guard !header.isControl else { throw RecordsError(.notEditable, field: "control batch") }
        guard header.isCurrentFormat || source == .producer else {
            throw RecordsError(.unsupported, field: "taking an old message out of the log")
        }
        entries[index].isDropped = true
        entries[index].changes = []
        encoded = nil
        edits += 1
    }

    /// Encodes what was edited.
    ///
    /// - Returns: the field to go on; if nothing was edited, the bytes that came. It is empty if all of a producer's
    ///   records were dropped: its partition then has to be left out of the request.
    /// - Throws: `lengthTooLarge`, `outOfMemory`.
    package func finish() throws(RecordsError) -> ByteBuffer {
        guard isChanged else { return field }
        if let encoded { return encoded }
        var output = ByteBuffer()
        output.reserveCapacity(field.readableBytes)
        // Batches that stay are copied together with their neighbours.
        var start = 0
        var end = 0
        for entry in entries {
            let size = entry.batch.bytes.readableBytes
            if entry.isChanged {
                copy(from: start, to: end, into: &output)
                if let bytes = try rewritten(entry) { output.writeImmutableBuffer(bytes) }
                start = end + size
            }
            end += size
        }
        copy(from: start, to: field.readableBytes, into: &output)
        encoded = output
        return output
    }

    /// Lets go of decompressed records, and gives the budget back what was taken from it.
    ///
    /// Edits are kept; a batch that is visited or encoded again is opened again.
    package func close() {
        for index in entries.indices { entries[index].contents = nil }
        budget?.release(reservedBytes)
        reservedBytes = 0
        openedBytes = 0
    }

    private func copy(from start: Int, to end: Int, into output: inout ByteBuffer) {
        guard end > start, let bytes = field.getSlice(at: field.readerIndex + start, length: end - start) else {
            return
        }
        output.writeImmutableBuffer(bytes)
    }

    private func rewritten(_ entry: Entry) throws(RecordsError) -> ByteBuffer? {
        if entry.isDropped {
            return source == .producer ? nil : BatchRewriting.emptied(entry.batch.header)
        }
        let contents: BatchContents
        if let open = entry.contents { contents = open } else { contents = try opened(entry.batch) }
        let rewriting = BatchRewriting(
            batch: entry.batch, contents: contents, changes: entry.changes, source: source, level: level)
        return try rewriting.encoded(with: contexts)
    }

    private func open(_ index: Int) throws(RecordsError) -> BatchContents {
        if let contents = entries[index].contents { return contents }
        let contents = try opened(entries[index].batch)
        entries[index].contents = contents
        return contents
    }

    private func opened(_ batch: RecordBatch) throws(RecordsError) -> BatchContents {
        var limits = limits
        limits.maxOutputBytes = max(0, limits.maxOutputBytes - openedBytes)
        let contents = try batch.open(with: contexts, limits: limits, budget: budget)
        openedBytes += contents.isDecompressed ? contents.body.readableBytes : 0
        reservedBytes += contents.reservedBytes
        return contents
    }
}
