package import KafkaMessages
public import KafkaWire

/// What the proxy itself learned of a request and its response while the bytes passed.
public struct RequestFacts: Sendable {
    /// The topics that the request, or a Fetch's response, names: each once, in the order of their appearance, at most
    /// ``mostTopics``. Filled if a filter asked for them.
    public package(set) var topics = TopicNames()
    /// True if there were more topics than are kept.
    public package(set) var hasMoreTopics = false
    /// Bytes of record batches that passed, in either direction.
    public package(set) var recordBytes = 0
    /// Records that passed, as the batches' headers count them.
    public package(set) var records = 0
    /// The first error code in the response that is not 0; 0 if there is none, or no response yet.
    public package(set) var errorCode = ErrorCode(rawValue: 0)

    /// What passed of each topic, once there are two; those that are not kept share the last place.
    private var shares: [RecordShare] = []
    /// The place of the topic that was noted last.
    private var currentTopic = 0

    /// How many topics are kept.
    public static let mostTopics = 100

    package init() {}

    /// Notes a topic: what is counted next is its own.
    package mutating func add(topic: String) {
        if let known = topics.firstIndex(of: topic) {
            currentTopic = known
        } else if topics.count < Self.mostTopics {
            topics.insert(topic)
            currentTopic = topics.count - 1
            addShare()
        } else {
            currentTopic = topics.count
            if !hasMoreTopics { addShare() }
            hasMoreTopics = true
        }
    }

    /// Counts bytes of record batches.
    package mutating func add(recordBytes bytes: Int) {
        recordBytes += bytes
        if !shares.isEmpty { shares[currentTopic].recordBytes += bytes }
    }

    /// Counts records.
    package mutating func add(records count: Int) {
        records += count
        if !shares.isEmpty { shares[currentTopic].records += count }
    }

    /// What passed of one topic: most requests have one, whose share is all.
    ///
    /// - Parameter index: its place in ``topics``; their number for those that are not kept.
    /// - Returns: its part of ``recordBytes`` and ``records``.
    public func share(ofTopic index: Int) -> RecordShare {
        if shares.indices.contains(index) { return shares[index] }
        return RecordShare(recordBytes: index == 0 ? recordBytes : 0, records: index == 0 ? records : 0)
    }

    private mutating func addShare() {
        let count = topics.count + (currentTopic == topics.count ? 1 : 0)
        guard count > 1 else { return }
        if shares.isEmpty { shares.append(RecordShare(recordBytes: recordBytes, records: records)) }
        shares.append(RecordShare())
    }
}

/// What passed of one topic in the record batches of a request or a response.
public struct RecordShare: Sendable, Hashable {
    /// Bytes of its record batches.
    public package(set) var recordBytes = 0
    /// Its records, as the batches' headers count them.
    public package(set) var records = 0
}

/// What the filters of a chain see of one request from its arrival to its end. Belongs to one event loop.
public final class RequestRecord {
    /// Which API.
    public let apiKey: APIKey
    /// The version of the request and of its response.
    public let apiVersion: Int16
    /// The client's number for it.
    public let correlationID: Int32
    /// The client ID of this request; nil if null.
    public let clientID: String?
    /// The size of the request as the client sent it, in bytes, without the size prefix.
    public let requestBytes: Int
    /// Where it came from.
    public let connection: ConnectionContext
    /// What was learned so far.
    public package(set) var facts = RequestFacts()
    /// How long the client is to be slowed: the largest that a filter asked for.
    public package(set) var throttle: Duration = .zero
    /// What filters keep for this request, by their place in the chain.
    package var notes: [Int: any Sendable] = [:]
    /// Parts of the answer that filters have given already, in the order of the chain.
    package var partialAnswers: [PartialAnswer] = []
    /// True if the response is to be held until it is whole.
    package var inspectsResponse = false
    /// True once a filter or the proxy has answered it in the broker's place.
    package var wasAnswered = false
    /// Filters that saw the request, by their place in the chain.
    package var seenBy = FilterSet()

    package init(
        apiKey: APIKey, apiVersion: Int16, correlationID: Int32, clientID: String?, requestBytes: Int,
        connection: ConnectionContext
    ) {
        self.apiKey = apiKey
        self.apiVersion = apiVersion
        self.correlationID = correlationID
        self.clientID = clientID
        self.requestBytes = requestBytes
        self.connection = connection
    }
}

/// What a filter has answered of a request. A filter that did so several times has several, the last one innermost.
package struct PartialAnswer {
    /// The filter's place in the chain: there the parts are merged, since the filters behind it never saw them.
    package let filter: Int
    /// The request as it came to the filter.
    package let asked: any RequestMessage
    /// What went on of it; nil if the filter did not say.
    package let rest: (any RequestMessage)?
    /// The answer to what did not.
    package let answer: any ResponseMessage
}
