import KafkaMessages
import KafkaWire

@testable import TopicRewriteFilter

/// A field of a message that is text, bytes or a UUID: what can hold a name.
struct FieldRow: Hashable, CustomStringConvertible {
    /// What a field is to the filter.
    enum Meaning: String {
        case topic
        case topicID = "topic-id"
        case group
        case transaction
        case key
        case resource
        case subscription
        case assignment
        case regex
        case text
        case nothing = "-"
    }

    var message: String
    var path: String
    var versions: ClosedRange<Int16>
    var meaning: Meaning

    /// `ProduceRequest TopicData.Name 0-12 topic`.
    var description: String {
        let last = versions.upperBound == .max ? "+" : "-\(versions.upperBound)"
        let text =
            versions.lowerBound == versions.upperBound ? "\(versions.lowerBound)" : "\(versions.lowerBound)\(last)"
        return "\(message) \(path) \(text) \(meaning.rawValue)"
    }

    /// The rows of a message, in the order of its fields.
    static func rows(_ layout: MessageLayout) -> [FieldRow] {
        rows(layout.fields, layout.name, "", 0...Int16.max)
    }

    private static func rows(
        _ fields: [FieldLayout], _ message: String, _ path: String, _ outer: ClosedRange<Int16>
    ) -> [FieldRow] {
        fields.flatMap { field -> [FieldRow] in
            let path = path.isEmpty ? field.name : "\(path).\(field.name)"
            let low = max(field.versions.lowerBound, outer.lowerBound)
            let high = min(field.versions.upperBound, outer.upperBound)
            guard low <= high else { return [] }
            var type = field.type
            while case .array(let element) = type { type = element }
            switch type {
            case .structure(let children): return rows(children, message, path, low...high)
            case .string, .bytes, .records, .uuid:
                return [FieldRow(message: message, path: path, versions: low...high, meaning: meaning(field.role))]
            default: return []
            }
        }
    }

    private static func meaning(_ role: FieldRole) -> Meaning {
        switch role {
        case .topicName: .topic
        case .topicID: .topicID
        case .groupID: .group
        case .transactionalID: .transaction
        case .coordinatorKey: .key
        case .resourceName: .resource
        case .subscriptionBytes: .subscription
        case .assignmentBytes: .assignment
        case .topicRegex, .transactionalIDPattern: .regex
        case .errorMessage: .text
        default: .nothing
        }
    }

    /// All messages of the APIs that are translated.
    static let layouts: [MessageLayout] = APIKey.known.filter { !TranslatedAPIs.betweenBrokers.contains($0) }
        .flatMap { key in Direction.allCases.compactMap { MessageLayout.layout(key, $0) } }
}
