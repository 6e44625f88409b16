import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import TopicRewriteFilter

private let canary = "rules: [{ topic: orders, to: orders.canary }]"
private let tenant = "rules: [{ prefix: \"\", to_prefix: \"staging.\", hide_others: true }]"

/// The answer that a filter gave.
func answer<Message: ResponseMessage>(_ action: RequestAction, _: Message.Type) throws -> Message {
    guard case .answer(let answer) = action, case .message(let message) = answer.content else {
        throw Rig.Unexpected()
    }
    return try #require(message as? Message)
}

/// A value with some fields set.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}

@Suite("Names that lead to nothing")
struct RefusalTests {
    private static func metadata(_ names: [String?], ids: [KafkaUUID] = []) -> MetadataRequest {
        with(MetadataRequest()) {
            $0.topics = names.enumerated().map { index, name in
                with(MetadataRequest.MetadataRequestTopic()) {
                    $0.name = name
                    $0.topicID = ids.indices.contains(index) ? ids[index] : .zero
                }
            }
        }
    }

    @Test("They do not exist for the client, and the rest of the request goes on")
    func metadata() throws {
        let rig = try Rig(canary)
        let asked = Self.metadata(["orders", "orders.canary", "payments"])
        let (action, request) = try rig.request(asked, version: 9)
        guard case .forward = action else { throw Rig.Unexpected() }
        #expect(try request.frame.body(MetadataRequest.self).topics?.map(\.name) == ["orders.canary", "payments"])
        let partial = try #require(request.record.partialAnswers.first)
        let part = try #require(partial.answer as? MetadataResponse)
        #expect(part.topics.map(\.name) == ["orders.canary"])
        #expect(part.topics.map(\.errorCode) == [.unknownTopicOrPartition])
        #expect(rig.refused("taken") == 1)
        #expect(rig.requests(rule: "orders", target: "orders.canary") == 1)
    }

    @Test("A request for nothing else ends here", arguments: [3, 8, 9, 12] as [Int16])
    func produce(version: Int16) throws {
        let rig = try Rig(canary)
        let asked = with(ProduceRequest()) {
            $0.acks = 1
            $0.topicData = [
                with(ProduceRequest.TopicProduceData()) {
                    $0.name = "orders.canary"
                    $0.partitionData = [ProduceRequest.PartitionProduceData()]
                }
            ]
        }
        let response = try answer(rig.request(asked, version: version).action, ProduceResponse.self)
        #expect(response.responses.map(\.name) == ["orders.canary"])
        #expect(response.responses.first?.partitionResponses.map(\.errorCode) == [.unknownTopicOrPartition])
    }

    @Test("They cannot be created, and it is said why")
    func creation() throws {
        let rig = try Rig(canary)
        let asked = with(CreateTopicsRequest()) {
            $0.topics = ["orders.canary", "orders"].map { name in
                with(CreateTopicsRequest.CreatableTopic()) { $0.name = name }
            }
        }
        let (action, request) = try rig.request(asked, version: 5)
        guard case .forward = action else { throw Rig.Unexpected() }
        #expect(try request.frame.body(CreateTopicsRequest.self).topics.map(\.name) == ["orders.canary"])
        let part = try #require(request.record.partialAnswers.first?.answer as? CreateTopicsResponse)
        #expect(part.topics.map(\.errorCode) == [.invalidTopicException])
        #expect(part.topics.first?.errorMessage == TopicRefusal.taken.message)
    }

    @Test("A name that becomes too long is no name", arguments: [0, 1, 12] as [Int16])
    func illegal(version: Int16) throws {
        let rig = try Rig(tenant)
        let (action, request) = try rig.request(
            Self.metadata([String(repeating: "x", count: 245)]), version: version)
        guard case .forward = action else { throw Rig.Unexpected() }
        let part = try #require(request.record.partialAnswers.first?.answer as? MetadataResponse)
        #expect(part.topics.map(\.errorCode) == [.invalidTopicException])
        // The rest asks for no topics: what stands for that in version 0 is no name either.
        let rest = try request.frame.body(MetadataRequest.self)
        #expect(
            rest.topics.map { $0.allSatisfy { !TopicNameSyntax.isLegal($0.name ?? "") } } == true,
            "\(rest.topics ?? [])")
    }

    @Test("A subscription goes on without them", arguments: [APIKey.consumerGroupHeartbeat, .shareGroupHeartbeat])
    func subscriptions(key: APIKey) throws {
        let rig = try Rig("rules: [{ topic: orders, to: orders.canary, hide_others: true }]")
        let names = ["payments", "orders", "orders.canary"]
        if key == .consumerGroupHeartbeat {
            let sent = try rig.sent(
                with(ConsumerGroupHeartbeatRequest()) { $0.subscribedTopicNames = names }, version: 1)
            #expect(sent.subscribedTopicNames == ["orders.canary"])
        } else {
            let sent = try rig.sent(with(ShareGroupHeartbeatRequest()) { $0.subscribedTopicNames = names }, version: 1)
            #expect(sent.subscribedTopicNames == ["orders.canary"])
        }
    }

    @Test("A streams topology cannot do without one of its topics")
    func topology() throws {
        let rig = try Rig(canary)
        let asked = with(StreamsGroupHeartbeatRequest()) {
            $0.topology = with(StreamsGroupHeartbeatRequest.Topology()) {
                $0.subtopologies = [
                    with(StreamsGroupHeartbeatRequest.Subtopology()) { $0.sourceTopics = ["orders", "orders.canary"] }
                ]
            }
        }
        let response = try answer(rig.request(asked, version: 0).action, StreamsGroupHeartbeatResponse.self)
        #expect(response.errorCode == .streamsInvalidTopology)
        #expect(response.errorMessage?.contains("orders.canary") == true)
    }

    @Test("An expression that cannot be translated exactly is refused, with the reason")
    func expression() throws {
        let rig = try Rig(canary)
        let asked = with(ConsumerGroupHeartbeatRequest()) { $0.subscribedTopicRegex = "ord.*" }
        let response = try answer(rig.request(asked, version: 1).action, ConsumerGroupHeartbeatResponse.self)
        #expect(response.errorCode == .invalidRegularExpression)
        #expect(response.errorMessage?.contains("it matches 'orders'") == true)
        #expect(rig.refused("expression") == 1)
        let streams = with(StreamsGroupHeartbeatRequest()) {
            $0.topology = with(StreamsGroupHeartbeatRequest.Topology()) {
                $0.subtopologies = [
                    with(StreamsGroupHeartbeatRequest.Subtopology()) { $0.sourceTopicRegex = [".*"] }
                ]
            }
        }
        let refused = try answer(rig.request(streams, version: 0).action, StreamsGroupHeartbeatResponse.self)
        #expect(refused.errorCode == .streamsInvalidTopology)
        let groups = try Rig("rules: [{ topic: a, to: b }]\ngroups: { prefix: p }")
        let listing = with(ListTransactionsRequest()) { $0.transactionalIDPattern = "a)|(b" }
        let listed = try answer(groups.request(listing, version: 2).action, ListTransactionsResponse.self)
        #expect(listed.errorCode == .invalidRegularExpression)
    }

    @Test("All leaders are not elected anew where all is more than the client sees")
    func elections() throws {
        let rig = try Rig(tenant)
        let asked = with(ElectLeadersRequest()) { $0.topicPartitions = nil }
        #expect(
            try answer(rig.request(asked, version: 2).action, ElectLeadersResponse.self).errorCode == .invalidRequest)
        let open = try Rig(canary)
        #expect(try open.sent(asked, version: 2).topicPartitions == nil)
    }

    @Test("A client without rules is not touched")
    func unconcerned() throws {
        let yaml = "rules: [{ topic: orders, to: orders.canary, when: { client_id: { prefix: checkout } } }]"
        let rig = try Rig(yaml, clientID: "other")
        #expect(!rig.filter.concerns(rig.connection.identity))
        let (action, request) = try rig.request(Self.metadata(["orders"]), version: 9)
        guard case .forward = action else { throw Rig.Unexpected() }
        #expect(!request.frame.isChanged)
        let canary = try Rig(yaml, clientID: "checkout-canary-1")
        #expect(canary.filter.concerns(canary.connection.identity))
        #expect(try canary.sent(Self.metadata(["orders"]), version: 9).topics?.map(\.name) == ["orders.canary"])
    }

    @Test("A rule may be for some APIs only")
    func apis() throws {
        let rig = try Rig("rules: [{ topic: orders, to: orders.canary, when: { api: [Metadata] } }]")
        #expect(try rig.sent(Self.metadata(["orders"]), version: 9).topics?.map(\.name) == ["orders.canary"])
        let listing = with(ListOffsetsRequest()) {
            $0.topics = [with(ListOffsetsRequest.ListOffsetsTopic()) { $0.name = "orders" }]
        }
        #expect(try rig.sent(listing, version: 5).topics.map(\.name) == ["orders"])
    }
}
