import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// Reads a whole response: learns the cluster's brokers and topics from it, and puts the addresses of the virtual
/// cluster in the place of the brokers' own.
///
/// A broker that has no address of Sluice's is left out, so that no client ever learns where it is; where it would be a
/// coordinator, there is none for now.
struct RewritingSink: FieldSink {
    /// An array of which elements may be left out.
    private struct OpenArray {
        let location: FieldLocation
        let count: Int
        var removed = 0
    }

    private let cluster: ClusterState
    private let virtual: VirtualCluster?
    private let apiKey: APIKey
    private let isFlexible: Bool
    private let teachesTopics: Bool

    private(set) var edits = FrameEdits()
    private(set) var errorCode: Int16 = 0
    private var brokers: [Broker] = []
    private var topics: [SeenTopic] = []
    private var topic = SeenTopic()
    private var arrays: [OpenArray] = []
    private var openTags: [FieldLocation] = []
    private var closedTags: [FieldLocation] = []

    /// False for the endpoints of controllers, which are not brokers that clients talk to.
    private var rewrites = true
    private var elementStart = 0
    private var editsBefore = 0
    private var broker: Int32 = -1
    private var brokerLocation = FieldLocation(start: 0, valueStart: 0, end: 0)
    private var host = ""
    private var hostLocation = FieldLocation(start: 0, valueStart: 0, end: 0)
    private var lastError: FieldLocation?
    private var leavesOut = false

    init(cluster: ClusterState, virtual: VirtualCluster?, program: WalkProgram) {
        self.cluster = cluster
        self.virtual = virtual
        self.apiKey = program.layout.apiKey
        self.isFlexible = program.isFlexible
        self.teachesTopics = CoreRoles.teachesTopology(program.layout.apiKey)
    }

    mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
        switch role {
        case .errorCode: sawError(location, value)
        case .endpointType: rewrites = value.first == 1
        case .brokerID:
            broker = value.count == 4 ? Int32(bigEndian: value.loadUnaligned(as: Int32.self)) : -1
            brokerLocation = location
        case .host:
            host = String(decoding: value, as: UTF8.self)
            hostLocation = location
        case .port: sawPort(location, value)
        case .topicName: beginTopic(String(decoding: value, as: UTF8.self))
        case .topicID: topic.id = KafkaUUID(bytes: value).flatMap { $0.isZero ? nil : $0 }
        case .partitionIndex: topic.partitions += 1
        case .partitionCount:
            topic.partitions = value.count == 4 ? Int(Int32(bigEndian: value.loadUnaligned(as: Int32.self))) : 0
        default: break
        }
    }

    mutating func nullField(_ role: FieldRole, _ location: FieldLocation) {
        if role == .topicName { beginTopic(nil) }
    }

    private mutating func sawError(_ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
        let code = value.count == 2 ? Int16(bigEndian: value.loadUnaligned(as: Int16.self)) : 0
        if errorCode == 0 { errorCode = code }
        lastError = location
        // In the list form of FindCoordinator the error stands behind the address.
        if leavesOut, apiKey == .findCoordinator, elementStart > 0 {
            edits.replace(location.start..<location.end) { $0.writeInteger(ErrorCode.coordinatorNotAvailable.rawValue) }
            noteUnavailable()
        }
    }

    /// A topic's ID and partitions stand behind its name, which is null where the client asked by ID.
    private mutating func beginTopic(_ name: String?) {
        guard teachesTopics else { return }
        if topic.teaches { topics.append(topic) }
        topic = SeenTopic(name: name)
    }

    private mutating func sawPort(_ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
        guard value.count == 4, broker >= 0, rewrites else { return }
        let port = Int32(bigEndian: value.loadUnaligned(as: Int32.self))
        brokers.append(Broker(id: broker, host: host, port: Int(port)))
        guard let virtual else { return }
        guard let local = virtual.address(of: broker) else {
            leaveOut(location)
            return
        }
        let bytes = local.hostBytes
        edits.replace(hostLocation.start..<hostLocation.end) { [isFlexible] in
            $0.writeKafkaString(bytes, compact: isFlexible)
        }
        edits.replace(location.start..<location.end) { $0.writeInteger(Int32(clamping: local.port)) }
    }

    private mutating func leaveOut(_ port: FieldLocation) {
        leavesOut = true
        guard apiKey == .findCoordinator else { return }
        if elementStart == 0, let lastError {
            edits.replace(lastError.start..<lastError.end) {
                $0.writeInteger(ErrorCode.coordinatorNotAvailable.rawValue)
            }
            noteUnavailable()
        }
        edits.replace(brokerLocation.start..<brokerLocation.end) { $0.writeInteger(Int32(-1)) }
        edits.replace(hostLocation.start..<hostLocation.end) { [isFlexible] in
            $0.writeKafkaString([], compact: isFlexible)
        }
        edits.replace(port.start..<port.end) { $0.writeInteger(Int32(-1)) }
    }

    private mutating func noteUnavailable() {
        leavesOut = false
        if errorCode == 0 { errorCode = ErrorCode.coordinatorNotAvailable.rawValue }
    }

    mutating func beginArray(_ location: FieldLocation, count: Int) {
        arrays.append(OpenArray(location: location, count: count))
    }

    mutating func beginElement(at position: Int) {
        elementStart = position
        editsBefore = edits.count
        broker = -1
        leavesOut = false
    }

    mutating func endElement(at position: Int) {
        guard leavesOut, apiKey != .findCoordinator, !arrays.isEmpty else { return }
        edits.removeChanges(since: editsBefore)
        edits.replace(elementStart..<position) { _ in }
        arrays[arrays.count - 1].removed += 1
        leavesOut = false
    }

    mutating func beginTag(numberAt position: Int, _ size: FieldLocation, _ value: UnsafeRawBufferPointer) -> Bool {
        openTags.append(size)
        return true
    }

    mutating func endTag(at position: Int) {
        if let tag = openTags.popLast() { closedTags.append(tag) }
    }

    /// Ends the walk: brings counts and sizes in line, and passes on what was learned.
    mutating func finish() {
        for array in arrays where array.removed > 0 {
            let count = array.count - array.removed
            edits.insert(array.location.start..<array.location.end) { [isFlexible] in
                if isFlexible {
                    $0.writeUnsignedVarint(UInt32(clamping: count + 1))
                } else {
                    $0.writeInteger(Int32(clamping: count))
                }
            }
        }
        edits.resize(tags: closedTags)
        beginTopic(nil)
        cluster.learn(topics: topics)
        guard rewrites else { return }
        switch apiKey {
        case .metadata, .describeCluster: cluster.learn(brokers: brokers)
        default: for broker in brokers { cluster.learn(broker: broker) }
        }
    }
}
