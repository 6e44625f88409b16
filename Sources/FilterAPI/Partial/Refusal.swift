public import KafkaWire

/// Why something is refused: what a client gets to see of it.
public struct Refusal: Hashable, Sendable {
    /// The error.
    public var error: ErrorCode
    /// Words for people, where the answer has a place for them; nil for none, with which clients show their own.
    public var message: String?

    /// A refusal.
    ///
    /// - Parameters:
    ///   - error: the error.
    ///   - message: words for people; at most 32,767 bytes, else the answer cannot be written.
    public init(_ error: ErrorCode, message: String? = nil) {
        self.error = error
        self.message = message
    }
}
