import KafkaMessages
import KafkaWire

/// The APIs that the configuration can name.
enum KnownAPIs {
    /// Their names, as `Produce`.
    static let names: [String] = (Int16(0)..<128).map { APIKey(rawValue: $0) }
        .filter { $0.messageType(.request) != nil }
        .map(\.description)
}
