import CSimdjson

/// A JSON document that is kept: its text and its values.
///
/// Safety: nothing is changed after `init`, and the memory is freed in `deinit`, so it may be read from anywhere.
final class JSONText: @unchecked Sendable {
    private let bytes: UnsafeMutablePointer<UInt8>
    private let values: UnsafeMutablePointer<sluice_json_value>
    private let count: Int

    /// Reads a document.
    init(_ text: RawSpan, _ limits: JSONLimits) throws(SchemaViolation) {
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(text.byteCount, 1))
        let memory = UnsafeMutableBufferPointer(start: bytes, count: text.byteCount)
        _ = text.withUnsafeBytes { memory.initialize(fromContentsOf: $0) }
        let scratch = JSONScratch()
        let values: UnsafeMutablePointer<sluice_json_value>
        var count = 0
        do throws(SchemaViolation) {
            values = try scratch.withDocument(
                UnsafeRawBufferPointer(memory), limits,
                { (tape, _) throws(SchemaViolation) in
                    count = tape.count
                    let copy = UnsafeMutablePointer<sluice_json_value>.allocate(capacity: tape.count)
                    copy.initialize(from: tape.values, count: tape.count)
                    return copy
                }, refused: { violation throws(SchemaViolation) in throw violation })
        } catch {
            bytes.deallocate()
            throw error
        }
        self.bytes = bytes
        self.values = values
        self.count = count
    }

    deinit {
        bytes.deallocate()
        values.deallocate()
    }

    /// The document, for as long as the object is kept.
    var tape: JSONTape {
        JSONTape(bytes: UnsafePointer(bytes), values: UnsafePointer(values), count: count)
    }
}
