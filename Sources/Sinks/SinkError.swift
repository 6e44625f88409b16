/// Why a record did not become durable.
package struct SinkError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What became of it.
    package let reason: SinkDropReason

    /// An error.
    package init(_ reason: SinkDropReason) {
        self.reason = reason
    }

    /// The reason's word.
    package var description: String { reason.rawValue }
}
