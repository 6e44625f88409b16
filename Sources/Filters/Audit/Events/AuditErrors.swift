import FilterAPI
import KafkaMessages
import KafkaWire

/// The error codes of a response, by what they are said of.
enum AuditErrors {
    /// Of resources that the response names.
    case byName([AuditResource.Identity: ErrorCode])
    /// Of what was asked for, in that order.
    case byPlace([ErrorCode])

    private static let names: FieldRoles = [.topicName, .topicID, .groupID, .transactionalID, .resourceName]
    private static let selection = FieldSelection(
        [.topicName, .topicID, .groupID, .transactionalID, .resourceType, .resourceName, .errorCode],
        elementsBy: names)

    /// Reads a response; one that cannot be read says nothing.
    static func read(_ frame: inout FilteredFrame, _ record: RequestRecord) -> AuditErrors {
        switch record.apiKey {
        case .createAcls:
            return .byPlace(((try? frame.body(CreateAclsResponse.self))?.results ?? []).map(\.errorCode))
        case .deleteAcls:
            return .byPlace(((try? frame.body(DeleteAclsResponse.self))?.filterResults ?? []).map(\.errorCode))
        case .alterClientQuotas:
            return .byPlace(((try? frame.body(AlterClientQuotasResponse.self))?.entries ?? []).map(\.errorCode))
        case .alterUserScramCredentials:
            let results = (try? frame.body(AlterUserScramCredentialsResponse.self))?.results ?? []
            return .byName(
                Dictionary(
                    results.map { (AuditResource.Identity(type: "user", name: $0.user), $0.errorCode) },
                    uniquingKeysWith: { first, _ in first }))
        default: return .byName(byName(&frame, record.connection.cluster))
        }
    }

    /// What stands in one element belongs together: names, and error codes of its own or of its parts.
    private struct Element {
        var name: String?
        var type: String?
        var id: KafkaUUID?
        var resourceType: Int8?
        var error = ErrorCode.none
    }

    private static func byName(
        _ frame: inout FilteredFrame, _ cluster: any ClusterView
    ) -> [AuditResource.Identity: ErrorCode] {
        guard let fields = try? frame.fields(selection) else { return [:] }
        var elements: [LocatedElement: Element] = [:]
        for field in fields {
            guard let place = field.element else { continue }
            var element = elements[place] ?? Element()
            switch field.role {
            case .topicName: (element.type, element.name) = ("topic", frame.string(field) ?? element.name)
            case .topicID:
                element.type = "topic"
                element.id = frame.uuid(field)
            case .groupID: (element.type, element.name) = ("group", frame.string(field))
            case .transactionalID: (element.type, element.name) = ("transactional_id", frame.string(field))
            case .resourceType: element.resourceType = frame.integer(field).map { Int8(truncatingIfNeeded: $0) }
            case .resourceName: element.name = frame.string(field)
            case .errorCode:
                let code = ErrorCode(rawValue: Int16(truncatingIfNeeded: frame.integer(field) ?? 0))
                if element.error == .none { element.error = code }
            default: break
            }
            elements[place] = element
        }
        var errors: [AuditResource.Identity: ErrorCode] = [:]
        for element in elements.values where element.error != .none {
            guard let type = element.type ?? element.resourceType.map(AuditExtract.configured) else { continue }
            let known = element.name.flatMap { $0.isEmpty ? nil : $0 } ?? element.id.flatMap { cluster.topicName($0) }
            let id = known == nil ? element.id : nil
            errors[AuditResource.Identity(type: type, name: known ?? (id == nil ? element.name : nil), id: id)] =
                element.error
        }
        return errors
    }
}
