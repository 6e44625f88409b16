import FilterAPI
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import Testing

@testable import AuthorizationFilter
@testable import ProxyRuntime

/// Topics a and c may be used, b not.
private let mixed = """
    rules:
      - { allow: All, principal: User:alice, topic: [a, c], group: [g], transactional_id: [t], cluster: false }
    """

@Suite("Parts of requests that are denied")
struct RequestTests {
    @Test("Produce: allowed topics go on, denied ones are answered at their places, by name and by ID")
    func produce() throws {
        for version in ProduceRequest.validVersions {
            let guarded = try Guarded(mixed)
            guarded.learn("a", "b", "c")
            let topics = ["a", "b", "c"].enumerated().map { place, name in
                with(ProduceRequest.TopicProduceData()) {
                    if version >= 13 { $0.topicID = id(place + 1) } else { $0.name = name }
                    $0.partitionData = [with(ProduceRequest.PartitionProduceData()) { $0.index = Int32(place) }]
                }
            }
            try guarded.send(
                with(ProduceRequest()) {
                    $0.acks = -1
                    $0.topicData = topics
                }, version: version)
            let (frame, got) = try guarded.gotOne(ProduceRequest.self)
            #expect(got.topicData == [topics[0], topics[2]])
            let answer = with(ProduceResponse()) {
                $0.responses = got.topicData.map { topic in
                    with(ProduceResponse.TopicProduceResponse()) {
                        $0.name = topic.name
                        $0.topicID = topic.topicID
                        $0.partitionResponses = [
                            with(ProduceResponse.PartitionProduceResponse()) { $0.index = topic.partitionData[0].index }
                        ]
                    }
                }
            }
            try guarded.connections.brokerAnswers(frame, answer)
            let merged = try guarded.answer(ProduceResponse.self, version: version)
            #expect(
                merged.responses.map { $0.partitionResponses[0].errorCode } == [
                    .none, .topicAuthorizationFailed, .none,
                ])
            #expect(merged.responses.map(\.topicID) == topics.map(\.topicID))
            #expect(merged.responses.map(\.name) == topics.map(\.name))
        }
    }

    @Test("Produce without an answer closes the connection if something is denied")
    func produceWithoutAnswer() throws {
        let guarded = try Guarded(mixed)
        let topic = { (name: String) in
            with(ProduceRequest.TopicProduceData()) {
                $0.name = name
                $0.partitionData = [ProduceRequest.PartitionProduceData()]
            }
        }
        try guarded.send(with(ProduceRequest()) { $0.topicData = [topic("a")] }, version: 9)
        #expect(try guarded.got().count == 1 && !guarded.connections.isClosed)
        try guarded.send(with(ProduceRequest()) { $0.topicData = [topic("a"), topic("b")] }, version: 9)
        #expect(try guarded.got().isEmpty && guarded.connections.isClosed)
    }

    @Test("Produce with a transactional ID that may not be used is refused as a whole")
    func produceTransactional() throws {
        for (id, error) in [("t", ErrorCode.none), ("u", .transactionalIDAuthorizationFailed)] {
            let guarded = try Guarded(mixed)
            let asked = with(ProduceRequest()) {
                $0.acks = -1
                $0.transactionalID = id
                $0.topicData = [
                    with(ProduceRequest.TopicProduceData()) {
                        $0.name = "a"
                        $0.partitionData = [ProduceRequest.PartitionProduceData()]
                    }
                ]
            }
            try guarded.send(asked, version: 8)
            if error == .none {
                #expect(try guarded.gotOne(ProduceRequest.self).body == asked)
            } else {
                #expect(try guarded.got().isEmpty)
                let answer = try guarded.answer(ProduceResponse.self, version: 8)
                #expect(answer.responses[0].partitionResponses[0].errorCode == error)
            }
        }
    }

    @Test("Fetch: denied topics are answered at their places, by name and by ID")
    func fetch() throws {
        for version in FetchRequest.validVersions {
            let guarded = try Guarded(mixed)
            guarded.learn("a", "b", "c")
            let topics = ["a", "b", "c"].enumerated().map { place, name in
                with(FetchRequest.FetchTopic()) {
                    if version >= 13 { $0.topicID = id(place + 1) } else { $0.topic = name }
                    $0.partitions = [FetchRequest.FetchPartition()]
                }
            }
            try guarded.send(with(FetchRequest()) { $0.topics = topics }, version: version)
            let (frame, got) = try guarded.gotOne(FetchRequest.self)
            #expect(got.topics == [topics[0], topics[2]])
            try guarded.connections.brokerAnswers(
                frame,
                with(FetchResponse()) {
                    $0.responses = got.topics.map { topic in
                        with(FetchResponse.FetchableTopicResponse()) {
                            $0.topic = topic.topic
                            $0.topicID = topic.topicID
                            $0.partitions = [FetchResponse.PartitionData()]
                        }
                    }
                })
            let merged = try guarded.answer(FetchResponse.self, version: version)
            #expect(merged.responses.map { $0.partitions[0].errorCode } == [.none, .topicAuthorizationFailed, .none])
        }
    }

    @Test("A Fetch of a replica needs the right to act for the cluster", arguments: [4, 14, 15, 17] as [Int16])
    func follower(version: Int16) throws {
        for (cluster, passes) in [("false", false), ("true", true)] {
            let guarded = try Guarded(
                "rules: [{ allow: All, principal: User:alice, topic: '*', cluster: \(cluster) }]")
            let asked = with(FetchRequest()) {
                if version >= 15 { $0.replicaState.replicaID = 1 } else { $0.replicaID = 1 }
                $0.sessionEpoch = version >= 7 ? -1 : 0
                guard version < 13 else {
                    $0.topics = [
                        with(FetchRequest.FetchTopic()) {
                            $0.topicID = id(1)
                            $0.partitions = [FetchRequest.FetchPartition()]
                        }
                    ]
                    return
                }
                $0.topics = [
                    with(FetchRequest.FetchTopic()) {
                        $0.topic = "a"
                        $0.partitions = [FetchRequest.FetchPartition()]
                    }
                ]
            }
            guarded.learn("a")
            try guarded.send(asked, version: version)
            #expect(try guarded.got().count == (passes ? 1 : 0))
            guard !passes else { continue }
            let answer = try guarded.answer(FetchResponse.self, version: version)
            #expect(answer.responses[0].partitions[0].errorCode == .topicAuthorizationFailed)
        }
    }

    @Test("A topic's name that nobody knows is asked for; what stays unknown is answered so")
    func unknownIDs() throws {
        let guarded = try Guarded(mixed)
        let topics = [1, 2, 3].map { number in
            with(FetchRequest.FetchTopic()) {
                $0.topicID = id(number)
                $0.partitions = [FetchRequest.FetchPartition()]
            }
        }
        try guarded.send(
            with(FetchRequest()) {
                $0.topics = topics
                $0.sessionEpoch = -1
            }, version: 13)
        let (question, asked) = try guarded.gotOne(MetadataRequest.self)
        #expect(Set((asked.topics ?? []).map(\.topicID)) == Set([id(1), id(2), id(3)]))
        #expect(!asked.allowAutoTopicCreation)
        try guarded.connections.brokerAnswers(
            question,
            with(MetadataResponse()) {
                $0.topics = [("a", 1, ErrorCode.none), ("b", 2, .none), (nil, 3, .unknownTopicID)].map {
                    name, number, error in
                    with(MetadataResponse.MetadataResponseTopic()) {
                        $0.name = name
                        $0.topicID = id(number)
                        $0.errorCode = error
                    }
                }
            })
        let (frame, got) = try guarded.gotOne(FetchRequest.self)
        #expect(got.topics.map(\.topicID) == [id(1)])
        try guarded.connections.brokerAnswers(
            frame,
            with(FetchResponse()) {
                $0.responses = [
                    with(FetchResponse.FetchableTopicResponse()) {
                        $0.topicID = id(1)
                        $0.partitions = [FetchResponse.PartitionData()]
                    }
                ]
            })
        let merged = try guarded.answer(FetchResponse.self, version: 13)
        #expect(
            merged.responses.map { $0.partitions[0].errorCode } == [.none, .topicAuthorizationFailed, .unknownTopicID])
    }

    @Test("Groups and topics of an OffsetCommit")
    func offsetCommit() throws {
        for version in OffsetCommitRequest.validVersions {
            for group in ["g", "h"] {
                let guarded = try Guarded(mixed)
                guarded.learn("a", "b")
                let asked = with(OffsetCommitRequest()) {
                    $0.groupID = group
                    $0.topics = ["b", "a"].enumerated().map { place, name in
                        with(OffsetCommitRequest.OffsetCommitRequestTopic()) {
                            if version >= 10 { $0.topicID = id(2 - place) } else { $0.name = name }
                            $0.partitions = [OffsetCommitRequest.OffsetCommitRequestPartition()]
                        }
                    }
                }
                try guarded.send(asked, version: version)
                if group == "g" {
                    #expect(try guarded.gotOne(OffsetCommitRequest.self).body.topics == [asked.topics[1]])
                } else {
                    #expect(try guarded.got().isEmpty)
                    let answer = try guarded.answer(OffsetCommitResponse.self, version: version)
                    #expect(answer.topics.allSatisfy { $0.partitions[0].errorCode == .groupAuthorizationFailed })
                    #expect(answer.topics.count == 2)
                }
            }
        }
    }

    @Test(
        "What is refused as a whole says what was missing",
        arguments: [
            (with(JoinGroupRequest()) { $0.groupID = "h" }, 5, 30),
            (with(HeartbeatRequest()) { $0.groupID = "h" }, 3, 30),
            (with(FindCoordinatorRequest()) { $0.key = "h" }, 2, 30),
            (
                with(FindCoordinatorRequest()) {
                    $0.key = "u"
                    $0.keyType = 1
                }, 2, 53
            ),
            (
                with(FindCoordinatorRequest()) {
                    $0.key = "g:AAAAAAAAAAAAAAAAAAAAAQ:1"
                    $0.keyType = 2
                }, 3, 31
            ),
            (with(InitProducerIdRequest()) { $0.transactionalID = "u" }, 4, 53),
            (with(AddOffsetsToTxnRequest()) { $0.transactionalID = "u" }, 3, 53),
            (
                with(AddOffsetsToTxnRequest()) {
                    $0.transactionalID = "t"
                    $0.groupID = "h"
                }, 3, 30
            ),
            (with(EndTxnRequest()) { $0.transactionalID = "u" }, 3, 53),
            (with(DescribeAclsRequest()) { $0.resourceTypeFilter = 2 }, 2, 31),
            (with(ListConfigResourcesRequest()) { _ in }, 1, 31), (with(UpdateFeaturesRequest()) { _ in }, 1, 31),
            (
                with(CreateDelegationTokenRequest()) {
                    $0.ownerPrincipalType = "User"
                    $0.ownerPrincipalName = "bob"
                }, 3, 65
            ),
            (with(ConsumerGroupHeartbeatRequest()) { $0.groupID = "h" }, 0, 30),
            (
                with(ConsumerGroupHeartbeatRequest()) {
                    $0.groupID = "g"
                    $0.subscribedTopicNames = ["a", "b"]
                }, 0, 29
            ),
            (with(ControlledShutdownRequest()) { _ in }, 3, 31), (with(BrokerHeartbeatRequest()) { _ in }, 1, 31),
        ] as [(any RequestMessage, Int16, Int16)])
    func whole(asked: any RequestMessage, version: Int16, error: Int16) throws {
        let guarded = try Guarded(mixed)
        try guarded.send(asked, version: version)
        #expect(try guarded.got().isEmpty)
        let frame = try #require(try guarded.connections.clientGot().first)
        let body = try KafkaFrame.decodeResponse(frame, apiKey: type(of: asked).apiKey, apiVersion: version).body
        let code = Mirror(reflecting: body).children.first { $0.label == "errorCode" }?.value as? ErrorCode
        #expect(code?.rawValue == error)
        #expect(guarded.log.lines.count == 1)
    }

    @Test(
        "What is allowed passes",
        arguments: [
            (with(JoinGroupRequest()) { $0.groupID = "g" }, 5), (with(FindCoordinatorRequest()) { $0.key = "g" }, 2),
            (with(FindCoordinatorRequest()) { $0.coordinatorKeys = ["g"] }, 4),
            (with(InitProducerIdRequest()) { $0.transactionalID = "t" }, 4),
            // A right to write to any topic is enough for an idempotent producer.
            (with(InitProducerIdRequest()) { $0.transactionalID = nil }, 4),
            (with(CreateDelegationTokenRequest()) { _ in }, 3),
            (
                with(CreateDelegationTokenRequest()) {
                    $0.ownerPrincipalType = "User"
                    $0.ownerPrincipalName = "alice"
                }, 3
            ),
            (
                with(ConsumerGroupHeartbeatRequest()) {
                    $0.groupID = "g"
                    $0.subscribedTopicNames = ["a", "c"]
                }, 0
            ),
        ] as [(any RequestMessage, Int16)])
    func allowed(asked: any RequestMessage, version: Int16) throws {
        let guarded = try Guarded(mixed)
        try guarded.send(asked, version: version)
        #expect(try guarded.got().count == 1)
        #expect(guarded.log.lines.isEmpty)
    }

    @Test("An API that is denied is refused whatever the rules allow, and rules are not needed to deny it")
    func apis() throws {
        let guarded = try Guarded("api: { deny: [ListGroups] }")
        try guarded.send(ListGroupsRequest(), version: 4)
        #expect(try guarded.got().isEmpty)
        #expect(try guarded.answer(ListGroupsResponse.self, version: 4).errorCode == .groupAuthorizationFailed)
        try guarded.send(DeleteGroupsRequest(), version: 2)
        #expect(try guarded.got().count == 1)
    }

    @Test("An API or a version that is not known closes the connection, though unknown ones are forwarded")
    func unknownVersions() throws {
        for (key, version) in [(APIKey.fetch, Int16(99)), (APIKey(rawValue: 500), 0), (.listOffsets, 30)] {
            let guarded = try Guarded(mixed)
            var frame = ByteBuffer()
            frame.writeInteger(Int32(10))
            for number in [key.rawValue, version, 0, 1, 0] { frame.writeInteger(number) }
            try guarded.connections.clientSends(frame)
            #expect(guarded.connections.isClosed)
            #expect(try guarded.got().isEmpty)
        }
    }

    @Test("Another principal has other rights, and goes on with no session of the former")
    func principalChanges() throws {
        let guarded = try Guarded(mixed)
        let heartbeat = with(HeartbeatRequest()) { $0.groupID = "g" }
        try guarded.send(heartbeat, version: 3)
        #expect(try guarded.got().count == 1)
        guarded.connections.downstream.context.principal = "User:bob"
        try guarded.send(heartbeat, version: 3)
        #expect(try guarded.got().isEmpty)
    }

    @Test("A dry run lets all pass, and says what it would have denied")
    func dryRun() throws {
        let guarded = try Guarded(mixed, isDryRun: true)
        let asked = with(ListOffsetsRequest()) {
            $0.topics = ["a", "b"].map { name in with(ListOffsetsRequest.ListOffsetsTopic()) { $0.name = name } }
        }
        try guarded.send(asked, version: 5)
        #expect(try guarded.gotOne(ListOffsetsRequest.self).body == asked)
        let line = try #require(guarded.log.lines.first)
        #expect(line.message == "would be denied")
        #expect(line.metadata["resource"] == "Topic:b" && line.metadata["dry_run"] == "true")
        #expect(guarded.log.lines.count == 1)
    }
}
