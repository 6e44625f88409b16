import FilterAPI
import KafkaWire

/// Why the batches of a partition are rejected.
struct Rejection: Sendable, Equatable {
    /// The class, for metrics; of several bad records, that of the first.
    var reason: RejectionReason
    /// Words for the producer: the rule, the record, the reason, and nothing of what a record holds.
    var message: String
    /// The records that are to blame; empty where it is the batch.
    var records: [RefusedRecord] = []

    /// What the producer is told.
    var refusal: Refusal {
        let error: ErrorCode = reason == .unknownTopic ? .unknownTopicID : .invalidRecord
        return Refusal(error, message: message, records: records)
    }

    /// The longest message, in bytes; what goes past it is cut off.
    static let maxMessageBytes = 1000

    /// A text that is no longer than a message may be, and stays UTF-8.
    static func shortened(_ text: String) -> String {
        guard text.utf8.count > maxMessageBytes else { return text }
        var length = 0
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            length += UTF8.width(scalar)
            guard length <= maxMessageBytes - 1 else { break }
            kept.append(scalar)
        }
        return String(kept) + "…"
    }
}

extension Rejection {
    /// Of a topic whose name cannot be found out.
    static let unknownTopic = Rejection(reason: .unknownTopic, message: "the topic's ID is not known")
    /// Of what stands in one request with something that is rejected, in a transaction.
    static let ofTransaction = Rejection(
        reason: .schema, message: "another batch of the same request and transaction was rejected")
}
