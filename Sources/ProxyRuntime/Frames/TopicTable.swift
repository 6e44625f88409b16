import Glibc
import KafkaWire
import Telemetry

/// What is counted for one topic on one event loop.
final class TopicCounters {
    let name: String
    let bytes: [UInt8]
    let producedBytes: Counter
    let producedRecords: Counter
    let fetchedBytes: Counter
    let fetchedRecords: Counter

    init(name: String, shard: MetricsShard, metrics: CoreMetrics) {
        self.name = name
        self.bytes = Array(name.utf8)
        producedBytes = shard.counter(metrics.topicBytesTotal, [name, "produce"])
        producedRecords = shard.counter(metrics.topicRecordsTotal, [name, "produce"])
        fetchedBytes = shard.counter(metrics.topicBytesTotal, [name, "fetch"])
        fetchedRecords = shard.counter(metrics.topicRecordsTotal, [name, "fetch"])
    }
}

/// Finds a topic's counters by the bytes of its name or its ID, without making a string of them.
///
/// Belongs to one event loop. Topics are forgotten wholesale when there are too many: the counters stay in the shard.
final class TopicTable {
    private static let slots = 256
    private static let mostTopics = 10_000

    private let shard: MetricsShard
    private let metrics: CoreMetrics
    private var recent: ContiguousArray<TopicCounters?>
    private var byName: [String: TopicCounters] = [:]
    private var byID: [KafkaUUID: TopicCounters] = [:]
    private var lastID: (id: KafkaUUID, topic: TopicCounters)?

    init(shard: MetricsShard, metrics: CoreMetrics) {
        self.shard = shard
        self.metrics = metrics
        recent = ContiguousArray(repeating: nil, count: Self.slots)
    }

    /// The counters of the topic with a name.
    func find(name: UnsafeRawBufferPointer) -> TopicCounters {
        let slot = Self.slot(name)
        if let topic = recent[slot], Self.equal(topic.bytes, name) { return topic }
        let topic = find(String(decoding: name, as: UTF8.self))
        recent[slot] = topic
        return topic
    }

    /// The counters of the topic with an ID; nil if nobody has told its name yet.
    func find(id: KafkaUUID, name: (KafkaUUID) -> String?) -> TopicCounters? {
        if let lastID, lastID.id == id { return lastID.topic }
        if let topic = byID[id] {
            lastID = (id, topic)
            return topic
        }
        guard let name = name(id) else { return nil }
        if byID.count >= Self.mostTopics { byID.removeAll() }
        let topic = find(name)
        byID[id] = topic
        lastID = (id, topic)
        return topic
    }

    private func find(_ name: String) -> TopicCounters {
        if let topic = byName[name] { return topic }
        if byName.count >= Self.mostTopics {
            byName.removeAll()
            byID.removeAll()
            lastID = nil
            for index in recent.indices { recent[index] = nil }
        }
        let topic = TopicCounters(name: name, shard: shard, metrics: metrics)
        byName[name] = topic
        return topic
    }

    private static func slot(_ name: UnsafeRawBufferPointer) -> Int {
        guard let first = name.first, let last = name.last else { return 0 }
        let middle = name[name.count / 2]
        return (Int(first) &* 31 &+ Int(last) &* 17 &+ Int(middle) &* 7 &+ name.count) & (slots - 1)
    }

    private static func equal(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        left.count == right.count && left.withUnsafeBytes { $0.isEqual(to: right) }
    }
}

extension UnsafeRawBufferPointer {
    /// True if the bytes are the same; both have the same number of them.
    func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
        guard let own = baseAddress, let other = other.baseAddress else { return true }
        return memcmp(own, other, count) == 0
    }
}
