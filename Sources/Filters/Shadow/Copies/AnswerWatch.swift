import FilterAPI
import KafkaMessages
import KafkaWire

/// Reads while the primary's answers pass which batches it has taken.
final class AnswerWatch: FrameWatcher {
    private let isAwaited: (RequestRecord) -> Bool
    private let finished: (RequestRecord, Set<BatchPlace>) -> Void
    private var record: RequestRecord?
    private var place = BatchPlace()
    private var taken: Set<BatchPlace> = []

    /// - Parameters:
    ///   - isAwaited: true for a request of which something was copied.
    ///   - finished: told of each answer to one, with what the primary has.
    init(
        isAwaited: @escaping (RequestRecord) -> Bool, finished: @escaping (RequestRecord, Set<BatchPlace>) -> Void
    ) {
        self.isAwaited = isAwaited
        self.finished = finished
    }

    func beginFrame(_ frame: WatchedFrame) -> Bool {
        record = frame.record
        place = BatchPlace()
        taken.removeAll()
        return record.map(isAwaited) ?? false
    }

    func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer) {
        switch role {
        case .topicName: place.topicName = String(decoding: value, as: UTF8.self)
        case .topicID: place.topicID = KafkaUUID(value)
        case .partitionIndex: place.partition = Int32(bigEndianBytes: value)
        case .errorCode:
            guard value.count == 2 else { return }
            let code = ErrorCode(rawValue: Int16(bigEndian: value.loadUnaligned(as: Int16.self)))
            // A duplicate is one that it has already.
            if code == .none || code == .duplicateSequenceNumber { taken.insert(place) }
        default: break
        }
    }

    func beginRecords(bytes: Int) {}
    func recordBytes(_ bytes: UnsafeRawBufferPointer) {}
    func endRecords() {}

    func endFrame() {
        guard let record else { return }
        self.record = nil
        finished(record, taken)
    }
}
