/// Kafka's number for what a frame is about: 0 is Produce, 1 is Fetch, …
///
/// Any number is a valid value: keys that are not known here pass through a proxy as well. The names are in KafkaMessages.
public struct APIKey: RawRepresentable, Hashable, Sendable, Comparable {
    /// The number on the wire.
    public let rawValue: Int16

    /// Creates a key from its number on the wire.
    @inlinable
    public init(rawValue: Int16) {
        self.rawValue = rawValue
    }

    /// By number.
    @inlinable
    public static func < (left: APIKey, right: APIKey) -> Bool {
        left.rawValue < right.rawValue
    }
}
