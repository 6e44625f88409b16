import FilterAPI
import KafkaMessages
import KafkaWire

/// Which APIs are translated, and what is read of their frames.
enum TranslatedAPIs {
    /// What only brokers and controllers say to each other, and what is about Kafka's own metadata topic: their names are
    /// the broker's in any case. `Envelope` holds a whole request of another client.
    static let betweenBrokers: Set<APIKey> = [
        .leaderAndIsr, .stopReplica, .updateMetadata, .controlledShutdown, .vote, .beginQuorumEpoch, .endQuorumEpoch,
        .describeQuorum, .alterPartition, .envelope, .fetchSnapshot, .assignReplicasToDirs,
    ]

    /// The roles of all that may have to be translated.
    static let names: FieldRoles = [
        .topicName, .groupID, .transactionalID, .coordinatorKey, .resourceName, .subscriptionBytes, .assignmentBytes,
        .topicRegex, .transactionalIDPattern,
    ]

    /// The names that decide on whether an element of an array is left out.
    private static let elements: FieldRoles = [
        .topicName, .topicID, .groupID, .transactionalID, .resourceName, .coordinatorKey,
    ]

    /// What is read of requests.
    static let request = FieldSelection(
        [
            .topicName, .topicID, .groupID, .transactionalID, .coordinatorKey, .coordinatorKeyType, .resourceType,
            .resourceName, .patternType, .protocolType, .subscriptionBytes, .assignmentBytes, .topicRegex,
            .transactionalIDPattern,
        ], elementsBy: elements)

    /// What is read of responses.
    static let response = FieldSelection(
        [
            .topicName, .topicID, .groupID, .transactionalID, .coordinatorKey, .resourceType, .resourceName,
            .patternType, .protocolType, .subscriptionBytes, .assignmentBytes, .topicRegex, .errorMessage,
        ], elementsBy: elements)

    /// Requests that name topics by ID, to be judged before they are sent.
    static let judgedByID: Set<APIKey> = [
        .produce, .fetch, .offsetCommit, .offsetFetch, .deleteTopics, .shareFetch, .shareAcknowledge,
    ]

    /// The APIs that hold something to be translated, in a direction.
    static func keys(_ direction: Direction) -> Set<APIKey> {
        var wanted = names
        if direction == .request {
            wanted.formUnion([.topicID])
        } else {
            wanted.formUnion([.errorMessage])
        }
        return Set(
            APIKey.known.filter { key in
                guard !betweenBrokers.contains(key), let layout = MessageLayout.layout(key, direction) else {
                    return false
                }
                return layout.fields.contains { $0.holds(wanted) }
            })
    }

    /// What is seen of which frames.
    static let interests: [Interest] = {
        // What can be large is looked at only where a name in it may lead elsewhere, which the view tells at the header.
        let large: Set<APIKey> = [.produce, .fetch]
        let requests = keys(.request)
        let responses = keys(.response)
        return [
            Interest(large, .request, depth: .header),
            Interest(requests.subtracting(large), .request, depth: .fields),
            // So that their responses are known with the view of their requests.
            Interest(responses.subtracting(requests), .request, depth: .header),
            // Up to version 12 a response has names; where the request told that they matter it is held.
            Interest([.fetch], versions: 0...12, .response, depth: .fields),
            Interest([.shareFetch], .response, depth: .body),
            Interest(responses.subtracting([.fetch, .shareFetch]), .response, depth: .fields),
        ]
    }()
}

extension FieldLayout {
    /// True if the field, or one inside of it, has one of the roles at any version.
    func holds(_ roles: FieldRoles) -> Bool {
        roles.has(role) || type.holds(roles)
    }
}

extension FieldType {
    fileprivate func holds(_ roles: FieldRoles) -> Bool {
        switch self {
        case .structure(let fields): fields.contains { $0.holds(roles) }
        case .array(let element): element.holds(roles)
        default: false
        }
    }
}
