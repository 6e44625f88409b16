import FilterAPI
import KafkaWire

/// What was seen of a request and its response, without payloads.
final class ObservedExchange {
    /// A partition that is named.
    struct Partition {
        let index: Int32
        var recordBytes = 0
        var error: ErrorCode?
        var baseOffset: Int64?
    }

    /// A topic that is named.
    struct Topic {
        let topic: TappedTopic
        var partitions: [Partition] = []
    }

    let record: RequestRecord
    private(set) var topics: [Topic] = []
    /// True if more were named than are kept.
    private(set) var omits = false
    private var count = 0
    private var isResponse = false
    /// The partition that was named last: its place, and that of its topic.
    private var latest: (topic: Int, partition: Int)?

    /// As many topics and partitions are kept.
    private static let most = 1000

    init(_ record: RequestRecord) {
        self.record = record
    }

    func begin(isResponse: Bool) {
        self.isResponse = isResponse
        latest = nil
    }

    func add(_ topic: TappedTopic) {
        latest = nil
        _ = place(of: topic)
    }

    func add(_ partition: Int32, of topic: TappedTopic) {
        latest = nil
        guard let place = place(of: topic) else { return }
        if let known = topics[place].partitions.firstIndex(where: { $0.index == partition }) {
            latest = (place, known)
            return
        }
        guard count < Self.most else {
            omits = true
            return
        }
        count += 1
        topics[place].partitions.append(Partition(index: partition))
        latest = (place, topics[place].partitions.count - 1)
    }

    func add(recordBytes bytes: Int) {
        guard let latest else { return }
        topics[latest.topic].partitions[latest.partition].recordBytes += bytes
    }

    func set(error: ErrorCode) {
        guard let latest, isResponse else { return }
        topics[latest.topic].partitions[latest.partition].error = error
    }

    func set(baseOffset: Int64) {
        guard let latest, isResponse, baseOffset >= 0 else { return }
        topics[latest.topic].partitions[latest.partition].baseOffset = baseOffset
    }

    private func place(of topic: TappedTopic) -> Int? {
        if let known = topics.firstIndex(where: { $0.topic.name == topic.name }) { return known }
        guard count < Self.most else {
            omits = true
            return nil
        }
        count += 1
        topics.append(Topic(topic: topic))
        return topics.count - 1
    }
}
