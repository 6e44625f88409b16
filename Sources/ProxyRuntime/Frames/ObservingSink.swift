import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import Telemetry

/// Learns from a frame what the proxy counts, while the bytes pass: topics, record bytes, records, error codes.
struct ObservingSink: FieldSink {
    /// What is counted and asked on this loop and listener.
    let shared: ListenerLoop
    let direction: Direction
    /// The filters' view of the request; nil if nobody wants one.
    var record: RequestRecord?
    /// True if the frame's topics are counted: it carries records.
    var countsTopics = false
    /// Who watches the frame; nil if nobody does.
    private(set) var watcher: (any FrameWatcher)?
    /// The first error code that is not 0.
    var errorCode: Int16 = 0
    /// A topic ID in the frame whose name nobody knows yet.
    var unknownTopic: KafkaUUID?
    // Safety: the loop's table keeps a topic at least until it is asked for another, and this is then set anew.
    private unowned(unsafe) var topic: TopicCounters?
    private var scanner = RecordsScanner()
    /// True if an endpoint that streams past must not reach the client.
    var hidesEndpoints = false
    /// Where the number of a tagged field stands that has to be changed, as an offset in the frame.
    var hiddenTag: Int?

    init(shared: ListenerLoop, direction: Direction) {
        self.shared = shared
        self.direction = direction
    }

    /// Begins with a new frame.
    mutating func begin(record: RequestRecord?, countsTopics: Bool) {
        self.record = record
        self.countsTopics = countsTopics
        errorCode = 0
        topic = nil
        hiddenTag = nil
        unknownTopic = nil
        watcher = nil
    }

    /// Shows the frame that has begun to who watches it, too.
    ///
    /// - Parameters:
    ///   - watcher: who watches; nil if nobody does.
    ///   - apiKey: the API.
    ///   - request: the number of the request in its connection.
    ///   - expectsResponse: false for `acks=0`.
    mutating func show(
        to watcher: consuming (any FrameWatcher)?, _ apiKey: APIKey, request: UInt64, expectsResponse: Bool = true
    ) {
        guard let watcher else { return }
        let frame = WatchedFrame(
            direction: direction, apiKey: apiKey, request: request, expectsResponse: expectsResponse, record: record)
        if watcher.beginFrame(frame) { self.watcher = watcher }
    }

    /// The frame was read to its end, or cannot be read.
    mutating func endWatch(isRead: Bool = true) {
        if isRead { watcher?.endFrame() }
        watcher = nil
    }

    mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
        watcher?.field(role, value)
        switch role {
        case .errorCode:
            guard errorCode == 0, value.count == 2 else { return }
            errorCode = Int16(bigEndian: value.loadUnaligned(as: Int16.self))
        case .topicName:
            if countsTopics {
                let topic = shared.loop.topics.find(name: value)
                self.topic = topic
                record?.facts.add(topic: topic.name)
            } else {
                record?.facts.add(topic: String(decoding: value, as: UTF8.self))
            }
        case .topicID:
            guard let id = KafkaUUID(bytes: value), !id.isZero else { return }
            let cluster = shared.cluster
            if countsTopics {
                topic = shared.loop.topics.find(id: id) { cluster.topicName($0) }
                if topic == nil { unknownTopic = id }
                record?.facts.add(topic: topic?.name ?? id.description)
            } else if let record {
                record.facts.add(topic: cluster.topicName(id) ?? id.description)
            }
        default:
            break
        }
    }

    mutating func beginRecords(_ location: FieldLocation) {
        let bytes = UInt64(location.valueLength)
        record?.facts.add(recordBytes: location.valueLength)
        scanner.begin()
        watcher?.beginRecords(bytes: location.valueLength)
        guard let topic else { return }
        (direction == .request ? topic.producedBytes : topic.fetchedBytes).increment(by: bytes)
    }

    mutating func recordBytes(_ bytes: UnsafeRawBufferPointer) {
        scanner.scan(bytes)
        watcher?.recordBytes(bytes)
    }

    mutating func endRecords() {
        record?.facts.add(records: scanner.records)
        watcher?.endRecords()
        guard let topic else { return }
        (direction == .request ? topic.producedRecords : topic.fetchedRecords).increment(by: UInt64(scanner.records))
    }

    mutating func beginTag(numberAt position: Int, _ size: FieldLocation, _ value: UnsafeRawBufferPointer) -> Bool {
        guard hidesEndpoints, let virtual = shared.virtual else { return true }
        let cluster = shared.cluster
        if !EndpointsInPlace.rewrite(value, virtual, learn: { cluster.learn(broker: $0) }) { hiddenTag = position }
        return false
    }
}

extension KafkaUUID {
    /// An ID from its 16 bytes; nil for another number of them.
    init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    /// True for the ID that stands for none.
    var isZero: Bool { high == 0 && low == 0 }
}
