/// Checks that records are JSON documents (RFC 8259), whatever is in them.
package struct JSONSyntaxValidator: RecordValidator {
    /// What a document may be at most.
    package let limits: JSONLimits

    /// A validator with limits.
    package init(limits: JSONLimits = JSONLimits()) {
        self.limits = limits
    }

    /// Checks that the bytes are one JSON document.
    package func validate(_ bytes: RawSpan, scratch: ValidationScratch) -> SchemaViolation? {
        let scratch = scratch.state(JSONScratch.self)
        return bytes.withUnsafeBytes { bytes in
            scratch.withDocument(bytes, limits, { _, _ in nil }, refused: { $0 })
        }
    }
}
