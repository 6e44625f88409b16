import FilterAPI
import Foundation
import KafkaWire
import Settings

/// A topic as a tap sees it.
final class TappedTopic {
    let name: String
    /// The name as the wire has it.
    private let bytes: [UInt8]
    /// Tells it from all others, also if it is made anew.
    let id: Int
    /// True if what passes of it is to be copied, were it no sink.
    let isWanted: Bool
    /// True if a tap writes to it.
    fileprivate(set) var isSink: Bool

    init(name: String, isWanted: Bool, isSink: Bool) {
        self.name = name
        bytes = Array(name.utf8)
        id = name.hashValue
        self.isWanted = isWanted
        self.isSink = isSink
    }

    /// True if these are the bytes of its name.
    func isNamed(_ other: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == other.count else { return false }
        return bytes.withUnsafeBytes { bytes in
            guard let left = bytes.baseAddress, let right = other.baseAddress else { return true }
            return memcmp(left, right, bytes.count) == 0
        }
    }
}

/// The topics that an event loop has seen, with what is decided about each.
final class TappedTopics {
    private let cluster: any ClusterView
    private let conditions: [[StringMatcher]]
    private let sinks: SinkTopics
    private var generation: Int
    private var byName: [String: TappedTopic] = [:]
    private var byID: [KafkaUUID: TappedTopic] = [:]
    /// The one that was found last.
    private var last: TappedTopic?

    /// How many are kept; with one more, all are forgotten.
    private static let most = 10_000

    init(cluster: any ClusterView, conditions: [[StringMatcher]], sinks: SinkTopics) {
        self.cluster = cluster
        self.conditions = conditions
        self.sinks = sinks
        generation = sinks.generation
    }

    /// The topic of a name.
    func find(name bytes: UnsafeRawBufferPointer) -> TappedTopic {
        refresh()
        if let last, last.isNamed(bytes) { return last }
        let topic = find(String(decoding: bytes, as: UTF8.self))
        last = topic
        return topic
    }

    /// The topic of an ID; nil if its name is not known yet, and for the ID that stands for none.
    func find(id bytes: UnsafeRawBufferPointer) -> TappedTopic? {
        guard bytes.count == 16 else { return nil }
        let id = KafkaUUID(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        guard id != .zero else { return nil }
        refresh()
        if let known = byID[id] { return known }
        guard let name = cluster.topicName(id) else { return nil }
        let topic = find(name)
        byID[id] = topic
        return topic
    }

    private func find(_ name: String) -> TappedTopic {
        if let known = byName[name] { return known }
        let topic = TappedTopic(
            name: name, isWanted: conditions.allSatisfy { $0.contains { $0.matches(name) } },
            isSink: sinks.contains(SinkTopics.Place(cluster: cluster.name, topic: name)))
        if byName.count >= Self.most {
            byName = [:]
            byID = [:]
        }
        byName[name] = topic
        return topic
    }

    /// A tap has begun, or ended, to write somewhere.
    private func refresh() {
        guard generation != sinks.generation else { return }
        generation = sinks.generation
        byName = [:]
        byID = [:]
        last = nil
    }
}
