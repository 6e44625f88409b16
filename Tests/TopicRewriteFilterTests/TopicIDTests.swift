import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import TopicRewriteFilter

@Suite("Topics by their IDs")
struct TopicIDTests {
    private static let canary = "rules: [{ topic: orders, to: orders.canary }]"
    private static let real = KafkaUUID(high: 9, low: 1)
    private static let renamed = KafkaUUID(high: 9, low: 2)
    private static let unknown = KafkaUUID(high: 9, low: 3)

    private static var cluster: KnownCluster { KnownCluster([real: "orders", renamed: "orders.canary"]) }

    private static func produce(_ ids: [KafkaUUID]) -> ProduceRequest {
        with(ProduceRequest()) {
            $0.acks = -1
            $0.topicData = ids.map { id in
                with(ProduceRequest.TopicProduceData()) {
                    $0.topicID = id
                    $0.partitionData = [ProduceRequest.PartitionProduceData()]
                }
            }
        }
    }

    private static func fetch(_ ids: [KafkaUUID], epoch: Int32 = 0) -> FetchRequest {
        with(FetchRequest()) {
            $0.sessionEpoch = epoch
            $0.topics = ids.map { id in
                with(FetchRequest.FetchTopic()) {
                    $0.topicID = id
                    $0.partitions = [FetchRequest.FetchPartition()]
                }
            }
        }
    }

    @Test("A topic that the client sees is written and read by its own ID, and the frame stays as it is")
    func visible() throws {
        let rig = try Rig(Self.canary, cluster: Self.cluster)
        let (action, request) = try rig.request(Self.produce([Self.renamed]), version: 13)
        guard case .forward = action else { throw Rig.Unexpected() }
        #expect(!request.frame.isChanged)
        #expect(!request.record.inspectsResponse)
        let (reading, fetch) = try rig.request(Self.fetch([Self.renamed]), version: 13)
        guard case .forward = reading else { throw Rig.Unexpected() }
        #expect(!fetch.frame.isChanged)
        #expect(!fetch.record.inspectsResponse)
    }

    @Test("A topic that it does not see is unknown by its ID, and the rest goes on")
    func hidden() throws {
        let rig = try Rig(Self.canary, cluster: Self.cluster)
        let (action, request) = try rig.request(Self.produce([Self.real, Self.renamed]), version: 13)
        guard case .forward = action else { throw Rig.Unexpected() }
        #expect(try request.frame.body(ProduceRequest.self).topicData.map(\.topicID) == [Self.renamed])
        let part = try #require(request.record.partialAnswers.first?.answer as? ProduceResponse)
        #expect(part.responses.map(\.topicID) == [Self.real])
        #expect(part.responses.first?.partitionResponses.map(\.errorCode) == [.unknownTopicID])

        let fetched = try answer(rig.request(Self.fetch([Self.real]), version: 16).action, FetchResponse.self)
        #expect(fetched.responses.map(\.topicID) == [Self.real])
        #expect(fetched.responses.first?.partitions.map(\.errorCode) == [.unknownTopicID])
        #expect(rig.refused("topic_id") == 2)
    }

    @Test("A name that is not known is asked for, and the request waits")
    func asked() throws {
        let rig = try Rig(
            Self.canary,
            answer: { question in
                let asked = try #require(question as? MetadataRequest)
                #expect(!asked.allowAutoTopicCreation)
                return with(MetadataResponse()) {
                    $0.topics = (asked.topics ?? []).map { topic in
                        with(MetadataResponse.MetadataResponseTopic()) {
                            $0.topicID = topic.topicID
                            $0.name =
                                topic.topicID == Self.renamed
                                ? "orders.canary" : topic.topicID == Self.real ? "orders" : nil
                        }
                    }
                }
            })
        let (action, request) = try rig.request(Self.produce([Self.renamed]), version: 13)
        guard case .forward = action else { throw Rig.Unexpected() }
        #expect(!request.frame.isChanged)
        #expect(rig.broker.questions.count == 1)
        // It is asked for once.
        _ = try rig.request(Self.produce([Self.renamed]), version: 13)
        #expect(rig.broker.questions.count == 1)
        let refused = try answer(
            rig.request(Self.produce([Self.real, Self.unknown]), version: 13).action, ProduceResponse.self)
        #expect(
            refused.responses.flatMap { $0.partitionResponses.map(\.errorCode) } == [.unknownTopicID, .unknownTopicID])
    }

    @Test("A topic that was asked for by its ID is unknown if it is hidden")
    func metadata() throws {
        let rig = try Rig(Self.canary, cluster: Self.cluster)
        let asked = with(MetadataRequest()) {
            $0.topics = [Self.real, Self.renamed].map { id in
                with(MetadataRequest.MetadataRequestTopic()) {
                    $0.topicID = id
                    $0.name = nil
                }
            }
        }
        let (action, request) = try rig.request(asked, version: 12)
        guard case .forward = action else { throw Rig.Unexpected() }
        let seen = try rig.response(
            with(MetadataResponse()) {
                $0.topics = [(Self.real, "orders"), (Self.renamed, "orders.canary")].map { id, name in
                    with(MetadataResponse.MetadataResponseTopic()) {
                        $0.topicID = id
                        $0.name = name
                        $0.partitions = [MetadataResponse.MetadataResponsePartition()]
                    }
                }
            }, to: request)
        #expect(seen.topics.map(\.name) == [nil, "orders"])
        #expect(seen.topics.map(\.errorCode) == [.unknownTopicID, .none])
        #expect(seen.topics.map(\.topicID) == [Self.real, Self.renamed])
        #expect(seen.topics.map(\.partitions.count) == [0, 1])
    }

    @Test("Deleting by ID does not reach what is hidden")
    func deletion() throws {
        let rig = try Rig(Self.canary, cluster: Self.cluster)
        let asked = with(DeleteTopicsRequest()) {
            $0.topics = [Self.real, Self.renamed].map { id in
                with(DeleteTopicsRequest.DeleteTopicState()) {
                    $0.name = nil
                    $0.topicID = id
                }
            }
        }
        let (action, request) = try rig.request(asked, version: 6)
        guard case .forward = action else { throw Rig.Unexpected() }
        #expect(try request.frame.body(DeleteTopicsRequest.self).topics.map(\.topicID) == [Self.renamed])
        let part = try #require(request.record.partialAnswers.first?.answer as? DeleteTopicsResponse)
        #expect(part.responses.map(\.errorCode) == [.unknownTopicID])
    }

    // MARK: Fetch sessions by name

    private static func fetchByName(_ names: [String], epoch: Int32, id: Int32 = 0) -> FetchRequest {
        with(FetchRequest()) {
            $0.sessionEpoch = epoch
            $0.sessionID = id
            $0.topics = names.map { name in
                with(FetchRequest.FetchTopic()) {
                    $0.topic = name
                    $0.partitions = [FetchRequest.FetchPartition()]
                }
            }
        }
    }

    @Test("The response of a fetch by name is held only if a name in it may differ")
    func fetchResponses() throws {
        let plain = try Rig(Self.canary)
        #expect(
            try !plain.request(Self.fetchByName(["payments"], epoch: 0), version: 12).request.record.inspectsResponse)
        #expect(try !plain.request(Self.fetchByName([], epoch: 1, id: 5), version: 12).request.record.inspectsResponse)
        // What a session holds that was begun elsewhere is not known.
        let unknown = try Rig(Self.canary)
        #expect(try unknown.request(Self.fetchByName([], epoch: 4, id: 5), version: 11).request.record.inspectsResponse)
        let renamed = try Rig(Self.canary)
        #expect(
            try renamed.request(Self.fetchByName(["orders"], epoch: 0), version: 12).request.record.inspectsResponse)
        #expect(try renamed.request(Self.fetchByName([], epoch: 1, id: 5), version: 12).request.record.inspectsResponse)
        let old = try Rig(Self.canary)
        #expect(try !old.request(Self.fetchByName(["payments"], epoch: -1), version: 6).request.record.inspectsResponse)
    }

    @Test("A frame of which only the header is known is asked for whole where its names matter")
    func headers() throws {
        let rig = try Rig(Self.canary)
        func action(_ key: APIKey) -> RequestAction {
            let record = RequestRecord(
                apiKey: key, apiVersion: 9, correlationID: 1, clientID: "client", requestBytes: 100,
                connection: rig.connection)
            return rig.part.request(
                FilteredRequest(
                    record: record,
                    frame: FilteredFrame(
                        frame: nil, apiKey: key, apiVersion: 9, direction: .request, bodyOffset: 0)))
        }
        guard case .inspect = action(.produce), case .inspect = action(.fetch), case .forward = action(.listGroups)
        else { throw Rig.Unexpected() }
        let groupsOnly = try Rig("rules: [{ topic: a, to: b, when: { client_id: nobody } }]\ngroups: { prefix: p. }")
        let record = RequestRecord(
            apiKey: .fetch, apiVersion: 9, correlationID: 1, clientID: "client", requestBytes: 100,
            connection: groupsOnly.connection)
        let fetch = groupsOnly.part.request(
            FilteredRequest(
                record: record,
                frame: FilteredFrame(frame: nil, apiKey: .fetch, apiVersion: 9, direction: .request, bodyOffset: 0)))
        guard case .forward = fetch else { throw Rig.Unexpected() }
    }
}
