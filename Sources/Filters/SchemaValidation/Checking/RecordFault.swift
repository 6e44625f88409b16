import Schemas

/// What is wrong with one record, or with a batch: a class, and words that repeat nothing of a record.
struct RecordFault: Error, Sendable, Equatable {
    var reason: RejectionReason
    var words: String

    init(_ reason: RejectionReason, _ words: String) {
        self.reason = reason
        self.words = words
    }
}
