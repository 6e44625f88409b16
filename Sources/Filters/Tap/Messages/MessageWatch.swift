import FilterAPI
import KafkaMessages
import KafkaWire

/// Sees the frames of one direction, and notes what they name.
final class MessageWatch: FrameWatcher {
    // Safety: the connection's part owns this one, hands it out itself, and is there as long as frames are shown to it.
    private unowned(unsafe) let tap: MessageTap
    private let topics: TappedTopics
    private var current: ObservedExchange?
    private var topic: TappedTopic?

    init(_ tap: MessageTap, _ topics: TappedTopics) {
        self.tap = tap
        self.topics = topics
    }

    func beginFrame(_ frame: WatchedFrame) -> Bool {
        topic = nil
        current = frame.record.map { tap.exchange($0) }
        current?.begin(isResponse: frame.direction == .response)
        return current != nil
    }

    func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer) {
        guard let current else { return }
        switch role {
        case .topicName:
            topic = topics.find(name: value)
            if let topic { current.add(topic) }
        case .topicID:
            topic = topics.find(id: value)
            if let topic { current.add(topic) }
        case .partitionIndex:
            guard let topic, value.count >= 4, value.count % 4 == 0 else { return }
            for start in stride(from: 0, to: value.count, by: 4) {
                current.add(
                    Int32(bigEndian: value.loadUnaligned(fromByteOffset: start, as: Int32.self)), of: topic)
            }
        case .errorCode:
            guard value.count == 2 else { return }
            current.set(error: ErrorCode(rawValue: Int16(bigEndian: value.loadUnaligned(as: Int16.self))))
        case .baseOffset:
            guard value.count == 8 else { return }
            current.set(baseOffset: Int64(bigEndian: value.loadUnaligned(as: Int64.self)))
        default: break
        }
    }

    func beginRecords(bytes: Int) {
        current?.add(recordBytes: bytes)
    }

    func recordBytes(_ bytes: UnsafeRawBufferPointer) {}

    func endRecords() {}

    func endFrame() {
        current = nil
    }
}
