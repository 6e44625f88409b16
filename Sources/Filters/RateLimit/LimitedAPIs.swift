import KafkaMessages
import KafkaWire

/// What limits have to do with requests of each API.
enum LimitedAPIs {
    /// API keys are below this; requests with others are not known and meet no filter.
    static let most = 128

    /// Signing in: not limited, since nobody knows yet who the client is, and what is slowed here fails.
    static let unlimited: Set<APIKey> = [.saslHandshake, .saslAuthenticate]

    /// Topic administration, for which there is an error that says that a quota is used up (KIP-599).
    static let topicAdministration: Set<APIKey> = [.createTopics, .deleteTopics, .createPartitions]

    /// True if there is an error that clients take well.
    static func canBeRefused(_ key: APIKey) -> Bool {
        key == .produce || key == .fetch || topicAdministration.contains(key)
    }

    /// True if requests of the API name topics.
    static func namesTopics(_ key: APIKey) -> Bool {
        names([.topicName, .topicID], in: key)
    }

    /// True if requests of the API name groups.
    static func namesGroups(_ key: APIKey) -> Bool {
        names([.groupID, .coordinatorKey], in: key)
    }

    private static func names(_ roles: Set<FieldRole>, in key: APIKey) -> Bool {
        MessageLayout.layout(key, .request)?.fields.contains { names(roles, in: $0.type, $0.role) } ?? false
    }

    private static func names(_ roles: Set<FieldRole>, in type: FieldType, _ role: FieldRole) -> Bool {
        if roles.contains(role) { return true }
        return switch type {
        case .structure(let fields): fields.contains { names(roles, in: $0.type, $0.role) }
        case .array(let element): names(roles, in: element, .none)
        default: false
        }
    }
}
