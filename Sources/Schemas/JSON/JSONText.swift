import CSimdjson

/// A JSON document that is kept: its text and its values.
///
/// Safety: nothing is changed after `init`, and the memory is freed in `deinit`, so it may be read from anywhere.
final class JSONText: @unchecked Sendable {
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private let values: UnsafeMutableBufferPointer<sluice_json_value>

    /// Reads a document.
    init(_ text: RawSpan, _ limits: JSONLimits) throws(SchemaViolation) {
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(text.byteCount, 1))
        _ = text.withUnsafeBytes { bytes.initialize(fromContentsOf: $0) }
        let scratch = JSONScratch()
        let values: UnsafeMutableBufferPointer<sluice_json_value>
        do throws(SchemaViolation) {
            values = try scratch.withDocument(
                UnsafeRawBufferPointer(start: bytes.baseAddress, count: text.byteCount), limits,
                { (tape, _) throws(SchemaViolation) in
                    let copy = UnsafeMutableBufferPointer<sluice_json_value>.allocate(capacity: tape.count)
                    _ = copy.initialize(fromContentsOf: UnsafeBufferPointer(start: tape.values, count: tape.count))
                    return copy
                }, refused: { violation throws(SchemaViolation) in throw violation })
        } catch {
            bytes.deallocate()
            throw error
        }
        self.bytes = bytes
        self.values = values
    }

    deinit {
        bytes.deallocate()
        values.deallocate()
    }

    /// The document, for as long as the object is kept.
    var tape: JSONTape {
        // Safety: neither buffer is empty: `init` sees to it, and a document has a value, so both have an address.
        JSONTape(
            bytes: UnsafePointer(bytes.baseAddress.unsafelyUnwrapped),
            values: UnsafePointer(values.baseAddress.unsafelyUnwrapped), count: values.count)
    }
}
