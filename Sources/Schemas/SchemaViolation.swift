/// The first thing in which a record does not satisfy its schema, or its format.
///
/// It goes to the producer and into logs, so it names places and rules, and never repeats what a record holds.
package struct SchemaViolation: Error, Sendable, Hashable {
    /// Where in the record the violation is.
    package enum Place: Sendable, Hashable {
        /// The record as a whole, or a place that is not known.
        case record
        /// A path inside the datum, as a JSON Pointer (RFC 6901): `/card/number`.
        case path(String)
        /// The offset of a byte in the record.
        case offset(Int)
    }

    /// What is violated: one line, in words that a producer understands.
    package let reason: String
    /// Where.
    package let place: Place

    /// A violation of the rule that `reason` words, at a place.
    package init(_ reason: String, at place: Place = .record) {
        self.reason = reason
        self.place = place
    }
}

extension SchemaViolation: CustomStringConvertible {
    /// The place and the reason, in one line: `/card/number: must be a string`.
    package var description: String {
        switch place {
        case .record: reason
        case .path(let path): path.isEmpty ? reason : "\(path): \(reason)"
        case .offset(let offset): "byte \(offset): \(reason)"
        }
    }
}
