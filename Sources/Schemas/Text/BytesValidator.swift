/// Checks how long a record is, and nothing else: `bytes`.
package struct BytesValidator: RecordValidator {
    /// How many bytes a record may have.
    package let lengths: ClosedRange<Int>

    /// A validator of lengths.
    ///
    /// - Parameter lengths: How many bytes a record may have; any number of them by default.
    package init(lengths: ClosedRange<Int> = 0...Int.max) {
        self.lengths = lengths
    }

    package func validate(_ bytes: RawSpan, scratch: ValidationScratch) -> SchemaViolation? {
        lengths.violation(byLength: bytes.byteCount)
    }
}

extension ClosedRange<Int> {
    /// What is wrong with a record of so many bytes, of which this is how many it may have.
    func violation(byLength count: Int) -> SchemaViolation? {
        if count < lowerBound { return SchemaViolation("has \(count) bytes, fewer than \(lowerBound)") }
        if count > upperBound { return SchemaViolation("has \(count) bytes, more than \(upperBound)") }
        return nil
    }
}
