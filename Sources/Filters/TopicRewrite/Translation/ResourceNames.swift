import KafkaMessages
import KafkaWire

/// The names of resources: in ACLs, which have patterns for names, and in configurations, which have names.
struct ResourceNames {
    /// What becomes of a resource.
    enum Change: Equatable {
        case same
        /// It has another name, and a pattern of another type if one is given.
        case name(String, pattern: Int8?)
        /// It cannot be said at the broker, or must not be seen by the client; with words for people.
        case refused(String)
    }

    /// Types of patterns.
    enum Pattern {
        static let any: Int8 = 1
        static let match: Int8 = 2
        static let literal: Int8 = 3
        static let prefixed: Int8 = 4
    }

    private enum Kind: CaseIterable {
        case topic
        case group
        case transactionalID
    }

    /// The name that stands for all.
    static let wildcard = "*"

    let view: TopicView

    // MARK: Configurations

    /// The resource at the broker.
    ///
    /// - Parameters:
    ///   - type: 2 topic, 32 group; all others have names of their own.
    ///   - name: the client's name.
    /// - Returns: what becomes of it.
    func brokerResource(type: Int8, name: String) -> Change {
        switch type {
        case 2: topic(name)
        case 32: view.groups.isIdentity ? .same : .name(view.groups.brokerName(name), pattern: nil)
        default: .same
        }
    }

    /// The resource as the client sees it.
    func clientResource(type: Int8, name: String) -> Change {
        switch type {
        case 2: Self.seen(view.clientTopic(name), name)
        case 32: Self.seen(view.groups.clientName(name), name)
        default: .same
        }
    }

    // MARK: ACLs

    /// What an ACL of the client's is for at the broker.
    ///
    /// - Parameters:
    ///   - type: 2 topic, 3 group, 5 transactional ID, 1 any; all others have names of their own.
    ///   - name: a name, or what names begin with; nil for any, in filters.
    ///   - pattern: the type of the pattern; nil where the version knows literal ones only.
    ///   - deletes: true for a filter whose ACLs are deleted: it must not meet others than the client sees.
    /// - Returns: what becomes of it.
    func brokerACL(type: Int8, name: String?, pattern: Int8?, deletes: Bool) -> Change {
        switch type {
        case 2: return broker(.topic, name, pattern, deletes)
        case 3: return broker(.group, name, pattern, deletes)
        case 5: return broker(.transactionalID, name, pattern, deletes)
        case 1:
            let changes = Kind.allCases.map { broker($0, name, pattern, deletes) }
            if changes.allSatisfy({ $0 == changes[0] }) { return changes[0] }
            return .refused("Names of topics, groups and transactional IDs differ here: the type must be given.")
        default: return .same
        }
    }

    private func broker(_ kind: Kind, _ name: String?, _ pattern: Int8?, _ deletes: Bool) -> Change {
        if isIdentity(kind) { return .same }
        guard let name else {
            return deletes ? .refused("ACLs can be deleted here only by the name of their resource.") : .same
        }
        if name.utf8.elementsEqual(Self.wildcard.utf8), pattern != Pattern.prefixed {
            return wildcard(kind, pattern, deletes)
        }
        switch pattern ?? Pattern.literal {
        case Pattern.prefixed:
            guard let prefix = brokerPrefix(kind, name) else {
                return .refused("The names that begin so do not all begin alike at the broker.")
            }
            if prefix.isEmpty, !name.isEmpty { return .name(Self.wildcard, pattern: Pattern.literal) }
            return prefix == name ? .same : .name(prefix, pattern: nil)
        case Pattern.match where deletes:
            return .refused("ACLs can be deleted here only by literal or prefixed patterns.")
        case Pattern.any where deletes && kind == .topic:
            // A name and a prefix of the same text may be two things at the broker.
            guard case .name(let literal, _) = view.brokerTopic(name), view.brokerPrefix(name) == literal else {
                return .refused("ACLs can be deleted here only by literal or prefixed patterns.")
            }
            return literal == name ? .same : .name(literal, pattern: nil)
        default:
            switch kind {
            case .topic: return topic(name)
            case .group: return .name(view.groups.brokerName(name), pattern: nil)
            case .transactionalID: return .name(view.transactionalIDs.brokerName(name), pattern: nil)
            }
        }
    }

    /// All resources of a kind: at the broker they may be those whose names begin alike.
    private func wildcard(_ kind: Kind, _ pattern: Int8?, _ deletes: Bool) -> Change {
        let prefix: String?
        switch kind {
        case .topic:
            switch view.allTopics {
            case .all: return .same
            case .prefix(let all): prefix = all
            case .inexact: prefix = nil
            }
        case .group: prefix = Self.prefix(view.groups)
        case .transactionalID: prefix = Self.prefix(view.transactionalIDs)
        }
        guard let prefix else { return .refused("No pattern at the broker stands for all that is seen here.") }
        guard pattern != nil else {
            return .refused("'*' needs a prefixed pattern here, which this version of the request does not have.")
        }
        return .name(prefix, pattern: Pattern.prefixed)
    }

    /// What an ACL of the broker's is for, as the client sees it; refused if it must not see it.
    func clientACL(type: Int8, name: String, pattern: Int8?) -> Change {
        switch type {
        case 2: client(.topic, name, pattern ?? Pattern.literal)
        case 3: client(.group, name, pattern ?? Pattern.literal)
        case 5: client(.transactionalID, name, pattern ?? Pattern.literal)
        default: .same
        }
    }

    private func client(_ kind: Kind, _ name: String, _ pattern: Int8) -> Change {
        if isIdentity(kind) { return .same }
        let isWildcard = name.utf8.elementsEqual(Self.wildcard.utf8)
        if pattern != Pattern.prefixed, isWildcard {
            if kind == .topic, let prefix = view.clientPrefix(""), !prefix.isEmpty {
                return .name(prefix, pattern: Pattern.prefixed)
            }
            return kind == .topic && view.allTopics == .all ? .same : Self.hidden
        }
        guard pattern == Pattern.prefixed else {
            switch kind {
            case .topic: return Self.seen(view.clientTopic(name), name)
            case .group: return Self.seen(view.groups.clientName(name), name)
            case .transactionalID: return Self.seen(view.transactionalIDs.clientName(name), name)
            }
        }
        let seen: String?
        switch kind {
        case .topic: seen = view.clientPrefix(name)
        case .group: seen = Self.clientPrefix(name, view.groups)
        case .transactionalID: seen = Self.clientPrefix(name, view.transactionalIDs)
        }
        guard let seen else { return Self.hidden }
        if seen.isEmpty { return .name(Self.wildcard, pattern: Pattern.literal) }
        return seen == name ? .same : .name(seen, pattern: nil)
    }

    // MARK: What both have

    private static let hidden = Change.refused("hidden")

    private func isIdentity(_ kind: Kind) -> Bool {
        switch kind {
        case .topic: view.keepsTopics && !view.hidesOthers
        case .group: view.groups.isIdentity
        case .transactionalID: view.transactionalIDs.isIdentity
        }
    }

    private func topic(_ name: String) -> Change {
        switch view.brokerTopic(name) {
        case .name(let broker, _): broker == name ? .same : .name(broker, pattern: nil)
        case .refused(let refusal): .refused(refusal.message)
        }
    }

    private static func seen(_ client: String?, _ name: String) -> Change {
        guard let client else { return hidden }
        return client == name ? .same : .name(client, pattern: nil)
    }

    private func brokerPrefix(_ kind: Kind, _ prefix: String) -> String? {
        switch kind {
        case .topic: view.brokerPrefix(prefix)
        case .group: Self.prefix(view.groups).map { $0 + prefix }
        case .transactionalID: Self.prefix(view.transactionalIDs).map { $0 + prefix }
        }
    }

    /// What all names begin with; nil if they end alike as well, which no pattern says.
    private static func prefix(_ affixes: NameAffixes) -> String? {
        affixes.suffix.isEmpty ? affixes.prefix : nil
    }

    private static func clientPrefix(_ prefix: String, _ affixes: NameAffixes) -> String? {
        guard affixes.suffix.isEmpty, prefix.begins(with: affixes.prefix) else { return nil }
        return String(decoding: prefix.utf8.dropFirst(affixes.prefix.utf8.count), as: UTF8.self)
    }
}

extension ResourceNames {
    /// The resource of a request at the broker.
    func change(ofRequest key: APIKey, type: Int8, name: String?, pattern: Int8?) -> Change {
        switch key {
        case .describeAcls, .createAcls, .deleteAcls:
            brokerACL(type: type, name: name, pattern: pattern, deletes: key == .deleteAcls)
        default: name.map { brokerResource(type: type, name: $0) } ?? .same
        }
    }

    /// The resource of a response as the client sees it.
    func change(ofResponse key: APIKey, type: Int8, name: String, pattern: Int8?) -> Change {
        switch key {
        case .describeAcls, .createAcls, .deleteAcls: clientACL(type: type, name: name, pattern: pattern)
        default: clientResource(type: type, name: name)
        }
    }
}
