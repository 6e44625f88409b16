import KafkaMessages
package import KafkaRecords
package import KafkaWire
import NIOCore

/// The record batches of Produce requests, and of Fetch and ShareFetch responses.
///
/// A batch is opened when a filter first visits it, for all filters of the chain; what one of them edits the others see.
/// Batches that were edited are encoded once, when the frame is, or when somebody asks for the body; all others leave as
/// the bytes that came. Opened batches take their memory from `limits.buffered_bytes` until the frame is gone.
extension FilteredFrame {
    /// The partitions of this frame that have records, in its order; none for other messages.
    ///
    /// They are good until the body is set, or changed by its fields.
    ///
    /// - Throws: ``WireError`` if the body cannot be read; `truncated` if the frame streams past.
    package mutating func recordSets() throws(WireError) -> [RecordSet] {
        if let records { return records.sets }
        let read = FrameRecords(try recordBearingBody())
        records = read
        return read.sets
    }

    /// The editor of a partition's records, which all filters of the chain share.
    ///
    /// It may be kept while the filter holds the frame, and be used until the hold's future has completed. Lists of
    /// ``fields(_:)`` are not good any more once something was edited. A producer's partition of which all records were
    /// dropped has to be taken out of the body and answered.
    ///
    /// - Parameter set: one of ``recordSets()``.
    /// - Returns: the editor, which opens batches within `limits.max_decompressed_batch` and `max_decompression_ratio`
    ///   (`tooLarge`, `ratioExceeded`) and `limits.buffered_bytes` (`budgetExhausted`): what then becomes of the frame is
    ///   for the filter to say.
    /// - Throws: ``RecordsError`` if the bytes are no batches.
    package mutating func editor(of set: RecordSet) throws(RecordsError) -> RecordsEditor {
        guard var records else { throw RecordsError(.truncated, expected: 1, actual: 0, field: "partition") }
        // The array of editors is this frame's alone while it is changed.
        self.records = nil
        defer { self.records = records }
        return try records.editor(of: set, from: direction == .request ? .producer : .log, opening)
    }

    /// The same frame, for a filter whose edits are not to be taken.
    package func forked() -> FilteredFrame {
        var fork = self
        fork.records = records?.forked()
        return fork
    }

    /// Puts what was edited into the body.
    mutating func settleRecords() throws(WireError) {
        guard var records, records.isUnsettled, var message = try recordBearingBody(settled: true) else { return }
        do throws(RecordsError) {
            try records.settle(in: &message)
        } catch {
            throw WireError(
                .lengthTooLarge, at: error.offset, expected: error.expected, actual: error.actual, field: "records")
        }
        takeEdited(message, records)
    }

    private mutating func recordBearingBody(settled: Bool = false) throws(WireError) -> (any RecordBearing)? {
        switch (apiKey, direction) {
        case (.produce, .request): try body(ProduceRequest.self, settlesRecords: !settled)
        case (.fetch, .response): try body(FetchResponse.self, settlesRecords: !settled)
        case (.shareFetch, .response): try body(ShareFetchResponse.self, settlesRecords: !settled)
        default: nil
        }
    }
}
