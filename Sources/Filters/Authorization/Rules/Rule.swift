package import Settings

/// A rule: who, from where, may or may not do what with which resources.
package struct Rule: Sendable, Hashable {
    /// Whether the rule gives a right or takes it.
    package enum Permission: String, Sendable {
        case allow
        case deny
    }

    /// Where a client connects from.
    package enum Host: Sendable, Hashable {
        /// From anywhere.
        case any
        /// From an address, or a network.
        case network(NetworkPrefix)
    }

    /// Resources of a type.
    package struct Resources: Sendable, Hashable {
        /// The type.
        package var type: ResourceType
        /// Their names; the exact name `*` means all of the type.
        package var name: StringMatcher

        /// Resources of a type.
        package init(_ type: ResourceType, _ name: StringMatcher) {
            self.type = type
            self.name = name
        }

        /// True if these are all resources of the type.
        var isAll: Bool { name == .exact("*") }

        /// True if a resource of the type is among them.
        func contains(_ name: String) -> Bool { isAll || self.name.matches(name) }
    }

    /// What the rule is called in logs.
    package var name: String
    /// Whether it gives rights or takes them.
    package var permission: Permission
    /// Who it is for; the exact principal `User:*` means everybody.
    package var principals: [StringMatcher]
    /// Where clients connect from; one must match.
    package var hosts: [Host]
    /// What may or may not be done.
    package var operations: OperationSet
    /// With what.
    package var resources: [Resources]

    /// A rule.
    package init(
        name: String, _ permission: Permission, principals: [StringMatcher], hosts: [Host] = [.any],
        operations: OperationSet, resources: [Resources]
    ) {
        self.name = name
        self.permission = permission
        self.principals = principals
        self.hosts = hosts
        self.operations = operations
        self.resources = resources
    }

    /// True if the rule is for clients at an address; nil for one that cannot be read, which only `*` matches.
    func covers(_ address: IPAddress?) -> Bool {
        hosts.contains { host in
            switch host {
            case .any: true
            case .network(let network): address.map { network.contains($0) } ?? false
            }
        }
    }

    /// True if a principal matches, which is compared exactly but for `User:*`, everybody of the type.
    static func matches(_ matcher: StringMatcher, _ principal: String) -> Bool {
        guard case .exact(let wanted) = matcher, wanted.hasSuffix(":*") else { return matcher.matches(principal) }
        return principal.utf8.starts(with: wanted.utf8.dropLast())
    }

    /// True if the rule decides on an operation on a resource, implications of what is allowed included.
    func decides(_ operation: Operation, _ type: ResourceType, _ name: String) -> Bool {
        let covered = permission == .allow ? operations.withImplied : operations
        return covered.contains(operation) && resources.contains { $0.type == type && $0.contains(name) }
    }
}
