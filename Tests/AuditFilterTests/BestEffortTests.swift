import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Testing

@testable import AuditFilter
@testable import ProxyRuntime

@Suite("An audit that promises nothing")
struct BestEffortTests {
    @Test func `records who did what to which resource, and with what result`() throws {
        let audited = try Audited()
        try audited.send(creation("orders", "payments"), version: 7)
        #expect(audited.sink.documents.isEmpty)
        try audited.answer(created([("orders", .none), ("payments", .topicAlreadyExists)]))
        let document = try audited.document()
        #expect(document["event"] == "outcome")
        #expect(document["class"] == "admin")
        #expect(document["operation"] == "create")
        #expect(document["api"] == "CreateTopics")
        #expect(document["api_version"] == "7")
        #expect(document["listener"] == "apps")
        #expect(document["principal"] == "User:alice")
        #expect(document["client_address"] == "10.0.0.1")
        #expect(document["client_id"] == "client")
        #expect(document["software_name"] == "librdkafka")
        #expect(document["software_version"] == "2.3.0")
        #expect(document.resources == ["topic orders NONE", "topic payments TOPIC_ALREADY_EXISTS"])
        #expect(document["result"] == "answered")
        #expect(document["answered_by"] == "broker")
        #expect(document["error"] == "TOPIC_ALREADY_EXISTS")
        #expect(document["error_code"] == "36")
        #expect(document["duration_ms"] != nil)
        #expect(document.details.contains("\"partitions\":3"))
    }

    @Test func `does not repeat an error that all resources have`() throws {
        let audited = try Audited()
        try audited.send(creation("a", "b"), version: 5)
        try audited.answer(created([("a", .notController), ("b", .notController)]))
        #expect(try audited.document().resources == ["topic a", "topic b"])
        #expect(try audited.document()["error"] == "NOT_CONTROLLER")
    }

    @Test func `does not put an error of the whole request at a resource`() throws {
        let audited = try Audited()
        try audited.send(with(SyncGroupRequest()) { $0.groupID = "g" }, version: 5)
        try audited.answer(with(SyncGroupResponse()) { $0.errorCode = .unknownMemberID })
        #expect(try audited.document().resources == ["group g"])
        #expect(try audited.document()["error"] == "UNKNOWN_MEMBER_ID")
    }

    @Test func `gives topics that are named by their IDs the names that are known`() throws {
        let audited = try Audited()
        let id = KafkaUUID(high: 1, low: 2)
        audited.connections.cluster.learn(topics: [SeenTopic(name: "orders", id: id)])
        let request = with(DeleteTopicsRequest()) {
            $0.topics = [id, KafkaUUID(high: 3, low: 4)].map { id in
                with(DeleteTopicsRequest.DeleteTopicState()) {
                    $0.name = nil
                    $0.topicID = id
                }
            }
        }
        try audited.send(request, version: 6)
        let answer = with(DeleteTopicsResponse()) {
            $0.responses = [
                with(DeleteTopicsResponse.DeletableTopicResult()) {
                    $0.name = "orders"
                    $0.topicID = id
                },
                with(DeleteTopicsResponse.DeletableTopicResult()) {
                    $0.name = nil
                    $0.topicID = KafkaUUID(high: 3, low: 4)
                    $0.errorCode = .unknownTopicID
                },
            ]
        }
        try audited.answer(answer)
        let document = try audited.document()
        #expect(document.resources == ["topic orders NONE", "topic UNKNOWN_TOPIC_ID"])
        #expect(document.text.contains("\"id\":\"\(id)\""))
    }

    @Test func `puts errors at topics that a response names by their IDs`() throws {
        let audited = try Audited([.admin])
        let id = KafkaUUID(high: 1, low: 2)
        audited.connections.cluster.learn(topics: [SeenTopic(name: "orders", id: id)])
        let request = with(DeleteTopicsRequest()) {
            $0.topics = [("orders", KafkaUUID.zero), ("payments", .zero)].map { name, id in
                with(DeleteTopicsRequest.DeleteTopicState()) {
                    $0.name = name
                    $0.topicID = id
                }
            }
        }
        try audited.send(request, version: 6)
        try audited.answer(
            with(DeleteTopicsResponse()) {
                $0.responses = [
                    with(DeleteTopicsResponse.DeletableTopicResult()) {
                        $0.name = nil
                        $0.topicID = id
                        $0.errorCode = .topicDeletionDisabled
                    }
                ]
            })
        #expect(try audited.document().resources == ["topic orders TOPIC_DELETION_DISABLED", "topic payments NONE"])
    }

    @Test func `cuts what a client makes longer than it need be`() throws {
        let audited = try Audited()
        try audited.send(creation(String(repeating: "é", count: 400)), version: 7)
        audited.connections.downstream.close(reason: "client")
        let name = String(repeating: "é", count: 256) + "…"
        #expect(try audited.document().resources == ["topic \(name)"])
    }

    @Test func `tells ACLs apart by their places`() throws {
        let audited = try Audited()
        let request = with(CreateAclsRequest()) {
            $0.creations = ["User:a", "User:b"].map { principal in
                with(CreateAclsRequest.AclCreation()) {
                    $0.resourceType = 2
                    $0.resourceName = "orders"
                    $0.resourcePatternType = 4
                    $0.principal = principal
                    $0.host = "*"
                    $0.operation = 3
                    $0.permissionType = 3
                }
            }
        }
        try audited.send(request, version: 3)
        try audited.answer(
            with(CreateAclsResponse()) {
                $0.results = [ErrorCode.none, .securityDisabled].map { code in
                    with(CreateAclsResponse.AclCreationResult()) { $0.errorCode = code }
                }
            })
        let document = try audited.document()
        #expect(document["class"] == "acl")
        #expect(document.resources == ["topic orders NONE", "topic orders SECURITY_DISABLED"])
        #expect(
            document.text.contains(
                "\"pattern\":\"prefixed\",\"principal\":\"User:b\",\"host\":\"*\",\"acl_operation\":\"read\","
                    + "\"permission\":\"allow\""))
    }

    @Test func `records a request whose connection was closed under it`() throws {
        let audited = try Audited()
        try audited.send(creation("orders"), version: 7)
        audited.connections.downstream.close(reason: "client")
        let document = try audited.document()
        #expect(document["result"] == "closed")
        #expect(document["close_reason"] == "client")
        #expect(document["error"] == nil)
    }

    @Test func `records nothing of what clients do all day, unless it is asked to`() throws {
        for (events, count) in [(AuditClass.usual, 0), ([.data], 1)] {
            let audited = try Audited(events)
            let request = with(ProduceRequest()) {
                $0.acks = -1
                $0.topicData = [
                    with(ProduceRequest.TopicProduceData()) {
                        $0.name = "orders"
                        $0.partitionData = [ProduceRequest.PartitionProduceData()]
                    }
                ]
            }
            try audited.send(request, version: 9)
            try audited.answer(ProduceResponse())
            #expect(try audited.documents.map(\.resources) == Array(repeating: ["topic orders"], count: count))
        }
    }

    @Test func `records heartbeats that join or leave, and no others`() throws {
        let audited = try Audited()
        for epoch: Int32 in [0, 1, 7, -1] {
            let request = with(ConsumerGroupHeartbeatRequest()) {
                $0.groupID = "billing"
                $0.memberID = "m"
                $0.memberEpoch = epoch
            }
            try audited.send(request, version: 0)
            try audited.answer(ConsumerGroupHeartbeatResponse())
        }
        #expect(try audited.documents.map(\.resources) == [["group billing"], ["group billing"]])
        #expect(try audited.documents[0].details.contains("\"join\""))
        #expect(try audited.documents[1].details.contains("\"leave\""))
    }

    @Test func `records what names the topics of its condition only`() throws {
        let when = WhenCondition(topic: [.exact("orders")])
        let audited = try Audited([.admin, .data], when: when)
        for name in ["orders", "payments"] {
            try audited.send(creation(name), version: 7)
            try audited.answer(created([(name, .none)]))
            try audited.send(
                with(ProduceRequest()) {
                    $0.acks = -1
                    $0.topicData = [
                        with(ProduceRequest.TopicProduceData()) {
                            $0.name = name
                            $0.partitionData = [ProduceRequest.PartitionProduceData()]
                        }
                    ]
                }, version: 9)
            try audited.answer(ProduceResponse())
        }
        #expect(try audited.documents.map { $0["api"] } == ["CreateTopics", "Produce"])
        #expect(try audited.documents.map(\.resources) == [["topic orders"], ["topic orders"]])
    }

    @Test func `records a topic of its condition behind however many others`() throws {
        let audited = try Audited([.admin], when: WhenCondition(topic: [.exact("orders")]))
        var request = creation("orders")
        request.topics = (0..<AuditEvent.mostResources).flatMap { creation("t\($0)").topics } + request.topics
        try audited.send(request, version: 7)
        try audited.answer(created([("orders", .none)]))
        #expect(try audited.document()["resources_omitted"] == "1")
    }

    @Test func `records a topic by an ID that is not known, whatever its condition`() throws {
        let audited = try Audited([.admin], when: WhenCondition(topic: [.exact("orders")]))
        let request = with(DeleteTopicsRequest()) {
            $0.topics = [
                with(DeleteTopicsRequest.DeleteTopicState()) {
                    $0.name = nil
                    $0.topicID = KafkaUUID(high: 3, low: 4)
                }
            ]
        }
        try audited.send(request, version: 6)
        try audited.answer(DeleteTopicsResponse())
        #expect(try audited.document()["api"] == "DeleteTopics")
    }

    @Test func `leaves out what makes a record too large for a sink`() throws {
        let audited = try Audited()
        var request = creation("orders")
        request.topics += (0..<999).flatMap { creation("\($0)" + String(repeating: "t", count: 400)).topics }
        try audited.send(request, version: 7)
        try audited.answer(created([("orders", .none)]))
        let document = try audited.document()
        #expect(document.text.utf8.count <= AuditDocument.mostBytes)
        #expect(document.text.contains("\"details_omitted\":true"))
        #expect(document.resources.first == "topic orders")
        #expect(document["resources_omitted"] == "\(1000 - document.resources.count)")
    }

    @Test func `shows no secret`() throws {
        let audited = try Audited(AuditClass.allCases)
        let secret = ByteBuffer(string: "hunter2")
        let scram = with(AlterUserScramCredentialsRequest()) {
            $0.upsertions = [
                with(AlterUserScramCredentialsRequest.ScramCredentialUpsertion()) {
                    $0.name = "bob"
                    $0.mechanism = 1
                    $0.iterations = 4096
                    $0.salt = secret
                    $0.saltedPassword = secret
                }
            ]
        }
        let configs = with(IncrementalAlterConfigsRequest()) {
            $0.resources = [(Int8(4), "ssl.key.password"), (4, "log.dirs"), (2, "plugin.password")].map { type, key in
                with(IncrementalAlterConfigsRequest.AlterConfigsResource()) {
                    $0.resourceType = type
                    $0.resourceName = "1"
                    $0.configs = [
                        with(IncrementalAlterConfigsRequest.AlterableConfig()) {
                            $0.name = key
                            $0.value = "hunter2"
                        }
                    ]
                }
            }
        }
        let renewal = with(RenewDelegationTokenRequest()) { $0.hmac = secret }
        let expiry = with(ExpireDelegationTokenRequest()) { $0.hmac = secret }
        try audited.send(scram, version: 0)
        try audited.send(configs, version: 1)
        try audited.send(renewal, version: 2)
        try audited.send(expiry, version: 2)
        audited.connections.downstream.close(reason: "client")
        let documents = try audited.documents
        #expect(documents.count == 4)
        #expect(documents[0].resources == ["user bob"])
        #expect(documents[1].details.contains("[hidden]"))
        #expect(!documents.contains { $0.text.contains("hunter2") || $0.text.contains("aHVudGVyMg") })
    }

    @Test func `shows what a topic's configuration is changed to`() throws {
        let audited = try Audited()
        let request = with(IncrementalAlterConfigsRequest()) {
            $0.resources = [
                with(IncrementalAlterConfigsRequest.AlterConfigsResource()) {
                    $0.resourceType = 2
                    $0.resourceName = "orders"
                    $0.configs = [
                        with(IncrementalAlterConfigsRequest.AlterableConfig()) {
                            $0.name = "retention.ms"
                            $0.value = "1000"
                        }
                    ]
                }
            ]
        }
        try audited.send(request, version: 1)
        try audited.answer(
            with(IncrementalAlterConfigsResponse()) {
                $0.responses = [
                    with(IncrementalAlterConfigsResponse.AlterConfigsResourceResponse()) {
                        $0.resourceType = 2
                        $0.resourceName = "orders"
                        $0.errorCode = .invalidConfig
                    }
                ]
            })
        let document = try audited.document()
        #expect(document.resources == ["topic orders"])
        #expect(document["error"] == "INVALID_CONFIG")
        #expect(
            document.details.contains("{\"name\":\"retention.ms\",\"operation\":\"set\",\"value\":\"1000\"}"))
    }

    @Test func `writes documents of every API and version that a parser takes`() throws {
        for key in APIKey.known where ![.saslHandshake, .saslAuthenticate, .controlledShutdown].contains(key) {
            let type = try #require(key.requestType)
            for version in type.validVersions {
                for seed in UInt64(0)..<3 {
                    let audited = try Audited(AuditClass.allCases)
                    try audited.send(try RandomBody.message(type, version: version, seed: seed), version: version)
                    audited.connections.downstream.close(reason: "client")
                    let documents = try audited.documents
                    #expect(documents.allSatisfy { $0["api"] == key.description }, "\(key) \(version)")
                    #expect(documents.count <= 1)
                }
            }
        }
    }
}
