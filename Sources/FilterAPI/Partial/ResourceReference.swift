public import KafkaWire

/// What a request names, and what can therefore be refused of it.
///
/// Topics are always ``topic(_:)`` and groups always ``group(_:)``, whatever the field: a resource with a configuration
/// whose type is topic is a topic. Only the patterns of ACLs, which are more than names, are kept apart.
public enum ResourceReference: Hashable, Sendable {
    /// A topic with all that the request has of it.
    case topic(TopicReference)
    /// One partition of a topic that was not refused as a whole.
    case partition(TopicReference, Int32)
    /// A group of any kind.
    case group(String)
    /// A transactional ID.
    case transactionalID(String)
    /// A resource with a configuration other than a topic or a group: a broker (type 4), a broker's loggers (8), metrics
    /// of clients (16). An empty name is the default of all brokers.
    case resource(type: Int8, name: String)
    /// What an ACL is for.
    case acl(ACLPattern)

    /// The topic that it names, or of which it names a partition; nil for all else, patterns of ACLs included.
    public var topic: TopicReference? {
        switch self {
        case .topic(let topic), .partition(let topic, _): topic
        default: nil
        }
    }

    /// The group that it names.
    public var group: String? {
        if case .group(let group) = self { group } else { nil }
    }
}

/// A topic as a request names it: by its name or by its ID, as the version has it.
public struct TopicReference: Hashable, Sendable {
    /// The name; nil where the request names the topic by its ID alone.
    public var name: String?
    /// The ID; nil where the request names the topic by its name alone.
    public var id: KafkaUUID?

    /// A topic by its name.
    public init(name: String) {
        self.name = name
        self.id = nil
    }

    /// A topic by its ID.
    public init(id: KafkaUUID) {
        self.name = nil
        self.id = id
    }

    /// A topic by the two fields of a message, of which the one that the version lacks has its default.
    init(_ name: String?, _ id: KafkaUUID) {
        self.id = id == .zero ? nil : id
        self.name = self.id != nil && name?.isEmpty ?? true ? nil : name
    }
}

/// The resources that an ACL is for, or that are looked for among ACLs.
public struct ACLPattern: Hashable, Sendable {
    /// 2 topic, 3 group, 4 cluster, 5 transactional ID, 6 delegation token, 7 user; 1 any, in requests that look for ACLs.
    public var type: Int8
    /// A name, or what names begin with; nil for any, in requests that look for ACLs.
    public var name: String?
    /// 3 literal, 4 prefixed; 1 any and 2 matching, in requests that look for ACLs.
    public var patternType: Int8

    /// A pattern.
    public init(type: Int8, name: String?, patternType: Int8) {
        self.type = type
        self.name = name
        self.patternType = patternType
    }
}
