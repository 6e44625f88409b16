/// One thing that a broker checks for a request of an API.
struct Check: Sendable, Hashable {
    /// A right that is enough.
    struct Right: Sendable, Hashable {
        /// What is to be done.
        var operation: Operation
        /// With what.
        var resource: ResourceType
        /// True if it is enough to have the right to any resource of the type.
        var isForAnyName = false
    }

    /// What the check is made on.
    enum Subject: String, Sendable {
        /// The request as a whole.
        case request = "the request"
        /// Each topic.
        case topic = "each topic"
        /// The group, or each of them.
        case group = "each group"
        /// The transactional ID, or each of them.
        case transactionalID = "each transactional ID"
        /// Each resource with a configuration that is neither a topic nor a group.
        case otherResource = "each broker, logger or metrics subscription"
        /// The principal that a delegation token is for.
        case owner = "the owner"
        /// Each delegation token.
        case token = "each token"
    }

    /// When the check is made.
    enum Condition: String, Sendable {
        case always = ""
        case fromConsumer = "from a consumer"
        case fromFollower = "from a follower"
        case groupCoordinator = "key type 0"
        case transactionCoordinator = "key type 1"
        case shareCoordinator = "key type 2"
        case transactional = "with a transactional ID"
        case notTransactional = "without a transactional ID"
        case twoPhaseCommit = "with two-phase commit"
        case autoCreation = "if topics are to be created and the topic does not exist"
        case otherOwner = "for another principal"
        case internalTopics = "for internal topics that are not known to exist"
    }

    /// What the check is made on, and what becomes of what lacks the right.
    enum Effect: Sendable, Hashable {
        /// It is refused before it reaches the broker.
        case refuses
        /// It is taken out of the broker's answer.
        case hides
        /// It stays in the broker's answer, this being put in its place.
        case replaces(String)
        /// Nothing lacks a right: of the authorized operations that the broker names, those stay that are allowed.
        case limits
    }

    /// The rights of which one is enough.
    var rights: [Right]
    /// What it is made on.
    var subject: Subject
    /// The versions of the API that it is made at.
    var versions: ClosedRange<Int16>
    /// When it is made.
    var condition: Condition
    /// What becomes of what lacks the right.
    var effect: Effect

    /// True if it is made on the broker's answer.
    var isOnAnswer: Bool { effect != .refuses }
}

extension Check {
    /// A topic is refused that lacks the right.
    static func topic(
        _ operation: Operation, or other: Right? = nil, versions: ClosedRange<Int16> = 0...Int16.max,
        when condition: Condition = .always
    ) -> Check {
        Check(
            rights: [Right(operation: operation, resource: .topic)] + (other.map { [$0] } ?? []), subject: .topic,
            versions: versions, condition: condition, effect: .refuses)
    }

    /// A group is refused that lacks the right.
    static func group(_ operation: Operation, when condition: Condition = .always) -> Check {
        Check(
            rights: [Right(operation: operation, resource: .group)], subject: .group, versions: 0...Int16.max,
            condition: condition, effect: .refuses)
    }

    /// A transactional ID is refused that lacks the right.
    static func transactionalID(
        _ operation: Operation, versions: ClosedRange<Int16> = 0...Int16.max, when condition: Condition = .always
    ) -> Check {
        Check(
            rights: [Right(operation: operation, resource: .transactionalID)], subject: .transactionalID,
            versions: versions, condition: condition, effect: .refuses)
    }

    /// The request is refused without the right to the cluster.
    static func cluster(
        _ operation: Operation, or other: Right? = nil, versions: ClosedRange<Int16> = 0...Int16.max,
        when condition: Condition = .always
    ) -> Check {
        Check(
            rights: [Right(operation: operation, resource: .cluster)] + (other.map { [$0] } ?? []),
            subject: .request, versions: versions, condition: condition, effect: .refuses)
    }

    /// A resource with a configuration, neither topic nor group, is refused without the right to the cluster.
    static func otherResource(_ operation: Operation) -> Check {
        Check(
            rights: [Right(operation: operation, resource: .cluster)], subject: .otherResource,
            versions: 0...Int16.max, condition: .always, effect: .refuses)
    }

    /// What lacks the rights is taken out of the answer.
    static func hidden(_ subject: Subject, _ rights: Right...) -> Check {
        Check(
            rights: rights, subject: subject, versions: 0...Int16.max, condition: .always, effect: .hides)
    }

    /// The authorized operations in the answer are those that the broker names and that are allowed here, too.
    static func limited(_ subject: Subject, _ type: ResourceType) -> Check {
        Check(
            rights: type.operations.operations.map { Right(operation: $0, resource: type) }, subject: subject,
            versions: 0...Int16.max, condition: .always, effect: .limits)
    }

    /// What lacks the rights is changed in the answer.
    static func replaced(_ subject: Subject, _ right: Right, by text: String) -> Check {
        Check(
            rights: [right], subject: subject, versions: 0...Int16.max, condition: .always, effect: .replaces(text))
    }
}

extension Check.Right {
    /// The right to the cluster.
    static func cluster(_ operation: Operation) -> Self { Self(operation: operation, resource: .cluster) }
    /// The right to a topic.
    static func topic(_ operation: Operation) -> Self { Self(operation: operation, resource: .topic) }
    /// The right to any topic at all.
    static func anyTopic(_ operation: Operation) -> Self {
        Self(operation: operation, resource: .topic, isForAnyName: true)
    }
    /// The right to a group.
    static func group(_ operation: Operation) -> Self { Self(operation: operation, resource: .group) }
    /// The right to a transactional ID.
    static func transactionalID(_ operation: Operation) -> Self {
        Self(operation: operation, resource: .transactionalID)
    }
    /// The right to a delegation token.
    static func token(_ operation: Operation) -> Self { Self(operation: operation, resource: .delegationToken) }
    /// The right to a user.
    static func user(_ operation: Operation) -> Self { Self(operation: operation, resource: .user) }
}
