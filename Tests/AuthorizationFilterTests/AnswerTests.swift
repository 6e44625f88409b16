import FilterAPI
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import Settings
import Testing

@testable import AuthorizationFilter
@testable import ProxyRuntime
@testable import Telemetry

/// The client may read a and the group g, and nothing else.
private let reader = "rules: [{ allow: Read, principal: User:alice, topic: a, group: g }]"

@Suite("Answers to requests for everything")
struct AnswerTests {
    private func ask<Question: RequestMessage>(
        _ question: Question, version: Int16, _ answer: Question.Response, rules: String = reader
    ) throws -> Question.Response {
        let guarded = try Guarded(rules)
        guarded.learn("a", "b")
        try guarded.send(question, version: version)
        let (frame, got) = try guarded.gotOne(Question.self)
        #expect(got == question)
        try guarded.connections.brokerAnswers(frame, answer)
        return try guarded.answer(Question.Response.self, version: version)
    }

    private func topic(_ name: String?, _ number: Int = 0, operations: Int32 = .min)
        -> MetadataResponse.MetadataResponseTopic
    {
        with(MetadataResponse.MetadataResponseTopic()) {
            $0.name = name
            $0.topicID = id(number)
            $0.topicAuthorizedOperations = operations
        }
    }

    @Test("Metadata of all topics leaves out what may not be described")
    func allTopics() throws {
        for version in MetadataRequest.validVersions {
            let question = with(MetadataRequest()) { $0.topics = version == 0 ? [] : nil }
            let answer = with(MetadataResponse()) { $0.topics = [topic("b"), topic("a"), topic("c")] }
            #expect(try ask(question, version: version, answer).topics.map(\.name) == ["a"])
        }
    }

    @Test("Authorized operations are those that both allow")
    func authorizedOperations() throws {
        // Read 3, Write 4, Describe 8.
        let all: Int32 = 1 << 3 | 1 << 4 | 1 << 8
        let question = with(MetadataRequest()) {
            $0.topics = nil
            $0.includeTopicAuthorizedOperations = true
            $0.includeClusterAuthorizedOperations = true
        }
        let answer = with(MetadataResponse()) {
            $0.topics = [topic("a", operations: all)]
            $0.clusterAuthorizedOperations = all
        }
        let got = try ask(question, version: 8, answer)
        #expect(got.topics[0].topicAuthorizedOperations == 1 << 3 | 1 << 8)
        #expect(got.clusterAuthorizedOperations == 0)
        // A client that may see all topics and do little with them is told so.
        let seeing = try ask(
            question, version: 8, answer,
            rules: "rules: [{ allow: [Describe, Create], principal: User:alice, topic: '*', cluster: true }]")
        #expect(seeing.topics[0].topicAuthorizedOperations == 1 << 8)
        #expect(seeing.clusterAuthorizedOperations == 1 << 8)
        let unasked = try ask(
            with(MetadataRequest()) { $0.topics = nil }, version: 8,
            with(MetadataResponse()) { $0.topics = [topic("a")] })
        #expect(unasked.topics[0].topicAuthorizedOperations == .min && unasked.clusterAuthorizedOperations == .min)
        let cluster = try ask(
            DescribeClusterRequest(), version: 0,
            with(DescribeClusterResponse()) { $0.clusterAuthorizedOperations = all })
        #expect(cluster.clusterAuthorizedOperations == 0)
        let group = try ask(
            with(DescribeGroupsRequest()) { $0.groups = ["g"] }, version: 4,
            with(DescribeGroupsResponse()) {
                $0.groups = [
                    with(DescribeGroupsResponse.DescribedGroup()) {
                        $0.groupID = "g"
                        $0.authorizedOperations = all
                    }
                ]
            })
        #expect(group.groups[0].authorizedOperations == 1 << 3 | 1 << 8)
    }

    @Test("Lists of groups and transactions hold what may be described")
    func lists() throws {
        for version in ListGroupsRequest.validVersions {
            let answer = with(ListGroupsResponse()) {
                $0.groups = ["f", "g"].map { name in with(ListGroupsResponse.ListedGroup()) { $0.groupID = name } }
            }
            #expect(try ask(ListGroupsRequest(), version: version, answer).groups.map(\.groupID) == ["g"])
            let all = "rules: [{ allow: Describe, principal: User:alice, cluster: true }]"
            #expect(try ask(ListGroupsRequest(), version: version, answer, rules: all).groups.count == 2)
        }
        let transactions = with(ListTransactionsResponse()) {
            $0.transactionStates = ["t", "u"].map { name in
                with(ListTransactionsResponse.TransactionState()) { $0.transactionalID = name }
            }
        }
        let rules = "rules: [{ allow: Describe, principal: User:alice, transactional_id: u }]"
        #expect(
            try ask(ListTransactionsRequest(), version: 0, transactions, rules: rules).transactionStates
                .map(\.transactionalID) == ["u"])
    }

    @Test("Committed offsets of all topics are those of topics that may be described")
    func offsets() throws {
        for version in Int16(2)...9 {
            let question = with(OffsetFetchRequest()) {
                if version >= 8 {
                    $0.groups = [
                        with(OffsetFetchRequest.OffsetFetchRequestGroup()) {
                            $0.groupID = "g"
                            $0.topics = nil
                        }
                    ]
                } else {
                    $0.groupID = "g"
                    $0.topics = nil
                }
            }
            let answer = with(OffsetFetchResponse()) {
                if version >= 8 {
                    $0.groups = [
                        with(OffsetFetchResponse.OffsetFetchResponseGroup()) {
                            $0.groupID = "g"
                            $0.topics = ["a", "b"].map { name in
                                with(OffsetFetchResponse.OffsetFetchResponseTopics()) { $0.name = name }
                            }
                        }
                    ]
                } else {
                    $0.topics = ["b", "a"].map { name in
                        with(OffsetFetchResponse.OffsetFetchResponseTopic()) { $0.name = name }
                    }
                }
            }
            let got = try ask(question, version: version, answer)
            #expect((version >= 8 ? got.groups[0].topics.map(\.name) : got.topics.map(\.name)) == ["a"])
        }
    }

    @Test("A topic is created; its configuration is shown only with the right to it")
    func createTopics() throws {
        let question = with(CreateTopicsRequest()) {
            $0.topics = ["a", "b"].map { name in with(CreateTopicsRequest.CreatableTopic()) { $0.name = name } }
        }
        let answer = with(CreateTopicsResponse()) {
            $0.topics = ["a", "b"].map { name in
                with(CreateTopicsResponse.CreatableTopicResult()) {
                    $0.name = name
                    $0.numPartitions = 3
                    $0.configs = [CreateTopicsResponse.CreatableTopicConfigs()]
                }
            }
        }
        let rules = """
            rules:
              - { allow: Create, principal: User:alice, cluster: true }
              - { allow: DescribeConfigs, principal: User:alice, topic: a }
            """
        let got = try ask(question, version: 7, answer, rules: rules)
        #expect(got.topics.map(\.topicConfigErrorCode) == [.none, .topicAuthorizationFailed])
        #expect(got.topics.map(\.numPartitions) == [3, -1])
        #expect(got.topics.map { $0.configs?.count } == [1, 0])
    }

    @Test("A group with topics that may not be seen is not described")
    func describedGroups() throws {
        let question = with(ConsumerGroupDescribeRequest()) { $0.groupIDs = ["g"] }
        for (topic, error) in [("a", ErrorCode.none), ("b", .topicAuthorizationFailed)] {
            let answer = with(ConsumerGroupDescribeResponse()) {
                $0.groups = [
                    with(ConsumerGroupDescribeResponse.DescribedGroup()) {
                        $0.groupID = "g"
                        $0.members = [
                            with(ConsumerGroupDescribeResponse.Member()) {
                                $0.assignment.topicPartitions = [
                                    with(ConsumerGroupDescribeResponse.TopicPartitions()) { $0.topicName = topic }
                                ]
                            }
                        ]
                    }
                ]
            }
            let got = try ask(question, version: 0, answer)
            #expect(got.groups[0].errorCode == error)
            #expect(got.groups[0].members.isEmpty == (error != .none))
        }
    }

    @Test("An assignment that an expression has brought about holds no topics that may not be described")
    func assignment() throws {
        let question = with(ConsumerGroupHeartbeatRequest()) {
            $0.groupID = "g"
            $0.subscribedTopicRegex = ".*"
        }
        let answer = with(ConsumerGroupHeartbeatResponse()) {
            $0.assignment = with(ConsumerGroupHeartbeatResponse.Assignment()) {
                $0.topicPartitions = [1, 2].map { number in
                    with(ConsumerGroupHeartbeatResponse.TopicPartitions()) { $0.topicID = id(number) }
                }
            }
        }
        #expect(try ask(question, version: 1, answer).assignment?.topicPartitions.map(\.topicID) == [id(1)])
    }

    @Test("An assigned topic that nobody knows is asked for, and left out if the broker does not know it either")
    func unknownAssignment() throws {
        let guarded = try Guarded(reader)
        try guarded.send(
            with(ConsumerGroupHeartbeatRequest()) {
                $0.groupID = "g"
                $0.subscribedTopicRegex = ".*"
            }, version: 1)
        let (frame, _) = try guarded.gotOne(ConsumerGroupHeartbeatRequest.self)
        try guarded.connections.brokerAnswers(
            frame,
            with(ConsumerGroupHeartbeatResponse()) {
                $0.assignment = with(ConsumerGroupHeartbeatResponse.Assignment()) {
                    $0.topicPartitions = [1, 2, 3].map { number in
                        with(ConsumerGroupHeartbeatResponse.TopicPartitions()) { $0.topicID = id(number) }
                    }
                }
            })
        #expect(try guarded.connections.clientGot().isEmpty)
        let (question, _) = try guarded.gotOne(MetadataRequest.self)
        try guarded.connections.brokerAnswers(
            question,
            with(MetadataResponse()) { $0.topics = [topic("a", 1), topic("b", 2)] })
        let got = try guarded.answer(ConsumerGroupHeartbeatResponse.self, version: 1)
        #expect(got.assignment?.topicPartitions.map(\.topicID) == [id(1)])
    }

    @Test("The next page of topics begins at none that may not be seen")
    func pages() throws {
        let answer = with(DescribeTopicPartitionsResponse()) {
            $0.topics = ["a", "b"].map { name in
                with(DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic()) { $0.name = name }
            }
            $0.nextCursor = with(DescribeTopicPartitionsResponse.Cursor()) {
                $0.topicName = "c"
                $0.partitionIndex = 7
            }
        }
        let got = try ask(DescribeTopicPartitionsRequest(), version: 0, answer)
        #expect(got.topics.map(\.name) == ["a"])
        #expect(got.nextCursor?.topicName == "a!" && got.nextCursor?.partitionIndex == 0)
    }

    @Test("Delegation tokens are shown to those they belong to, and to those with rights to them")
    func tokens() throws {
        func token(_ id: String, owner: String, renewer: String = "x")
            -> DescribeDelegationTokenResponse.DescribedDelegationToken
        {
            with(DescribeDelegationTokenResponse.DescribedDelegationToken()) {
                $0.principalType = "User"
                $0.principalName = owner
                $0.tokenID = id
                $0.renewers = [
                    with(DescribeDelegationTokenResponse.DescribedDelegationTokenRenewer()) {
                        $0.principalType = "User"
                        $0.principalName = renewer
                    }
                ]
            }
        }
        let answer = with(DescribeDelegationTokenResponse()) {
            $0.tokens = [
                token("1", owner: "alice"), token("2", owner: "bob"), token("3", owner: "bob", renewer: "alice"),
                token("4", owner: "carol"), token("5", owner: "dave"),
            ]
        }
        let rules = """
            rules:
              - { allow: Describe, principal: User:alice, delegation_token: "4" }
              - { allow: DescribeTokens, principal: User:alice, user: User:dave }
            """
        let got = try ask(DescribeDelegationTokenRequest(), version: 3, answer, rules: rules)
        #expect(got.tokens.map(\.tokenID) == ["1", "3", "4", "5"])
    }
}

@Suite("Metadata that would create topics")
struct CreatingTests {
    private func question(_ names: [String], creates: Bool = true) -> MetadataRequest {
        with(MetadataRequest()) {
            $0.topics = names.map { name in with(MetadataRequest.MetadataRequestTopic()) { $0.name = name } }
            $0.allowAutoTopicCreation = creates
        }
    }

    private func answer(_ topics: [(String, ErrorCode)]) -> MetadataResponse {
        with(MetadataResponse()) {
            $0.topics = topics.map { name, error in
                with(MetadataResponse.MetadataResponseTopic()) {
                    $0.name = name
                    $0.errorCode = error
                }
            }
        }
    }

    private let rules = """
        rules:
          - { allow: Describe, principal: User:alice, topic: { prefix: a } }
          - { allow: Create, principal: User:alice, topic: ac }
        """

    @Test("Where none may be created the broker is told to create none, and what is missing is denied")
    func none() throws {
        for (setting, error) in [
            ("", ErrorCode.topicAuthorizationFailed), ("\nmissing_topics: unknown", .unknownTopicOrPartition),
        ] {
            for version in Int16(4)...12 {
                let guarded = try Guarded(rules + setting)
                try guarded.send(question(["a", "ab", "b"]), version: version)
                let (frame, got) = try guarded.gotOne(MetadataRequest.self)
                #expect(!got.allowAutoTopicCreation && got.topics?.map(\.name) == ["a", "ab"])
                try guarded.connections.brokerAnswers(frame, answer([("a", .none), ("ab", .unknownTopicOrPartition)]))
                let shown = try guarded.answer(MetadataResponse.self, version: version)
                #expect(shown.topics.map(\.errorCode) == [.none, error, .topicAuthorizationFailed])
            }
        }
    }

    @Test("Where some may be created it is asked which of the others exist", arguments: [1, 3, 4, 9] as [Int16])
    func some(version: Int16) throws {
        let guarded = try Guarded(rules)
        try guarded.send(question(["ac", "a", "ab"]), version: version)
        let (first, asked) = try guarded.gotOne(MetadataRequest.self)
        #expect(Set((asked.topics ?? []).compactMap(\.name)) == ["a", "ab"] && !asked.allowAutoTopicCreation)
        try guarded.connections.brokerAnswers(first, answer([("a", .none), ("ab", .unknownTopicOrPartition)]))
        let (frame, got) = try guarded.gotOne(MetadataRequest.self)
        #expect(got.topics?.map(\.name) == ["ac", "a"] && got.allowAutoTopicCreation)
        try guarded.connections.brokerAnswers(frame, answer([("ac", .none), ("a", .none)]))
        let shown = try guarded.answer(MetadataResponse.self, version: version)
        #expect(shown.topics.map(\.errorCode) == [.none, .none, .topicAuthorizationFailed])
    }

    @Test("Old versions, which always create, are asked for as well")
    func old() throws {
        let guarded = try Guarded(rules)
        try guarded.send(question(["ab"]), version: 1)
        let (first, _) = try guarded.gotOne(MetadataRequest.self)
        try guarded.connections.brokerAnswers(first, answer([("ab", .unknownTopicOrPartition)]))
        let (frame, got) = try guarded.gotOne(MetadataRequest.self)
        #expect(got.topics == [])
        try guarded.connections.brokerAnswers(frame, answer([]))
        #expect(
            try guarded.answer(MetadataResponse.self, version: 1).topics.map(\.errorCode) == [.topicAuthorizationFailed]
        )
    }

    @Test("Who asks for nothing to be created is not asked about")
    func unasked() throws {
        let guarded = try Guarded(rules)
        let asked = question(["ab"], creates: false)
        try guarded.send(asked, version: 9)
        #expect(try guarded.gotOne(MetadataRequest.self).body == asked)
    }
}

@Suite("Sessions of clients that may not read all")
struct SessionTests {
    private func fetch(session: Int32, epoch: Int32, topics: [String] = []) -> FetchRequest {
        with(FetchRequest()) {
            $0.sessionID = session
            $0.sessionEpoch = epoch
            $0.topics = topics.map { name in
                with(FetchRequest.FetchTopic()) {
                    $0.topic = name
                    $0.partitions = [FetchRequest.FetchPartition()]
                }
            }
        }
    }

    private func begin(_ guarded: Guarded, session: Int32) throws {
        try guarded.send(fetch(session: 0, epoch: 0, topics: ["a"]), version: 12)
        let (frame, _) = try guarded.gotOne(FetchRequest.self)
        try guarded.connections.brokerAnswers(frame, with(FetchResponse()) { $0.sessionID = session })
        #expect(try guarded.answer(FetchResponse.self, version: 12).sessionID == session)
    }

    @Test("A fetch session goes on where it was begun, and nowhere else")
    func fetchSessions() throws {
        let guarded = try Guarded(reader)
        try guarded.send(fetch(session: 7, epoch: 3), version: 12)
        #expect(try guarded.got().isEmpty)
        #expect(try guarded.answer(FetchResponse.self, version: 12).errorCode == .fetchSessionIDNotFound)
        try begin(guarded, session: 7)
        try guarded.send(fetch(session: 7, epoch: 1), version: 12)
        #expect(try guarded.got().count == 1)
        try guarded.send(fetch(session: 8, epoch: 1), version: 12)
        #expect(try guarded.got().isEmpty)
    }

    @Test("Another principal goes on with no session of the former")
    func principal() throws {
        let guarded = try Guarded("rules: [{ allow: Read, principal: 'User:*', topic: a }]")
        try begin(guarded, session: 7)
        guarded.connections.downstream.context.principal = "User:bob"
        try guarded.send(fetch(session: 7, epoch: 1), version: 12)
        #expect(try guarded.got().isEmpty)
        #expect(try guarded.answer(FetchResponse.self, version: 12).errorCode == .fetchSessionIDNotFound)
    }

    @Test("Whoever may read all goes on with any session")
    func unlimited() throws {
        let guarded = try Guarded("rules: [{ allow: Read, principal: 'User:*', topic: '*' }]")
        try guarded.send(fetch(session: 7, epoch: 3), version: 12)
        #expect(try guarded.got().count == 1)
    }

    @Test("A share session goes on where it was begun")
    func shareSessions() throws {
        let guarded = try Guarded(reader)
        func asked(_ epoch: Int32, member: String = "m") -> ShareFetchRequest {
            with(ShareFetchRequest()) {
                $0.groupID = "g"
                $0.memberID = member
                $0.shareSessionEpoch = epoch
            }
        }
        try guarded.send(asked(1), version: 1)
        #expect(try guarded.got().isEmpty)
        #expect(try guarded.answer(ShareFetchResponse.self, version: 1).errorCode == .shareSessionNotFound)
        for epoch in [0, 1, 2] as [Int32] {
            try guarded.send(asked(epoch), version: 1)
            #expect(try guarded.got().count == 1)
        }
        try guarded.send(asked(1, member: "n"), version: 1)
        #expect(try guarded.got().isEmpty)
    }
}

@Suite("Lines of decisions")
struct AuditTests {
    private let denied = with(HeartbeatRequest()) { $0.groupID = "h" }
    private let allowed = with(HeartbeatRequest()) { $0.groupID = "g" }

    @Test("Who, from where, what, with what, by which rule")
    func fields() throws {
        let guarded = try Guarded(reader)
        try guarded.send(denied, version: 3)
        try guarded.send(allowed, version: 3)
        let line = try #require(guarded.log.lines.first)
        #expect(guarded.log.lines.count == 1 && line.message == "denied")
        let expected: Logger.Metadata = [
            "filter": "acl", "listener": "apps", "principal": "User:alice", "host": "10.0.0.1", "client_id": "client",
            "api": "Heartbeat", "api_version": "3", "operation": "Read", "resource": "Group:h", "rule": "default",
        ]
        #expect(line.metadata == expected)
    }

    @Test("What is allowed is logged if asked, and nothing at all if asked")
    func which() throws {
        for (setting, count) in [("denials", 1), ("all", 2), ("none", 0)] {
            let guarded = try Guarded("log: \(setting)\n" + reader)
            try guarded.send(denied, version: 3)
            try guarded.send(allowed, version: 3)
            #expect(guarded.log.lines.count == count)
        }
    }

    @Test("There are no more than the rate allows")
    func rate() {
        let allowance = LineAllowance(Rate(3))
        let second: UInt64 = 1_000_000_000
        #expect((0..<10).filter { _ in allowance.take(now: 5 * second) }.count == 3)
        #expect((0..<10).filter { _ in allowance.take(now: 6 * second + 1) }.count == 3)
        let slow = LineAllowance(Rate(2, per: .minute))
        #expect((0..<60).filter { slow.take(now: UInt64($0) * second) }.count == 2)
    }

    @Test("Denials and decisions are counted")
    func counts() throws {
        let guarded = try Guarded(reader)
        for request in [denied, denied, allowed] { try guarded.send(request, version: 3) }
        let counts = guarded.filter.account.onLoop(guarded.connections.loop)
        let families = counts.shard.snapshot().counters.values.map { Array(zip($0.labelValues, $0.values)) }.joined()
        let values = Dictionary(families.map { ($0.0.joined(separator: " "), $0.1) }, uniquingKeysWith: +)
        #expect(values["acl denied Read"] == 2)
        #expect(values["acl allowed Read"] == 1)
        #expect(values["acl Heartbeat"] == 2)
    }
}
