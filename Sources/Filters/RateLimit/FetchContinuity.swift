import KafkaMessages
import KafkaWire

/// Keeps a fetch session (KIP-227) in step between client and broker while Fetch requests of it are answered in the
/// broker's place.
///
/// The client counts an epoch for each answer, and takes what it said of partitions as said. The broker has heard
/// neither: so the requests that follow get the broker's epoch, and the first of them also says what was said before.
/// A client that was told that its session is gone would ask for all partitions anew instead, and leave the broker's
/// session behind as garbage in a cache that has room for few.
struct FetchContinuity {
    private var sessionID: Int32 = 0
    /// How many epochs the client is ahead.
    private var ahead: Int32 = 0
    /// What the client has said of partitions that the broker does not know.
    private var unsaid = PartitionChanges()

    /// How many partitions are kept for a broker that was not told; a client with more starts a new session.
    private static let mostUnsaid = 10_000

    /// True if requests have to be changed.
    var isAhead: Bool { ahead > 0 }

    /// Answers a Fetch with nothing.
    ///
    /// - Returns: the answer; nil for a request that ends its session, which asks for nothing and has to reach the broker.
    mutating func answer(_ request: FetchRequest, version: Int16) -> FetchResponse? {
        var response = FetchResponse()
        guard version >= 7, request.sessionID != 0 else { return response }
        if request.sessionEpoch < 0 { return nil }
        // Without a session in the answer the client starts a new one.
        guard request.sessionEpoch > 0, ahead == 0 || request.sessionID == sessionID else { return response }
        if ahead == 0 {
            sessionID = request.sessionID
            unsaid = PartitionChanges()
        }
        unsaid.add(request)
        guard unsaid.count <= Self.mostUnsaid else {
            self = FetchContinuity()
            return response
        }
        ahead += 1
        response.sessionID = request.sessionID
        return response
    }

    /// Makes a request what the broker expects.
    ///
    /// - Returns: true if it was changed.
    mutating func bringUpToDate(_ request: inout FetchRequest, version: Int16) -> Bool {
        guard isAhead, version >= 7 else { return false }
        guard request.sessionID == sessionID, request.sessionEpoch > 0 else {
            // The session is over, or the request begins one in its place.
            if request.sessionID == sessionID || request.sessionEpoch == 0 { self = FetchContinuity() }
            return false
        }
        request.sessionEpoch = Self.epoch(ahead, before: request.sessionEpoch)
        unsaid.say(in: &request)
        unsaid = PartitionChanges()
        return true
    }

    /// Epochs begin at 1, and begin again after the largest.
    private static func epoch(_ steps: Int32, before epoch: Int32) -> Int32 {
        epoch > steps ? epoch - steps : .max - (steps - epoch)
    }
}

/// What requests of a fetch session change in it.
private struct PartitionChanges {
    private struct Key: Hashable {
        var topic: String
        var topicID: KafkaUUID
        var partition: Int32
    }

    private var fetched: [Key: FetchRequest.FetchPartition] = [:]
    private var forgotten: Set<Key> = []
    /// In which order partitions were named; some more than once.
    private var order: [Key] = []

    /// How much is kept.
    var count: Int { order.count + forgotten.count }

    /// Adds what a request says; what it says counts, whatever was said before. A partition that is both named and
    /// forgotten in it is forgotten, as brokers see it.
    mutating func add(_ request: FetchRequest) {
        for topic in request.topics {
            for partition in topic.partitions {
                let key = Key(topic: topic.topic, topicID: topic.topicID, partition: partition.partition)
                forgotten.remove(key)
                if fetched.updateValue(partition, forKey: key) == nil { order.append(key) }
            }
        }
        for topic in request.forgottenTopicsData {
            for partition in topic.partitions {
                let key = Key(topic: topic.topic, topicID: topic.topicID, partition: partition)
                fetched[key] = nil
                forgotten.insert(key)
            }
        }
    }

    /// Says it all in a request, with what that says itself.
    func say(in request: inout FetchRequest) {
        if count == 0 { return }
        var all = self
        all.add(request)
        var topics: [FetchRequest.FetchTopic] = []
        for key in all.order {
            guard let partition = all.fetched.removeValue(forKey: key) else { continue }
            if let last = topics.indices.last, topics[last].topic == key.topic, topics[last].topicID == key.topicID {
                topics[last].partitions.append(partition)
            } else {
                var topic = FetchRequest.FetchTopic()
                topic.topic = key.topic
                topic.topicID = key.topicID
                topic.partitions = [partition]
                topics.append(topic)
            }
        }
        request.topics = topics
        request.forgottenTopicsData = all.forgotten.sorted(by: Self.isBefore).map { key in
            var topic = FetchRequest.ForgottenTopic()
            topic.topic = key.topic
            topic.topicID = key.topicID
            topic.partitions = [key.partition]
            return topic
        }
    }

    private static func isBefore(_ left: Key, _ right: Key) -> Bool {
        (left.topic, left.topicID.high, left.topicID.low, left.partition)
            < (right.topic, right.topicID.high, right.topicID.low, right.partition)
    }
}
