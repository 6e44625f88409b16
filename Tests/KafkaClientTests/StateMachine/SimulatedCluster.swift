import KafkaMessages
import KafkaWire
import NIOCore

@testable import KafkaClient

/// A cluster without I/O that a producer's state machine is tried with: brokers, leaders, logs, and what a broker knows
/// of sequences. The clock is in the test's hands.
struct SimulatedCluster {
    /// A batch as a log has it.
    struct Written: Equatable {
        var values: [String]
        var identity: ProducerIdentity
        var sequence: Int32
    }

    /// What a broker knows of a producer in a partition.
    struct Known {
        var epoch: Int16
        /// The last batches: first sequence, count, offset.
        var batches: [(sequence: Int32, count: Int, offset: Int64)]
    }

    struct Partition {
        var leader: Int32
        var epoch: Int32 = 1
        var log: [Written] = []
        var nextOffset: Int64 = 0
        var known: [Int64: Known] = [:]
    }

    /// A request that waits for its answer.
    struct Asked {
        var connection: ConnectionID
        var id: UInt64
        var request: ProducerRequest
        var version: Int16
    }

    var machine: ProducerStateMachine
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    var topics: [String: [Partition]] = [:]
    var topicErrors: [String: ErrorCode] = [:]
    var brokers: Set<Int32> = [1, 2, 3]
    var versions: [APIKey: ClosedRange<Int16>] = [
        .produce: 3...13, .metadata: 0...12, .initProducerID: 0...4, .createTopics: 2...7,
    ]
    var knowsNewApiVersions = true
    /// The broker at the other end of each open connection; 0 for the first server.
    var connections: [ConnectionID: Int32] = [:]
    var refusesConnections = false
    var asked: [Asked] = []
    var ends: [ProducerOutcome] = []
    var isDrained = false
    var given = 0
    var createdTopics: [CreateTopicsRequest.CreatableTopic] = []
    var producerIDs: Int64 = 1_000
    var closedByProducer = 0
    var connects: [Int32] = []
    var topicPlaces: [String: Int32] = [:]

    init(_ change: (inout ProducerConfiguration) -> Void = { _ in }, seed: UInt64 = 1) {
        var configuration = ProducerConfiguration(
            bootstrapServers: [.init(host: "first", port: 9_000)], clientID: "tests")
        configuration.linger = .zero
        change(&configuration)
        machine = ProducerStateMachine(configuration, seed: seed)
    }

    mutating func addTopic(_ name: String, partitions: Int? = 1) {
        if let partitions {
            topics[name] = (0..<partitions).map { Partition(leader: Int32($0 % 3) + 1) }
        }
        guard topicPlaces[name] == nil else { return }
        topicPlaces[name] = Int32(topicPlaces.count)
        machine.addTopic(name)
    }

    /// Gives values, and lets the producer go on.
    mutating func give(_ values: [String], to topic: String = "orders", partition: Int32 = -1, key: String? = nil) {
        var staged = StagedRecords()
        staged.stagedAt = now
        for value in values {
            let key = key.map { Array($0.utf8) }
            let record = StagedRecord(
                topic: topicPlaces[topic] ?? 0, partition: partition, timestamp: 1, keyLength: Int32(key?.count ?? -1),
                valueLength: Int32(value.utf8.count), headersLength: 0)
            staged.bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: StagedRecord.headSize) {
                $0.baseAddress.map(record.store(to:))
                return StagedRecord.headSize
            }
            staged.bytes.writeBytes(key ?? [])
            staged.bytes.writeString(value)
            staged.count += 1
        }
        given += values.count
        machine.append(staged)
        run()
    }

    /// Lets time pass, stopping wherever the producer wants to be woken.
    mutating func pass(_ time: TimeAmount) {
        let end = now + time
        while machine.wakeAt <= end {
            now = max(now, machine.wakeAt)
            run()
        }
        now = end
        run()
    }

    /// Lets the producer go on; all but Produce is answered at once.
    mutating func run() {
        var rounds = 0
        var isQuiet = false
        while !isQuiet, rounds < 1_000 {
            rounds += 1
            isQuiet = true
            for action in machine.advance(now: now) {
                isQuiet = false
                carryOut(action)
            }
        }
    }

    private mutating func carryOut(_ action: ProducerAction) {
        switch action {
        case .connect(let id, let host, let port):
            let broker: Int32 = host == "first" ? 0 : Int32(port)
            connects.append(broker)
            if refusesConnections || (broker > 0 && !brokers.contains(broker)) {
                machine.closed(id, now: now)
            } else {
                connections[id] = broker
                machine.connected(id, now: now)
            }
        case .close(let id):
            connections[id] = nil
            asked.removeAll { $0.connection == id }
            closedByProducer += 1
        case .send(let id, let request, let message, let version):
            guard connections[id] != nil else { return }
            send(Asked(connection: id, id: request, request: message, version: version))
        case .report(let end): ends.append(end)
        case .drained: isDrained = true
        }
    }

    private mutating func send(_ one: Asked) {
        switch one.request {
        case .produce(let request) where request.acks == 0: answer(one, .sent)
        case .produce: asked.append(one)
        case .apiVersions: answer(one, apiVersions(one.version))
        case .metadata(let request): answer(one, .metadata(metadata(request, version: one.version)))
        case .initProducerID:
            var response = InitProducerIdResponse()
            response.producerID = producerIDs
            response.producerEpoch = 0
            producerIDs += 1
            answer(one, .initProducerID(response))
        case .createTopics(let request):
            var response = CreateTopicsResponse()
            for topic in request.topics {
                createdTopics.append(topic)
                var result = CreateTopicsResponse.CreatableTopicResult()
                result.name = topic.name
                response.topics.append(result)
                topics[topic.name] = (0..<Int(max(topic.numPartitions, 1))).map { _ in Partition(leader: 1) }
            }
            answer(one, .createTopics(response))
        }
    }

    mutating func answer(_ one: Asked, _ answer: ProducerAnswer) {
        machine.answered(answer, to: one.id, on: one.connection, now: now)
    }

    private func apiVersions(_ version: Int16) -> ProducerAnswer {
        guard version == 0 || knowsNewApiVersions else { return .unreadable }
        var response = ApiVersionsResponse()
        for (key, range) in versions {
            var one = ApiVersionsResponse.ApiVersion()
            one.apiKey = key.rawValue
            one.minVersion = range.lowerBound
            one.maxVersion = range.upperBound
            response.apiKeys.append(one)
        }
        return .apiVersions(response)
    }

    static func topicID(_ name: String) -> KafkaUUID {
        KafkaUUID(high: 7, low: UInt64(bitPattern: Int64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) })))
    }

    private func metadata(_ request: MetadataRequest, version: Int16) -> MetadataResponse {
        var response = MetadataResponse()
        response.controllerID = 1
        for id in brokers.sorted() {
            var broker = MetadataResponse.MetadataResponseBroker()
            broker.nodeID = id
            broker.host = "broker"
            broker.port = id
            response.brokers.append(broker)
        }
        for name in (request.topics ?? []).compactMap(\.name) {
            var topic = MetadataResponse.MetadataResponseTopic()
            topic.name = name
            if let error = topicErrors[name] {
                topic.errorCode = error
            } else if let partitions = topics[name] {
                if version >= 10 { topic.topicID = Self.topicID(name) }
                for (index, partition) in partitions.enumerated() {
                    var one = MetadataResponse.MetadataResponsePartition()
                    one.partitionIndex = Int32(index)
                    one.leaderID = partition.leader
                    one.leaderEpoch = partition.epoch
                    topic.partitions.append(one)
                }
            } else {
                topic.errorCode = .unknownTopicOrPartition
            }
            response.topics.append(topic)
        }
        return response
    }
}
