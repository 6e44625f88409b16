import KafkaMessages
package import KafkaWire

/// What one client may do: an immutable value that all connections of the same principal and address share.
final class Rights: Sendable {
    /// What becomes of a request at its header.
    enum HeaderDecision: UInt8, Sendable {
        /// It may pass whatever it names.
        case pass
        /// It depends on what it names, or is denied: the body has to be read.
        case inspect
        /// The API is denied.
        case denied
    }

    private static let keys = 128
    private static let versions = 32

    /// The client's rules in the order of the configuration; nil where only APIs are decided on.
    let rules: [Rule]?
    /// True if nothing is ever denied to the client.
    let isUnlimited: Bool
    /// True if the principal is a super user.
    let isSuperUser: Bool
    private let byType: [NameRights]
    private let headers: [HeaderDecision]

    /// The rights of a super user.
    init(superUserWith table: CheckTable) {
        rules = nil
        byType = []
        headers = []
        isUnlimited = true
        isSuperUser = true
    }

    /// The rights of a client.
    ///
    /// - Parameters:
    ///   - rules: those for the client's principal and address; nil to decide on APIs alone.
    ///   - apis: which APIs are allowed at all.
    ///   - table: what each API needs.
    init(rules: [Rule]?, apis: APILists, table: CheckTable) {
        self.rules = rules
        isSuperUser = false
        var byType = ResourceType.allCases.map { _ in NameRights() }
        for rule in rules ?? [] {
            for resources in rule.resources {
                byType[Int(resources.type.rawValue)].add(resources.name, rule.permission, rule.operations)
            }
        }
        self.byType = byType
        let limited = rules != nil
        var headers = [HeaderDecision](repeating: .denied, count: Self.keys * Self.versions)
        var isUnlimited = true
        for key in APIKey.known {
            guard let versions = key.requestType?.validVersions else { continue }
            for version in versions {
                guard let place = Self.place(key, version) else { continue }
                if apis.allows(key), let checks = table.checks(key, version) {
                    let passes =
                        !limited
                        || checks.allSatisfy { check in
                            check.effect == .limits
                                ? check.rights.allSatisfy { Self.satisfiesAlways($0, byType) }
                                : check.rights.contains { Self.satisfiesAlways($0, byType) }
                        }
                    headers[place] = passes ? .pass : .inspect
                }
                if headers[place] != .pass { isUnlimited = false }
            }
        }
        self.headers = headers
        self.isUnlimited = isUnlimited
    }

    private static func place(_ key: APIKey, _ version: Int16) -> Int? {
        guard (0..<Int16(keys)).contains(key.rawValue), (0..<Int16(versions)).contains(version) else { return nil }
        return Int(key.rawValue) * versions + Int(version)
    }

    private static func satisfiesAlways(_ right: Check.Right, _ byType: [NameRights]) -> Bool {
        let names = byType[Int(right.resource.rawValue)]
        if right.isForAnyName { return names.allowsAny(right.operation) }
        if right.resource == .cluster {
            return names.operations(on: ResourceType.clusterName).contains(right.operation)
        }
        return names.allowsAll(right.operation)
    }

    /// What becomes of a request at its header. An API or version that is not known is denied.
    func decision(_ key: APIKey, _ version: Int16) -> HeaderDecision {
        if isSuperUser { return .pass }
        return Self.place(key, version).map { headers[$0] } ?? .denied
    }

    /// What may be done with a resource.
    func operations(on type: ResourceType, _ name: String) -> OperationSet {
        rules == nil ? .all : byType[Int(type.rawValue)].operations(on: name)
    }

    /// True if an operation may be done with every resource of a type.
    func allowsAll(_ operation: Operation, _ type: ResourceType) -> Bool {
        rules == nil || byType[Int(type.rawValue)].allowsAll(operation)
    }

    /// True if there may be a resource of a type that an operation may be done with.
    func allowsAny(_ operation: Operation, _ type: ResourceType) -> Bool {
        rules == nil || byType[Int(type.rawValue)].allowsAny(operation)
    }

    /// The name of the rule that decides on an operation: the first that denies it, else the first that allows it.
    func ruleName(_ operation: Operation, _ type: ResourceType, _ name: String) -> String {
        if isSuperUser { return "super user" }
        guard let rules else { return "no rules" }
        let own = rules.filter { $0.decides(operation, type, name) }
        return (own.first { $0.permission == .deny } ?? own.first)?.name ?? "default"
    }
}

/// Which APIs may be used at all.
package struct APILists: Sendable, Hashable {
    /// The APIs that may be used; empty for all.
    package var allowed: Set<APIKey> = []
    /// The APIs that may not, whatever is allowed.
    package var denied: Set<APIKey> = []

    /// Without these no client could begin: they are denied only by name.
    private static let beginnings: Set<APIKey> = [.apiVersions, .saslHandshake, .saslAuthenticate]

    func allows(_ key: APIKey) -> Bool {
        if denied.contains(key) { return false }
        return allowed.isEmpty || allowed.contains(key) || Self.beginnings.contains(key)
    }
}
