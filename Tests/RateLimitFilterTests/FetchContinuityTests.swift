import FilterAPI
import KafkaMessages
import KafkaWire
import Settings
import Testing

@testable import RateLimitFilter

/// A broker's fetch session (KIP-227): what it does with requests, as far as epochs and partitions go.
private struct BrokerSession {
    struct Key: Hashable {
        var topic: String
        var topicID: KafkaUUID
        var partition: Int32
    }

    let id: Int32 = 77
    /// The epoch of the request that is to come.
    var epoch: Int32 = 1
    var partitions: [Key: Int64] = [:]

    mutating func handle(_ request: FetchRequest) -> FetchResponse {
        var response = FetchResponse()
        guard request.sessionID == id, request.sessionEpoch == epoch else {
            response.errorCode = .invalidFetchSessionEpoch
            return response
        }
        epoch = epoch == .max ? 1 : epoch + 1
        for topic in request.topics {
            for partition in topic.partitions {
                partitions[Key(topic: topic.topic, topicID: topic.topicID, partition: partition.partition)] =
                    partition.fetchOffset
            }
        }
        for topic in request.forgottenTopicsData {
            for partition in topic.partitions {
                partitions[Key(topic: topic.topic, topicID: topic.topicID, partition: partition)] = nil
            }
        }
        response.sessionID = id
        return response
    }
}

/// A client's: it says what has changed, and believes what it is answered.
private struct ClientSession {
    var epoch: Int32 = 1
    var wanted: [BrokerSession.Key: Int64] = [:]
    var said: [BrokerSession.Key: Int64] = [:]
    let version: Int16

    func key(_ number: Int) -> BrokerSession.Key {
        BrokerSession.Key(
            topic: version >= 13 ? "" : "t\(number % 3)",
            topicID: version >= 13 ? KafkaUUID(high: 1, low: UInt64(number % 3)) : .zero, partition: Int32(number / 3))
    }

    mutating func request() -> FetchRequest {
        var request = FetchRequest()
        request.sessionID = 77
        request.sessionEpoch = epoch
        for (key, offset) in wanted.sorted(by: { $0.key.partition < $1.key.partition }) where said[key] != offset {
            var topic = FetchRequest.FetchTopic()
            topic.topic = key.topic
            topic.topicID = key.topicID
            var partition = FetchRequest.FetchPartition()
            partition.partition = key.partition
            partition.fetchOffset = offset
            topic.partitions = [partition]
            request.topics.append(topic)
        }
        for key in said.keys where wanted[key] == nil {
            var topic = FetchRequest.ForgottenTopic()
            topic.topic = key.topic
            topic.topicID = key.topicID
            topic.partitions = [key.partition]
            request.forgottenTopicsData.append(topic)
        }
        said = wanted
        epoch = epoch == .max ? 1 : epoch + 1
        return request
    }
}

/// A connection through which sessions go.
private final class Connection {
    private var continuity = FetchContinuity()
    private let version: Int16

    init(version: Int16 = 12) {
        self.version = version
    }

    var isAhead: Bool { continuity.isAhead }

    /// The session of the answer that is given here; nil if none is.
    func answer(_ request: FetchRequest) -> Int32? {
        continuity.answer(request, version: version)?.sessionID
    }

    /// The request as the broker gets it.
    func forward(_ request: FetchRequest) -> FetchRequest {
        var request = request
        let before = request
        let isChanged = continuity.bringUpToDate(&request, version: version)
        #expect(isChanged == (request != before))
        return request
    }
}

@Suite("A fetch session of which requests are answered in the broker's place")
struct FetchContinuityTests {
    private static let versions: ClosedRange<Int16> = 7...18

    @Test("stays in step, whatever changes in it, and is answered without a word of its end", arguments: versions)
    func staysInStep(_ version: Int16) {
        let connection = Connection(version: version)
        var broker = BrokerSession()
        var client = ClientSession(version: version)
        var random = UInt64(version)
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % bound
        }
        // Over the end of the numbers, too.
        client.epoch = .max - 200
        broker.epoch = .max - 200
        for _ in 0..<500 {
            for _ in 0..<next(4) {
                let key = client.key(next(12))
                client.wanted[key] = next(3) == 0 ? nil : Int64(next(1000))
            }
            let request = client.request()
            if next(2) == 0 {
                #expect(connection.answer(request) == 77)
                #expect(connection.isAhead)
                continue
            }
            let response = broker.handle(connection.forward(request))
            #expect(response.errorCode == .none)
            let isSame = broker.partitions == client.wanted
            #expect(isSame)
        }
    }

    private func request(session: Int32 = 77, epoch: Int32) -> FetchRequest {
        var request = FetchRequest()
        request.sessionID = session
        request.sessionEpoch = epoch
        return request
    }

    @Test("is not touched before the first answer")
    func untouched() {
        let connection = Connection()
        #expect(!connection.isAhead)
        #expect(connection.forward(request(epoch: 5)) == request(epoch: 5))
    }

    @Test("begins later, where a full Fetch is answered", arguments: [0, -1] as [Int32])
    func fullFetch(_ epoch: Int32) {
        let connection = Connection()
        #expect(connection.answer(request(session: 0, epoch: epoch)) == 0)
        #expect(!connection.isAhead)
    }

    @Test("does not exist in versions before 7", arguments: 0...6 as ClosedRange<Int16>)
    func oldVersions(_ version: Int16) {
        let connection = Connection(version: version)
        #expect(connection.answer(FetchRequest()) == 0)
        #expect(!connection.isAhead)
    }

    @Test("ends where its client ends it: that is not answered here")
    func end() {
        let connection = Connection()
        #expect(connection.answer(request(epoch: 5)) == 77)
        #expect(connection.answer(request(epoch: -1)) == nil)
        #expect(connection.forward(request(epoch: -1)) == request(epoch: -1))
        #expect(!connection.isAhead)
    }

    @Test("is forgotten when another begins in its place", arguments: [0, 77] as [Int32])
    func replaced(_ session: Int32) {
        let connection = Connection()
        #expect(connection.answer(request(epoch: 5)) == 77)
        let full = request(session: session, epoch: 0)
        #expect(connection.forward(full) == full)
        #expect(!connection.isAhead)
    }

    @Test("of another client on the same connection begins anew, and the first stays in step")
    func twoSessions() {
        let connection = Connection()
        #expect(connection.answer(request(epoch: 5)) == 77)
        #expect(connection.answer(request(session: 78, epoch: 9)) == 0)
        #expect(connection.forward(request(session: 79, epoch: 9)) == request(session: 79, epoch: 9))
        #expect(connection.forward(request(epoch: 6)) == request(epoch: 5))
        #expect(connection.forward(request(epoch: 7)) == request(epoch: 6))
    }

    @Test("begins anew where more has changed than is kept")
    func tooManyChanges() {
        let connection = Connection()
        var first = request(epoch: 5)
        var topic = FetchRequest.FetchTopic()
        topic.topic = "t"
        topic.partitions = (0..<Int32(6000)).map { index in
            var partition = FetchRequest.FetchPartition()
            partition.partition = index
            return partition
        }
        first.topics = [topic]
        #expect(connection.answer(first) == 77)
        var second = request(epoch: 6)
        topic.topic = "u"
        second.topics = [topic]
        #expect(connection.answer(second) == 0)
        #expect(!connection.isAhead)
    }

    @Test("is kept in step by the filter, on the connection and over an exchange of the chain")
    func inTheFilter() throws {
        let limit = LimitConfiguration(name: "limit0", fetchBytes: ByteRate(.bytes(1000)))
        let bench = Bench(limit)
        let client = bench.client()
        let first = try client.send(request(epoch: 5), version: 12, whole: false)
        #expect(first.isForwarded)
        client.complete(first, responseBytes: 1996)
        let answered = try client.send(request(epoch: 6), version: 12, whole: false)
        #expect((answered.answer as? FetchResponse)?.sessionID == 77)
        let after = Bench(RateLimitConfiguration(limits: [limit]), after: bench)
        client.move(to: after)
        after.pass(.seconds(2))
        for (epoch, expected) in [(7, 6), (8, 7)] as [(Int32, Int32)] {
            let changed = try client.send(request(epoch: epoch), version: 12, whole: false)
            #expect(changed.isForwarded)
            let body = try changed.request.frame.body(FetchRequest.self)
            #expect(body.sessionEpoch == expected)
            client.complete(changed, responseBytes: 10)
        }
    }

    @Test("whose end meets debt ends all the same, and the filter knows")
    func endInTheFilter() throws {
        let bench = Bench(LimitConfiguration(fetchBytes: ByteRate(.bytes(1000))))
        let client = bench.client()
        let first = try client.send(request(epoch: 5), version: 12, whole: false)
        client.complete(first, responseBytes: 9996)
        #expect(try client.send(request(epoch: 6), version: 12, whole: false).answer is FetchResponse)
        #expect(try client.send(request(epoch: -1), version: 12, whole: false).isForwarded)
        let part = client.part as? RateLimitConnection
        #expect(part?.continuity.isAhead == false)
    }
}
