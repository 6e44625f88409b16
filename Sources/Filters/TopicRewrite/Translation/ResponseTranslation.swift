import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// Puts the client's names in the place of the broker's in one response, and leaves out what the client must not see.
struct ResponseTranslation {
    private let note: RewriteNote
    private let view: TopicView
    private let apiKey: APIKey
    private let cluster: any ClusterView
    private lazy var texts = MessageText(view, pairs: note.pairs, cluster: cluster)
    /// The name of a topic by its ID; nil if it is not known.
    private let topicName: (KafkaUUID) -> String?
    /// True if the broker was asked for unknown IDs already: what is not known now the client must not see.
    private let hidesUnknownIDs: Bool
    /// The protocol type of the group that is being read.
    private var protocolType: String?
    /// A topic in a member's subscription that the client, who is to assign partitions, has no name for.
    private(set) var unnamedTopic: String?
    /// IDs of topics whose names are not known, and by which it is decided what the client sees.
    private(set) var unknownIDs: [KafkaUUID] = []
    /// The topic at which the next page of a list begins, if the client must not see it.
    private(set) var hiddenCursor: String?

    init(
        _ note: RewriteNote, _ record: RequestRecord, cluster: any ClusterView, hidesUnknownIDs: Bool,
        topicName: @escaping (KafkaUUID) -> String?
    ) {
        self.note = note
        view = note.view
        apiKey = record.apiKey
        protocolType = note.protocolType
        self.cluster = cluster
        self.topicName = topicName
        self.hidesUnknownIDs = hidesUnknownIDs
    }

    /// Translates a frame.
    ///
    /// - Parameters:
    ///   - frame: the response.
    ///   - fields: its fields by ``TranslatedAPIs/response``.
    mutating func translate(_ frame: inout FilteredFrame, _ fields: [LocatedField]) {
        var resource = ResourceFields()
        for field in fields {
            switch field.role {
            case .topicName: topic(&frame, field)
            case .topicID: topicID(&frame, field)
            case .groupID: affixed(&frame, field, view.groups)
            case .transactionalID: affixed(&frame, field, view.transactionalIDs)
            case .coordinatorKey: coordinatorKey(&frame, field)
            case .resourceType, .resourceName, .patternType:
                if let complete = resource.take(field) { self.resource(&frame, complete) }
            case .protocolType: protocolType = frame.string(field) ?? protocolType
            case .subscriptionBytes: subscription(&frame, field)
            case .assignmentBytes: assignment(&frame, field)
            case .topicRegex: topicRegex(&frame, field)
            case .errorMessage: message(&frame, field)
            default: break
            }
        }
        if let last = resource.finish() { self.resource(&frame, last) }
    }

    private mutating func topic(_ frame: inout FilteredFrame, _ field: LocatedField) {
        guard !view.keepsTopics || view.hidesOthers, !field.isNull, let name = frame.string(field) else { return }
        guard let client = view.clientTopic(name) else {
            if field.element == nil, apiKey == .describeTopicPartitions { hiddenCursor = name }
            frame.removeElement(of: field)
            return
        }
        if !client.utf8.elementsEqual(name.utf8) { frame.replace(field, with: client) }
    }

    /// Committed offsets that were asked for without naming topics come by ID alone from version 10 on.
    private mutating func topicID(_ frame: inout FilteredFrame, _ field: LocatedField) {
        guard apiKey == .offsetFetch, !view.keepsTopics || view.hidesOthers, let id = frame.uuid(field), id != .zero
        else { return }
        let name = topicName(id)
        if name == nil, !hidesUnknownIDs {
            unknownIDs.append(id)
        } else if name.flatMap({ view.clientTopic($0) }) == nil {
            frame.removeElement(of: field)
        }
    }

    private func affixed(_ frame: inout FilteredFrame, _ field: LocatedField, _ affixes: NameAffixes) {
        guard !affixes.isIdentity, !field.isNull, let name = frame.bytes(field)?.readableBytesView else { return }
        if let client = affixes.clientName(name) {
            frame.replace(field, withText: client)
        } else {
            frame.removeElement(of: field)
        }
    }

    private func coordinatorKey(_ frame: inout FilteredFrame, _ field: LocatedField) {
        switch note.coordinatorKeyType {
        case 0: affixed(&frame, field, view.groups)
        case 1: affixed(&frame, field, view.transactionalIDs)
        case 2:
            guard !view.groups.isIdentity, let key = frame.bytes(field)?.readableBytesView,
                let end = SharePartitionKey.groupEnd(in: key), let group = view.groups.clientName(key[..<end])
            else { return }
            frame.replace(field, withText: group + key[end...])
        default: break
        }
    }

    private func resource(_ frame: inout FilteredFrame, _ fields: ResourceFields) {
        guard let nameField = fields.name, !nameField.isNull, let name = frame.string(nameField),
            let type = fields.type.flatMap({ frame.integer($0) })
        else { return }
        switch ResourceNames(view: view).change(
            ofResponse: apiKey, type: Int8(clamping: type), name: name,
            pattern: fields.pattern.flatMap { frame.integer($0) }.map { Int8(clamping: $0) })
        {
        case .same: break
        case .name(let client, let pattern):
            frame.replace(nameField, with: client)
            if let pattern, let field = fields.pattern { frame.replace(field, with: Int64(pattern)) }
        case .refused: frame.removeElement(of: nameField)
        }
    }

    /// What members of a group know a topic as, whichever target of a rule they joined for.
    private func memberChange(_ name: String) -> NameChange {
        guard let client = view.memberTopic(name) else { return .dropped }
        return client.utf8.elementsEqual(name.utf8) ? .same : .name(client)
    }

    private mutating func subscription(_ frame: inout FilteredFrame, _ field: LocatedField) {
        guard protocolType == ClassicGroups.consumer, let bytes = frame.bytes(field) else { return }
        // Only the leader of a group is given the subscriptions of its members, to assign by name.
        if apiKey == .joinGroup, unnamedTopic == nil {
            unnamedTopic = ConsumerProtocolNames.topics(of: bytes).first { view.memberTopic($0) == nil }
        }
        if let changed = ConsumerProtocolNames.subscription(bytes, memberChange) {
            frame.replace(field, withBytes: changed)
        }
    }

    private func assignment(_ frame: inout FilteredFrame, _ field: LocatedField) {
        guard protocolType == nil || protocolType == ClassicGroups.consumer, let bytes = frame.bytes(field) else {
            return
        }
        let changed = ConsumerProtocolNames.assignment(bytes, strictly: protocolType == nil, memberChange)
        if let changed { frame.replace(field, withBytes: changed) }
    }

    private func topicRegex(_ frame: inout FilteredFrame, _ field: LocatedField) {
        guard !field.isNull, let text = frame.string(field), !text.isEmpty else { return }
        // What was not made here is in the broker's names.
        let client = RegexTranslation(view).clientTopics(text) ?? ""
        if client != text { frame.replace(field, with: client) }
    }

    private mutating func message(_ frame: inout FilteredFrame, _ field: LocatedField) {
        guard !field.isNull, let text = frame.string(field), !text.isEmpty, let client = texts.clientText(text) else {
            return
        }
        frame.replace(field, with: client)
    }
}
