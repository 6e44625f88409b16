import FilterAPI
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import NIOEmbedded
import Settings
import Synchronization
import Telemetry
import Testing

@testable import TopicRewriteFilter

/// A cluster that knows what the test says.
final class ScriptedCluster: ClusterView {
    struct Unreachable: Error, CustomStringConvertible {
        var description: String { "no broker answers" }
    }

    let name = "main"
    /// By topic, its ID and how many partitions it has.
    let topics: [String: (id: KafkaUUID, partitions: Int)]
    private let canBeAsked: Bool

    init(_ topics: [String: (id: KafkaUUID, partitions: Int)] = ScriptedCluster.payments, canBeAsked: Bool = true) {
        self.topics = topics
        self.canBeAsked = canBeAsked
    }

    static let payments = [
        "payments.v1": (id: KafkaUUID(high: 1, low: 1), partitions: 3),
        "payments.v2": (id: KafkaUUID(high: 2, low: 2), partitions: 3),
    ]

    func topicName(_ id: KafkaUUID) -> String? { topics.first { $0.value.id == id }?.key }
    func topicID(_ name: String) -> KafkaUUID? { topics[name]?.id }
    func partitions(of topic: String) -> Int? { topics[topic]?.partitions }

    func describe(_ names: [String]) async throws -> [TopicDescription] {
        guard canBeAsked else { throw Unreachable() }
        return names.map { name in
            let known = topics[name]
            return TopicDescription(
                name: name, id: known?.id, partitions: known?.partitions ?? 0,
                error: known == nil ? .unknownTopicOrPartition : .none)
        }
    }
}

/// Views of a configuration, and the time.
final class SwitchingProxy {
    let loop = EmbeddedEventLoop()
    let cluster: ScriptedCluster
    let registry: MetricsRegistry
    let views: SwitchedViews
    let control: SwitchControl
    private var connections: UInt64 = 0

    static let rules = """
        rules:
          - topic: payments
            targets: { blue: payments.v1, green: payments.v2 }
            active: blue
        """

    init(
        _ yaml: String = SwitchingProxy.rules, cluster: ScriptedCluster = ScriptedCluster(),
        replacing former: SwitchingProxy? = nil
    ) throws {
        self.cluster = cluster
        registry = former?.registry ?? MetricsRegistry()
        let context = FilterContext(
            name: "canary", listener: "apps", metrics: registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isDryRun: false, cluster: cluster)
        views = SwitchedViews(try configuration(yaml), context: context, replacing: former?.views)
        control = SwitchControl(views, context: context)
    }

    /// Switches a rule as an operator does.
    func post(_ name: String, _ value: String, rule: String = "payments") async throws(FilterControlError) {
        try await control.prepare(rule: rule, settings: [FilterSetting(name: name, value: value)]).apply()
    }

    /// Switches `payments` without a check.
    func activate(_ target: Int) {
        views.board.choose(.active(target), rule: 0)
    }

    func client(_ id: String = "shop", address: String = "10.0.0.1") -> SwitchingClient {
        connections += 1
        let context = ConnectionContext(
            id: connections, listener: "apps", clientAddress: address, clientPort: 5000, eventLoop: loop,
            cluster: cluster)
        context.clientID = id
        return SwitchingClient(views.makeConnectionViews(context), context, id)
    }

    /// The value of a counter or gauge of this filter.
    func metric(_ name: String, _ labels: String...) async -> Int64? {
        switch await registry.gather().value(name, ["apps", "canary"] + labels) {
        case .counter(let value)?: Int64(value)
        case .gauge(let value)?: value
        default: nil
        }
    }
}

/// One connection: requests go in, what becomes of them comes out.
final class SwitchingClient {
    let views: any ConnectionViews
    let context: ConnectionContext
    private let id: String
    private var correlation: Int32 = 0

    init(_ views: any ConnectionViews, _ context: ConnectionContext, _ id: String) {
        self.views = views
        self.context = context
        self.id = id
    }

    /// A request, and what became of it.
    struct Sent {
        let request: FilteredRequest
        let decision: ViewDecision
        let client: SwitchingClient

        /// The topic at the broker that a name leads to in the request; nil if it was not forwarded.
        func target(of topic: String = "payments") -> String? {
            guard case .view(let view) = decision else { return nil }
            return view.brokerTopic(topic).brokerName
        }

        /// What is left of the request.
        func left<Message: RequestMessage>(_ type: Message.Type) throws -> Message {
            try #require(isForwarded)
            return try request.frame.body(type)
        }

        var isForwarded: Bool { if case .view = decision { true } else { false } }

        var isHeld: Bool { if case .hold = decision { true } else { false } }

        /// The answer that it got without the broker: all of it, or a part.
        func answer<Message: ResponseMessage>(_ type: Message.Type) throws -> Message {
            if case .answer(let answer) = decision {
                guard case .message(let message) = answer.content else { throw Mismatch() }
                return try #require(message as? Message)
            }
            return try #require(request.record.partialAnswers.first?.answer as? Message)
        }

        /// The broker answers; what the client gets, but for names.
        func answered<Message: ResponseMessage>(_ response: Message) throws -> Message {
            guard case .view(let view) = decision else { throw Mismatch() }
            var writer = WireWriter()
            try response.encode(into: &writer, version: request.record.apiVersion)
            let filtered = FilteredResponse(
                record: request.record,
                frame: FilteredFrame(
                    frame: writer.finish(), apiKey: request.record.apiKey, apiVersion: request.record.apiVersion,
                    direction: .response, bodyOffset: 0))
            guard case .forward = client.views.response(filtered, view) else { throw Mismatch() }
            client.complete(request.record)
            return try filtered.frame.body(Message.self)
        }
    }

    struct Mismatch: Error {}

    fileprivate func complete(_ record: RequestRecord) {
        views.completed(
            CompletedRequest(
                record: record, result: .answered, responseBytes: 0, duration: .zero, upstream: nil, note: nil))
    }

    @discardableResult
    func send(_ message: some RequestMessage, _ version: Int16) throws -> Sent {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        let key = type(of: message).apiKey
        correlation += 1
        let record = RequestRecord(
            apiKey: key, apiVersion: version, correlationID: correlation, clientID: id, requestBytes: 100,
            connection: context)
        let request = FilteredRequest(
            record: record,
            frame: FilteredFrame(
                frame: writer.finish(), apiKey: key, apiVersion: version, direction: .request, bodyOffset: 0))
        return Sent(request: request, decision: views.view(for: request), client: self)
    }

    // MARK: What clients send

    /// A Produce request for partitions of `payments`, one batch each.
    @discardableResult
    func produce(
        _ partitions: Int32..., producer: Int64 = -1, epoch: Int16 = -1, transactional: Bool = false,
        topicID: KafkaUUID = .zero, acks: Int16 = -1, also others: [String] = []
    ) throws -> Sent {
        var request = ProduceRequest()
        request.acks = acks
        for name in ["payments"] + others {
            var topic = ProduceRequest.TopicProduceData()
            topic.name = topicID == .zero ? name : ""
            topic.topicID = topicID
            topic.partitionData = partitions.map { index in
                var partition = ProduceRequest.PartitionProduceData()
                partition.index = index
                partition.records = Self.batch(producer, epoch, transactional)
                return partition
            }
            request.topicData.append(topic)
        }
        return try send(request, topicID == .zero ? 9 : 13)
    }

    static func batch(_ producer: Int64, _ epoch: Int16, _ isTransactional: Bool) -> ByteBuffer {
        var batch = ByteBuffer(repeating: 0, count: 61)
        batch.setInteger(2 as Int8, at: 16)
        batch.setInteger(isTransactional ? 0x10 : 0 as Int16, at: 21)
        batch.setInteger(producer, at: 43)
        batch.setInteger(epoch, at: 51)
        return batch
    }

    /// A Fetch of partitions of `payments`, and of other topics.
    @discardableResult
    func fetch(
        _ partitions: Int32..., session: Int32 = 0, epoch: Int32 = -1, topicID: KafkaUUID = .zero,
        also others: [String] = [], forgotten: [Int32] = []
    ) throws -> Sent {
        var request = FetchRequest()
        request.replicaID = -1
        request.maxWaitMs = 400
        request.sessionID = session
        request.sessionEpoch = epoch
        for name in (partitions.isEmpty ? [] : ["payments"]) + others {
            var topic = FetchRequest.FetchTopic()
            topic.topic = topicID == .zero ? name : ""
            topic.topicID = topicID
            topic.partitions = partitions.map { index in
                var partition = FetchRequest.FetchPartition()
                partition.partition = index
                partition.fetchOffset = 100
                return partition
            }
            request.topics.append(topic)
        }
        if !forgotten.isEmpty {
            var topic = FetchRequest.ForgottenTopic()
            topic.topic = "payments"
            topic.partitions = forgotten
            request.forgottenTopicsData = [topic]
        }
        return try send(request, topicID == .zero ? 12 : 13)
    }

    @discardableResult
    func listOffsets(_ partitions: Int32...) throws -> Sent {
        var request = ListOffsetsRequest()
        request.replicaID = -1
        var topic = ListOffsetsRequest.ListOffsetsTopic()
        topic.name = "payments"
        topic.partitions = partitions.map { index in
            var partition = ListOffsetsRequest.ListOffsetsPartition()
            partition.partitionIndex = index
            return partition
        }
        request.topics = [topic]
        return try send(request, 5)
    }

    /// Joins a classic group, and is a member when this returns.
    func join(_ group: String, as member: String = "m-1", topics: [String] = ["payments"], given: String = "") throws {
        let sent = try joins(group, topics: topics, given: given)
        var answer = JoinGroupResponse()
        answer.memberID = member
        answer.generationID = 1
        _ = try sent.answered(answer)
    }

    /// Asks to join a classic group.
    func joins(_ group: String, topics: [String] = ["payments"], given: String = "") throws -> Sent {
        var metadata = WireWriter()
        var subscription = ConsumerProtocolSubscription()
        subscription.topics = topics
        metadata.writeInt16(1)
        try subscription.encode(into: &metadata, version: 1)
        var request = JoinGroupRequest()
        request.groupID = group
        request.memberID = given
        request.protocolType = "consumer"
        request.sessionTimeoutMs = 45_000
        request.rebalanceTimeoutMs = 300_000
        var strategy = JoinGroupRequest.JoinGroupRequestProtocol()
        strategy.name = "range"
        strategy.metadata = metadata.finish()
        request.protocols = [strategy]
        return try send(request, 5)
    }

    @discardableResult
    func heartbeat(_ group: String, _ member: String = "m-1") throws -> Sent {
        var request = HeartbeatRequest()
        request.groupID = group
        request.memberID = member
        request.generationID = 1
        return try send(request, 3)
    }

    @discardableResult
    func commit(_ group: String, _ member: String = "m-1", topicID: KafkaUUID = .zero) throws -> Sent {
        var request = OffsetCommitRequest()
        request.groupID = group
        request.memberID = member
        request.generationIDOrMemberEpoch = 1
        var topic = OffsetCommitRequest.OffsetCommitRequestTopic()
        topic.name = topicID == .zero ? "payments" : ""
        topic.topicID = topicID
        var partition = OffsetCommitRequest.OffsetCommitRequestPartition()
        partition.committedOffset = 100
        topic.partitions = [partition]
        request.topics = [topic]
        return try send(request, topicID == .zero ? 7 : 10)
    }

    @discardableResult
    func offsetFetch(_ group: String) throws -> Sent {
        var request = OffsetFetchRequest()
        request.groupID = group
        var topic = OffsetFetchRequest.OffsetFetchRequestTopic()
        topic.name = "payments"
        topic.partitionIndexes = [0, 1, 2]
        request.topics = [topic]
        return try send(request, 7)
    }

    /// A heartbeat of a KIP-848 member, with its subscription where it joins.
    @discardableResult
    func modernHeartbeat(
        _ group: String, _ member: String = "m-1", epoch: Int32, topics: [String]? = nil, regex: String? = nil
    ) throws -> Sent {
        var request = ConsumerGroupHeartbeatRequest()
        request.groupID = group
        request.memberID = member
        request.memberEpoch = epoch
        request.subscribedTopicNames = topics
        request.subscribedTopicRegex = regex
        return try send(request, 1)
    }
}
