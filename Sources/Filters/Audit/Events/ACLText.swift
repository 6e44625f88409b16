import KafkaMessages
import Settings

/// An ACL, or what is looked for among ACLs, as an audit writes it.
struct ACLText {
    private let type: Int8
    private let name: String?
    private let pattern: Int8
    private let principal: String?
    private let host: String?
    private let operation: Int8
    private let permission: Int8

    init(_ acl: CreateAclsRequest.AclCreation) {
        type = acl.resourceType
        name = acl.resourceName
        pattern = acl.resourcePatternType
        principal = acl.principal
        host = acl.host
        operation = acl.operation
        permission = acl.permissionType
    }

    init(_ filter: DeleteAclsRequest.DeleteAclsFilter) {
        type = filter.resourceTypeFilter
        name = filter.resourceNameFilter
        pattern = filter.patternTypeFilter
        principal = filter.principalFilter
        host = filter.hostFilter
        operation = filter.operation
        permission = filter.permissionType
    }

    init(_ request: DescribeAclsRequest) {
        type = request.resourceTypeFilter
        name = request.resourceNameFilter
        pattern = request.patternTypeFilter
        principal = request.principalFilter
        host = request.hostFilter
        operation = request.operation
        permission = request.permissionType
    }

    private static let types = ["unknown", "any", "topic", "group", "cluster", "transactional_id", "token", "user"]
    private static let patterns = ["unknown", "any", "match", "literal", "prefixed"]
    private static let operations = [
        "unknown", "any", "all", "read", "write", "create", "delete", "alter", "describe", "cluster_action",
        "describe_configs", "alter_configs", "idempotent_write", "create_tokens", "describe_tokens", "two_phase_commit",
    ]
    private static let permissions = ["unknown", "any", "deny", "allow"]

    /// The resource, with the rights.
    var resource: AuditResource {
        AuditResource(
            type: Self.word(type, Self.types), name: name,
            more: [
                .init("pattern", .string(Self.word(pattern, Self.patterns))),
                .init("principal", principal.map { .string(AuditDocument.cut($0)) } ?? .null),
                .init("host", host.map { .string(AuditDocument.cut($0)) } ?? .null),
                .init("acl_operation", .string(Self.word(operation, Self.operations))),
                .init("permission", .string(Self.word(permission, Self.permissions))),
            ])
    }

    private static func word(_ number: Int8, _ words: [String]) -> String {
        words.indices.contains(Int(number)) ? words[Int(number)] : "unknown_\(number)"
    }
}
