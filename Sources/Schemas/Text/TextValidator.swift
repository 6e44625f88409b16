/// Checks that a record is UTF-8 text of some length: `utf8`.
package struct TextValidator: RecordValidator {
    /// How long the text may be, in bytes.
    package let lengths: ClosedRange<Int>

    /// A validator of texts.
    ///
    /// - Parameter lengths: How many bytes a text may have; any number of them by default.
    package init(lengths: ClosedRange<Int> = 0...Int.max) {
        self.lengths = lengths
    }

    package func validate(_ bytes: RawSpan, scratch: ValidationScratch) -> SchemaViolation? {
        if let violation = lengths.violation(byLength: bytes.byteCount) { return violation }
        // Safety: the pointer is used inside the closure, for as many bytes as it has.
        let isValid = bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return UTF8Text.isValid(start.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        return isValid ? nil : SchemaViolation("is not UTF-8")
    }
}
