/// Under which subject of a registry the schemas of a topic have to be (Confluent's subject name strategies).
package enum SubjectStrategy: String, Sendable, Hashable, CaseIterable {
    /// `orders-key` and `orders-value` for the topic `orders`.
    case topicName = "topic_name"
    /// The full name of the record: `com.example.Order`.
    case recordName = "record_name"
    /// Both: `orders-com.example.Order`.
    case topicRecordName = "topic_record_name"
    /// Any schema of the registry will do.
    case any

    /// The subject of a schema.
    ///
    /// - Parameters:
    ///   - topic: The topic.
    ///   - part: Whether the schema is one of keys or of values.
    ///   - recordName: The schema's full name; nil if it has none.
    /// - Returns: ``Requirement/none`` for ``any``; ``Requirement/impossible`` if the name of a record is needed and there
    ///   is none.
    package func subject(topic: String, part: RecordPart, recordName: String?) -> Requirement {
        switch self {
        case .topicName: return .subject("\(topic)-\(part.rawValue)")
        case .recordName: return recordName.map { .subject($0) } ?? .impossible
        case .topicRecordName: return recordName.map { .subject("\(topic)-\($0)") } ?? .impossible
        case .any: return .none
        }
    }

    /// What a schema's subjects have to fulfil.
    package enum Requirement: Sendable, Hashable {
        /// Nothing.
        case none
        /// One of them is this.
        case subject(String)
        /// It cannot be fulfilled.
        case impossible

        /// True if subjects fulfil it.
        package func isFulfilled(by subjects: Set<String>) -> Bool {
            switch self {
            case .none: true
            case .subject(let subject): subjects.contains(subject)
            case .impossible: false
            }
        }
    }
}
