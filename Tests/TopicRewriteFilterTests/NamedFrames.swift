import KafkaMessages
import KafkaWire
import NIOCore

/// How names are written into a frame: as the client says them, or as the broker has them.
struct Naming: Sendable {
    var topic: @Sendable (String) -> String = { $0 }
    var group: @Sendable (String) -> String = { $0 }
    var transaction: @Sendable (String) -> String = { $0 }
    var topicRegex: @Sendable (String) -> String = { $0 }
    var transactionRegex: @Sendable (String) -> String = { $0 }

    /// Names as they are.
    static let plain = Naming()

    static let topics = ["orders", "payments", "a", "long.name-with_all", "x.y.z"]
    static let groups = ["billing", "g:1", "", "ünïcode"]
}

/// Random frames of any API and version, written by the layouts, in which every name is one of a few.
///
/// Two frames of one seed differ in their names alone: all else is drawn alike, whatever the names are.
struct NamedFrame {
    /// The frame without its size.
    private(set) var bytes = ByteBuffer()
    /// Where its body begins.
    private(set) var bodyOffset = 0
    /// The fields that hold a name in this frame, by their paths.
    private(set) var named: Set<String> = []
    private let naming: Naming
    private let layout: MessageLayout
    private let version: Int16
    private var state: UInt64
    private let coordinatorKeyType: Int8
    /// The resource of the structure that is written: its type.
    private var resourceType: Int8 = 2
    private let isFlexible: Bool

    /// A frame.
    ///
    /// - Parameters:
    ///   - layout: what it is.
    ///   - version: one of its versions.
    ///   - seed: decides on all but the names.
    ///   - naming: how names are written.
    ///   - coordinatorKeyType: what a FindCoordinator asks for.
    init(
        _ layout: MessageLayout, version: Int16, seed: UInt64, naming: Naming = .plain, coordinatorKeyType: Int8 = 0
    ) {
        self.layout = layout
        self.version = version
        self.naming = naming
        state = seed
        self.coordinatorKeyType = coordinatorKeyType
        isFlexible = version >= layout.firstFlexibleVersion
        header()
        bodyOffset = bytes.writerIndex
        structure(layout.fields, path: "")
        // Bytes behind the end of a body are kept.
        if next(4) == 0 { bytes.writeBytes([1, 2, 3]) }
    }

    private mutating func next(_ bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return (value ^ (value >> 31)) % bound
    }

    private mutating func header() {
        guard let headerVersion = layout.apiKey.headerVersion(version, layout.direction) else { return }
        if layout.direction == .request {
            bytes.writeInteger(layout.apiKey.rawValue)
            bytes.writeInteger(version)
        }
        bytes.writeInteger(Int32(77))
        if layout.direction == .request, headerVersion >= 1 {
            bytes.writeInteger(Int16(6))
            bytes.writeString("client")
        }
        if headerVersion == (layout.direction == .request ? 2 : 1) { bytes.writeInteger(UInt8(0)) }
    }

    private mutating func structure(_ fields: [FieldLayout], path: String) {
        if fields.contains(where: { $0.role == .resourceName }) {
            let types: [Int8] = isACL ? [2, 3, 5, 4] : [2, 32, 4, 16]
            let type = types[Int(next(4))]
            // A version that does not say the type knows metrics of clients only.
            let saysType = fields.contains { $0.role == .resourceType && $0.versions.contains(version) }
            resourceType = saysType ? type : 16
        }
        let present = fields.filter { $0.versions.contains(version) }
        for field in present where !isTagged(field) { value(field, path) }
        guard isFlexible else { return }
        let tagged = present.filter { isTagged($0) && next(3) > 0 }.sorted { ($0.tag ?? 0) < ($1.tag ?? 0) }
        let unknown = next(4) == 0
        bytes.writeInteger(UInt8(tagged.count + (unknown ? 1 : 0)))
        for field in tagged {
            let outer = bytes
            bytes = ByteBuffer()
            value(field, path)
            let content = bytes
            bytes = outer
            varint(Int(field.tag ?? 0))
            varint(content.readableBytes)
            bytes.writeImmutableBuffer(content)
        }
        if unknown {
            let size = Int(next(200))
            varint(1000)
            varint(size)
            bytes.writeRepeatingByte(0xAB, count: size)
        }
    }

    private var isACL: Bool { [29, 30, 31].contains(layout.apiKey.rawValue) }

    private func isTagged(_ field: FieldLayout) -> Bool {
        field.taggedVersions?.contains(version) ?? false
    }

    private mutating func value(_ field: FieldLayout, _ path: String) {
        let path = path.isEmpty ? field.name : "\(path).\(field.name)"
        var isNull = field.nullableVersions?.contains(version) ?? false && next(4) == 0
        // What would mean all is refused where that is more than the client sees.
        if layout.direction == .request, [APIKey.deleteAcls, .electLeaders].contains(layout.apiKey) { isNull = false }
        switch field.type {
        case .array(let element):
            length(isNull ? nil : 3, short: false)
            guard !isNull else { return }
            for _ in 0..<3 { self.element(element, field, path) }
        case .structure:
            if field.nullableVersions?.contains(version) ?? false { bytes.writeInteger(Int8(isNull ? -1 : 1)) }
            if !isNull { element(field.type, field, path) }
        case .string where isNull: length(nil, short: true)
        case .bytes where isNull, .records where isNull: length(nil, short: false)
        default: element(field.type, field, path)
        }
    }

    private mutating func element(_ type: FieldType, _ field: FieldLayout, _ path: String) {
        switch type {
        case .structure(let fields): structure(fields, path: path)
        case .array(let inner): element(inner, field, path)
        case .bool: bytes.writeInteger(UInt8(next(2)))
        case .int8:
            let random = Int8(next(100))
            switch field.role {
            case .resourceType: bytes.writeInteger(resourceType)
            case .patternType: bytes.writeInteger(Int8(3))
            case .coordinatorKeyType: bytes.writeInteger(coordinatorKeyType)
            default: bytes.writeInteger(random)
            }
        case .int16, .uint16: bytes.writeInteger(Int16(next(1000)))
        case .int32, .uint32: bytes.writeInteger(Int32(next(1000)))
        case .int64, .float64: bytes.writeInteger(Int64(next(1000)))
        case .uuid:
            bytes.writeInteger(UInt64(7))
            bytes.writeInteger(next(100) + 1)
        case .string: string(field, path)
        case .bytes, .records:
            let content = content(field, path)
            length(content.count, short: false)
            bytes.writeBytes(content)
        }
    }

    // MARK: Names

    private mutating func pick(_ names: [String]) -> String { names[Int(next(UInt64(names.count)))] }

    private mutating func string(_ field: FieldLayout, _ path: String) {
        let topic = pick(Naming.topics)
        let group = pick(Naming.groups)
        var text = "text \(next(1000))"
        named.insert(path)
        switch field.role {
        case .topicName: text = naming.topic(topic)
        case .groupID: text = naming.group(group)
        case .transactionalID: text = naming.transaction(group)
        case .coordinatorKey:
            switch version == 0 ? 0 : coordinatorKeyType {
            case 0: text = naming.group(group)
            case 1: text = naming.transaction(group)
            default: text = naming.group(group) + ":AAAAAAAAAAAAAAAAAAAAAQ:1"
            }
        case .resourceName:
            switch (resourceType, isACL) {
            case (2, _): text = naming.topic(topic)
            case (3, true), (32, false): text = naming.group(group)
            case (5, true): text = naming.transaction(group)
            default: named.remove(path)
            }
        case .topicRegex: text = naming.topicRegex("[a-z]+.*")
        case .transactionalIDPattern: text = naming.transactionRegex("[a-z]+.*")
        case .protocolType:
            text = "consumer"
            named.remove(path)
        case .errorMessage: text = "Topic '\(naming.topic(topic))' and partition \(naming.topic(topic))-12 failed."
        default: named.remove(path)
        }
        length(text.utf8.count, short: true)
        bytes.writeString(text)
    }

    private mutating func content(_ field: FieldLayout, _ path: String) -> [UInt8] {
        let random = (0..<next(300)).map { _ in UInt8(truncatingIfNeeded: next(256)) }
        let topics = [pick(Naming.topics), pick(Naming.topics)]
        let version = Int16(next(4))
        var writer = WireWriter()
        writer.writeInt16(version)
        switch field.role {
        case .subscriptionBytes:
            var subscription = ConsumerProtocolSubscription()
            subscription.topics = topics.map(naming.topic)
            subscription.userData = ByteBuffer(bytes: random)
            if version >= 1 {
                var owned = ConsumerProtocolSubscription.TopicPartition()
                owned.topic = naming.topic(topics[0])
                owned.partitions = [1, 2]
                subscription.ownedPartitions = [owned]
            }
            try? subscription.encode(into: &writer, version: version)
        case .assignmentBytes:
            var assignment = ConsumerProtocolAssignment()
            assignment.assignedPartitions = topics.map { name in
                var assigned = ConsumerProtocolAssignment.TopicPartition()
                assigned.topic = naming.topic(name)
                assigned.partitions = [0, 4]
                return assigned
            }
            assignment.userData = ByteBuffer(bytes: random)
            try? assignment.encode(into: &writer, version: version)
        default: return random
        }
        named.insert(path)
        return Array(writer.finish().readableBytesView)
    }

    // MARK: Lengths

    private mutating func length(_ count: Int?, short: Bool) {
        if isFlexible {
            varint((count ?? -1) + 1)
        } else if short {
            bytes.writeInteger(Int16(clamping: count ?? -1))
        } else {
            bytes.writeInteger(Int32(clamping: count ?? -1))
        }
    }

    private mutating func varint(_ value: Int) {
        var rest = value
        while rest >= 0x80 {
            bytes.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.writeInteger(UInt8(truncatingIfNeeded: rest))
    }
}
