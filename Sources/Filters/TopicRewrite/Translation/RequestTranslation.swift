import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// Puts the broker's names in the place of the client's in one request.
///
/// Made in two steps: what becomes of each name, and, where none is refused, the changes of the frame.
struct RequestTranslation {
    /// Why a request cannot go on as it is.
    enum Obstacle {
        /// A name is refused: the parts that name it are to be taken out.
        case refusedNames
        /// The whole request is answered so.
        case refusal(Refusal)
    }

    private enum Change {
        case text(String)
        case bytes(ByteBuffer)
        case rawText([UInt8])
        case number(Int64)
        case removed
    }

    private let view: TopicView
    private let apiKey: APIKey
    private let isRest: Bool
    private var changes: [(field: LocatedField, change: Change)] = []
    /// What stands in the way; the first that was met.
    private(set) var obstacle: Obstacle?
    /// What is kept for the response.
    private(set) var note: RewriteNote
    /// The rules that decided on names, each once.
    private(set) var rules: Set<Int> = []
    /// The reasons for which names were refused or left out, one for each.
    private(set) var refusals: [TopicRefusal] = []
    /// True if a topic has another name at the broker.
    private(set) var renamesTopics = false
    /// True if a resource cannot be said at the broker.
    private(set) var refusesResource = false

    /// - Parameters:
    ///   - view: the client's view.
    ///   - record: the request.
    ///   - isRest: true if refused parts were taken out already. What is left of them then are stand-ins that are no names.
    init(_ view: TopicView, _ record: RequestRecord, isRest: Bool = false) {
        self.view = view
        self.isRest = isRest
        apiKey = record.apiKey
        note = RewriteNote(view)
    }

    /// Finds out what becomes of each name.
    ///
    /// - Parameters:
    ///   - frame: the request.
    ///   - fields: its fields by ``TranslatedAPIs/request``.
    ///   - groupTypes: the protocol types of groups that were joined on this connection.
    mutating func read(_ frame: FilteredFrame, _ fields: [LocatedField], _ groupTypes: [String: String]) {
        var resource = ResourceFields()
        for field in fields where field.role == .coordinatorKeyType {
            note.coordinatorKeyType = frame.integer(field) ?? 0
        }
        for field in fields {
            switch field.role {
            case .topicName: topic(frame, field)
            case .topicID: if apiKey == .metadata, let id = frame.uuid(field), id != .zero { note.askedIDs.insert(id) }
            case .groupID: group(frame, field)
            case .transactionalID: affixed(frame, field, view.transactionalIDs)
            case .coordinatorKey: coordinatorKey(frame, field)
            case .resourceType, .resourceName, .patternType:
                if let complete = resource.take(field) { self.resource(frame, complete) }
            case .protocolType: note.protocolType = frame.string(field)
            case .subscriptionBytes: subscription(frame, field)
            case .assignmentBytes: assignment(frame, field, groupTypes)
            case .topicRegex: topicRegex(frame, field)
            case .transactionalIDPattern: pattern(frame, field)
            default: break
            }
        }
        if let last = resource.finish() { self.resource(frame, last) }
    }

    /// Makes the changes.
    func apply(to frame: inout FilteredFrame) {
        for (field, change) in changes {
            switch change {
            case .text(let text): frame.replace(field, with: text)
            case .rawText(let bytes): frame.replace(field, withText: bytes)
            case .bytes(let bytes): frame.replace(field, withBytes: bytes)
            case .number(let number): frame.replace(field, with: number)
            case .removed: frame.removeElement(of: field)
            }
        }
    }

    // MARK: Topics

    private mutating func topic(_ frame: FilteredFrame, _ field: LocatedField) {
        guard !field.isNull, let name = frame.string(field) else { return }
        switch resolve(name) {
        case .same: break
        case .name(let broker):
            changes.append((field, .text(broker)))
            note.pairs.note(name.utf8, at: broker.utf8)
        case .dropped:
            // What is subscribed to need not exist; a list of names may go without it.
            if Self.subscribes(apiKey) {
                changes.append((field, .removed))
            } else if apiKey == .streamsGroupHeartbeat {
                obstacle =
                    obstacle
                    ?? .refusal(
                        Refusal(
                            .streamsInvalidTopology, message: "The topology names '\(name)', which does not exist here."
                        ))
            } else if !isRest || TopicNameSyntax.isLegal(name) {
                obstacle = obstacle ?? .refusedNames
            }
        }
    }

    /// Heartbeats that list the names of topics that a member wants.
    private static func subscribes(_ key: APIKey) -> Bool {
        key == .consumerGroupHeartbeat || key == .shareGroupHeartbeat
    }

    private mutating func resolve(_ name: String) -> NameChange {
        switch view.brokerTopic(name) {
        case .name(let broker, let rule):
            if let rule { rules.insert(rule) }
            guard !broker.utf8.elementsEqual(name.utf8) else { return .same }
            renamesTopics = true
            return .name(broker)
        case .refused(let refusal):
            refusals.append(refusal)
            return .dropped
        }
    }

    private mutating func subscription(_ frame: FilteredFrame, _ field: LocatedField) {
        guard note.protocolType == ClassicGroups.consumer, let bytes = frame.bytes(field) else { return }
        if let changed = ConsumerProtocolNames.subscription(bytes, { resolve($0) }) {
            changes.append((field, .bytes(changed)))
        }
    }

    private mutating func assignment(_ frame: FilteredFrame, _ field: LocatedField, _ groupTypes: [String: String]) {
        let type = note.protocolType ?? groupTypes[note.group]
        note.protocolType = type
        guard type == nil || type == ClassicGroups.consumer, let bytes = frame.bytes(field) else { return }
        if let changed = ConsumerProtocolNames.assignment(bytes, strictly: type == nil, { resolve($0) }) {
            changes.append((field, .bytes(changed)))
        }
    }

    private mutating func topicRegex(_ frame: FilteredFrame, _ field: LocatedField) {
        guard !field.isNull, let text = frame.string(field), !text.isEmpty else { return }
        do throws(RegexShape.Problem) {
            let translated = try RegexTranslation(view).topics(text)
            if translated != text { changes.append((field, .text(translated))) }
        } catch {
            let code: ErrorCode = apiKey == .streamsGroupHeartbeat ? .streamsInvalidTopology : .invalidRegularExpression
            refuseExpression(code, error)
        }
    }

    private mutating func refuseExpression(_ code: ErrorCode, _ problem: RegexShape.Problem) {
        obstacle =
            obstacle
            ?? .refusal(
                Refusal(
                    code,
                    message: "The regular expression cannot be used here, where names differ from those of the broker: "
                        + problem.message + "."))
    }

    // MARK: Groups and transactions

    private mutating func group(_ frame: FilteredFrame, _ field: LocatedField) {
        if !field.isNull, note.group.isEmpty { note.group = frame.string(field) ?? "" }
        affixed(frame, field, view.groups)
    }

    private mutating func affixed(_ frame: FilteredFrame, _ field: LocatedField, _ affixes: NameAffixes) {
        guard !affixes.isIdentity, !field.isNull, let name = frame.bytes(field)?.readableBytesView else { return }
        let broker = affixes.brokerName(name)
        changes.append((field, .rawText(broker)))
        note.pairs.note(name, at: broker)
    }

    private mutating func coordinatorKey(_ frame: FilteredFrame, _ field: LocatedField) {
        switch note.coordinatorKeyType {
        case 0: affixed(frame, field, view.groups)
        case 1: affixed(frame, field, view.transactionalIDs)
        case 2:
            guard !view.groups.isIdentity, let key = frame.bytes(field)?.readableBytesView,
                let end = SharePartitionKey.groupEnd(in: key)
            else { return }
            let broker = view.groups.brokerName(key[..<end])
            changes.append((field, .rawText(broker + key[end...])))
            note.pairs.note(key[..<end], at: broker)
        default: break
        }
    }

    private mutating func pattern(_ frame: FilteredFrame, _ field: LocatedField) {
        guard !view.transactionalIDs.isIdentity, !field.isNull, let text = frame.string(field), !text.isEmpty else {
            return
        }
        do throws(RegexShape.Problem) {
            changes.append((field, .text(try RegexTranslation.names(text, view.transactionalIDs))))
        } catch {
            refuseExpression(.invalidRegularExpression, error)
        }
    }

    // MARK: Resources

    private mutating func resource(_ frame: FilteredFrame, _ fields: ResourceFields) {
        guard let nameField = fields.name, let type = fields.type.flatMap({ frame.integer($0) }) else { return }
        let name = nameField.isNull ? nil : frame.string(nameField)
        switch ResourceNames(view: view).change(
            ofRequest: apiKey, type: Int8(clamping: type), name: name,
            pattern: fields.pattern.flatMap { frame.integer($0) }.map { Int8(clamping: $0) })
        {
        case .same: break
        case .name(let broker, let pattern):
            changes.append((nameField, .text(broker)))
            if let name, type == 2, let rule = view.rule(of: name) { rules.insert(rule) }
            note.pairs.note((name ?? "").utf8, at: broker.utf8)
            if let pattern, let field = fields.pattern { changes.append((field, .number(Int64(pattern)))) }
        case .refused:
            refusesResource = true
            obstacle = obstacle ?? .refusedNames
        }
    }
}

/// The fields of one resource: its type, its name, and in ACLs the type of its pattern, in any order.
struct ResourceFields {
    private(set) var type: LocatedField?
    private(set) var name: LocatedField?
    private(set) var pattern: LocatedField?

    /// Takes the next field.
    ///
    /// - Parameter field: one of the three.
    /// - Returns: the resource before, if the field belongs to another.
    mutating func take(_ field: LocatedField) -> ResourceFields? {
        let isTaken =
            switch field.role {
            case .resourceType: type != nil
            case .resourceName: name != nil
            default: pattern != nil
            }
        let former = isTaken || element != nil && element != field.element ? finish() : nil
        switch field.role {
        case .resourceType: type = field
        case .resourceName: name = field
        default: pattern = field
        }
        return former
    }

    /// Ends the resource; nil if there is none.
    mutating func finish() -> ResourceFields? {
        defer { self = ResourceFields() }
        return type == nil && name == nil && pattern == nil ? nil : self
    }

    private var element: LocatedElement? { (type ?? name ?? pattern)?.element }
}

/// `group:topicId:partition`, by which the coordinator of a share partition is asked for.
enum SharePartitionKey {
    /// Where the group ends, which may have colons itself; nil if the key has another form.
    static func groupEnd<Key: BidirectionalCollection<UInt8>>(in key: Key) -> Key.Index? {
        guard let partition = key.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        return key[..<partition].lastIndex(of: UInt8(ascii: ":"))
    }
}
