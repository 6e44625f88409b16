/// What a field means to a proxy.
public enum FieldRole: UInt8, Sendable, CaseIterable {
    /// Nothing that a proxy looks for.
    case none
    /// A topic's name, or an array of them.
    case topicName
    /// A topic's ID, or an array of them.
    case topicID
    /// A group's ID, or an array of them.
    case groupID
    /// A transactional ID, or an array of them.
    case transactionalID
    /// The node ID in a structure that also has `host` and `port`: a broker's address.
    case brokerID
    /// The host of a broker's address that clients connect to.
    case host
    /// The port of a broker's address that clients connect to.
    case port
    /// The node ID of a partition's leader.
    case leaderID
    /// A partition's index, or an array of them.
    case partitionIndex
    /// An error code.
    case errorCode
    /// A text for people that may name topics and groups.
    case errorMessage
    /// Record batches.
    case records
    /// How long the client should wait, in milliseconds.
    case throttleTime
    /// The type of a resource (2 topic, 3 group, 4 cluster, 5 transactional ID, 32 group configuration, …).
    case resourceType
    /// The name of a resource of the type beside it, or a pattern for names.
    case resourceName
    /// How the name of the resource is meant: 1 any way, 2 matching, 3 literally, 4 as a prefix.
    case patternType
    /// A principal, as `User:alice`, or its name.
    case principal
    /// A member ID of a group.
    case memberID
    /// The address of a client, as a broker saw it.
    case clientHost
    /// How many replicas must have written before a produce request is answered.
    case acks
    /// The protocol type of a classic group, as `consumer`.
    case protocolType
    /// A member's subscription in bytes; `ConsumerProtocolSubscription` where the protocol type is `consumer`.
    case subscriptionBytes
    /// A member's assignment in bytes; `ConsumerProtocolAssignment` where the protocol type is `consumer`.
    case assignmentBytes
    /// What a coordinator is asked for: a group, a transactional ID or a share partition, as `coordinatorKeyType` says.
    case coordinatorKey
    /// The type of coordinator keys: 0 group, 1 transactional ID, 2 share partition.
    case coordinatorKeyType
    /// A regular expression for topic names, or an array of them.
    case topicRegex
    /// A pattern for transactional IDs.
    case transactionalIDPattern
    /// The node ID of a broker outside of an address: replicas, controllers, preferred replicas.
    case nodeID
    /// The kind of endpoints in a DescribeCluster: 1 brokers, 2 controllers.
    case endpointType
    /// A producer's ID.
    case producerID
    /// A producer's epoch.
    case producerEpoch
    /// A leader's epoch.
    case leaderEpoch
    /// An offset that is asked for, committed or answered.
    case offset
    /// A partition's high watermark.
    case highWatermark
    /// The first offset that a partition's log has.
    case logStartOffset
    /// The offset of the first of the records that were written.
    case baseOffset
    /// The ID of a fetch session.
    case sessionID
    /// The epoch of a fetch session or share session.
    case sessionEpoch
    /// A static member's instance ID.
    case groupInstanceID
    /// A classic group's generation.
    case generationID
    /// A member's epoch in a group of KIP-848's protocol.
    case memberEpoch
    /// A client's ID.
    case clientID
    /// The name of the client's software.
    case clientSoftwareName
    /// The version of the client's software.
    case clientSoftwareVersion
    /// A rack.
    case rack
    /// The ID of the Kafka cluster.
    case clusterID
    /// An API key, in ApiVersions.
    case apiKey
    /// The lowest version of that API.
    case minimumVersion
    /// The highest version of that API.
    case maximumVersion
    /// A SASL mechanism, or an array of them.
    case saslMechanism
    /// Bytes of a SASL exchange.
    case saslBytes
    /// Whether a topic is one of Kafka's own.
    case isInternal
    /// How many partitions a topic was made with.
    case partitionCount
}

/// A set of roles.
public struct FieldRoles: Sendable, Hashable, ExpressibleByArrayLiteral {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The roles that are listed.
    public init(arrayLiteral roles: FieldRole...) {
        self.init(roles)
    }

    /// The roles of a list.
    public init(_ roles: [FieldRole]) {
        self.rawValue = roles.reduce(0) { $0 | (1 << UInt64($1.rawValue)) }
    }

    /// Every role.
    public static let all = FieldRoles(rawValue: .max)

    /// Adds all roles of another set.
    package mutating func formUnion(_ other: FieldRoles) {
        self = FieldRoles(rawValue: rawValue | other.rawValue)
    }

    /// True if there is no role in the set.
    public var isEmpty: Bool { rawValue == 0 }

    /// True if the role is in the set.
    public func has(_ role: FieldRole) -> Bool {
        role != .none && rawValue & (1 << UInt64(role.rawValue)) != 0
    }
}
