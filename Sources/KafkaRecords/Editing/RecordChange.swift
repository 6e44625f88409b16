import NIOCore

/// What a field of a record is to become.
enum FieldChange: Equatable {
    /// It stays.
    case kept
    /// It becomes this; nil for null.
    case replaced(ByteBuffer?)
}

/// What is to become of one record: the sum of all edits so far.
struct RecordChange {
    /// The record's number in its batch.
    var index: Int
    var isDropped = false
    var key = FieldChange.kept
    var value = FieldChange.kept
    /// All headers as they are written, without their count; nil if they stay.
    var headers: ByteBuffer?
    /// How many `headers` has.
    var headerCount = 0

    init(index: Int) {
        self.index = index
    }
}
