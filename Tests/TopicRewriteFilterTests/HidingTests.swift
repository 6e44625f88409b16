import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import TopicRewriteFilter

@Suite("What a client must not see")
struct HidingTests {
    private static let tenant = """
        rules: [{ prefix: "", to_prefix: "s.", hide_others: true }]
        groups: { prefix: "g." }
        """

    @Test("Lists of topics are without it", arguments: MetadataResponse.validVersions)
    func metadata(version: Int16) throws {
        let rig = try Rig(Self.tenant)
        let (_, request) = try rig.request(
            with(MetadataRequest()) { $0.topics = version == 0 ? [] : nil }, version: version)
        let names = ["a", "s.orders", "__consumer_offsets", "s.", "s.payments", "staging"]
        let seen = try rig.response(
            with(MetadataResponse()) {
                $0.topics = names.map { name in with(MetadataResponse.MetadataResponseTopic()) { $0.name = name } }
            }, to: request)
        #expect(seen.topics.map(\.name) == ["orders", "payments"])
    }

    @Test("Lists of groups and transactions are without those of others")
    func lists() throws {
        let rig = try Rig(Self.tenant)
        let (_, groups) = try rig.request(ListGroupsRequest(), version: 4)
        let seen = try rig.response(
            with(ListGroupsResponse()) {
                $0.groups = ["g.app", "app", "g."].map { id in
                    with(ListGroupsResponse.ListedGroup()) { $0.groupID = id }
                }
            }, to: groups)
        #expect(seen.groups.map(\.groupID) == ["app", ""])
        let (_, transactions) = try rig.request(ListTransactionsRequest(), version: 1)
        let listed = try rig.response(
            with(ListTransactionsResponse()) {
                $0.transactionStates = ["tx", "g.tx"].map { id in
                    with(ListTransactionsResponse.TransactionState()) { $0.transactionalID = id }
                }
            }, to: transactions)
        #expect(listed.transactionStates.map(\.transactionalID) == ["tx"])
    }

    @Test("What is committed of other topics is not told", arguments: [5, 7, 8, 9] as [Int16])
    func offsets(version: Int16) throws {
        let rig = try Rig(Self.tenant)
        let (_, request) = try rig.request(
            with(OffsetFetchRequest()) {
                $0.groupID = "app"
                $0.topics = nil
                $0.groups = [
                    with(OffsetFetchRequest.OffsetFetchRequestGroup()) {
                        $0.groupID = "app"
                        $0.topics = nil
                    }
                ]
            }, version: version)
        let seen = try rig.response(
            with(OffsetFetchResponse()) {
                $0.topics = ["x", "s.a"].map { name in
                    with(OffsetFetchResponse.OffsetFetchResponseTopic()) { $0.name = name }
                }
                $0.groups = [
                    with(OffsetFetchResponse.OffsetFetchResponseGroup()) {
                        $0.groupID = "g.app"
                        $0.topics = ["s.b", "x"].map { name in
                            with(OffsetFetchResponse.OffsetFetchResponseTopics()) { $0.name = name }
                        }
                    }
                ]
            }, to: request)
        if version < 8 {
            #expect(seen.topics.map(\.name) == ["a"])
        } else {
            #expect(seen.groups.map(\.groupID) == ["app"])
            #expect(seen.groups.first?.topics.map(\.name) == ["b"])
        }
    }

    @Test("Offsets that are told by ID are looked through by name, which is asked for where it is not known")
    func offsetsByID() throws {
        let own = KafkaUUID(high: 1, low: 1)
        let foreign = KafkaUUID(high: 1, low: 2)
        let gone = KafkaUUID(high: 1, low: 3)
        let rig = try Rig(
            Self.tenant,
            answer: { question in
                #expect((question as? MetadataRequest)?.topics?.count == 3)
                return with(MetadataResponse()) {
                    $0.topics = [(own, "s.a"), (foreign, "x"), (gone, nil)].map { id, name in
                        with(MetadataResponse.MetadataResponseTopic()) {
                            $0.topicID = id
                            $0.name = name
                        }
                    }
                }
            })
        let (_, request) = try rig.request(
            with(OffsetFetchRequest()) {
                $0.groups = [
                    with(OffsetFetchRequest.OffsetFetchRequestGroup()) {
                        $0.groupID = "app"
                        $0.topics = nil
                    }
                ]
            }, version: 10)
        let seen = try rig.response(
            with(OffsetFetchResponse()) {
                $0.groups = [
                    with(OffsetFetchResponse.OffsetFetchResponseGroup()) {
                        $0.groupID = "g.app"
                        $0.topics = [foreign, own, gone].map { id in
                            with(OffsetFetchResponse.OffsetFetchResponseTopics()) { $0.topicID = id }
                        }
                    }
                ]
            }, to: request)
        #expect(seen.groups.map(\.groupID) == ["app"])
        #expect(seen.groups.first?.topics.map(\.topicID) == [own])
    }

    @Test("Log directories, reassignments and transactions are told without other topics")
    func more() throws {
        let rig = try Rig(Self.tenant)
        let (_, directories) = try rig.request(with(DescribeLogDirsRequest()) { $0.topics = nil }, version: 4)
        let logs = try rig.response(
            with(DescribeLogDirsResponse()) {
                $0.results = [
                    with(DescribeLogDirsResponse.DescribeLogDirsResult()) {
                        $0.logDir = "/x"
                        $0.topics = ["s.a", "a"].map { name in
                            with(DescribeLogDirsResponse.DescribeLogDirsTopic()) { $0.name = name }
                        }
                    }
                ]
            }, to: directories)
        #expect(logs.results.map { $0.topics.map(\.name) } == [["a"]])

        let (_, listing) = try rig.request(with(ListPartitionReassignmentsRequest()) { $0.topics = nil }, version: 0)
        let moving = try rig.response(
            with(ListPartitionReassignmentsResponse()) {
                $0.topics = ["b", "s.b"].map { name in
                    with(ListPartitionReassignmentsResponse.OngoingTopicReassignment()) { $0.name = name }
                }
            }, to: listing)
        #expect(moving.topics.map(\.name) == ["b"])

        let (_, asking) = try rig.request(
            with(DescribeTransactionsRequest()) { $0.transactionalIDs = ["tx"] }, version: 0)
        let states = try rig.response(
            with(DescribeTransactionsResponse()) {
                $0.transactionStates = [
                    with(DescribeTransactionsResponse.TransactionState()) {
                        $0.transactionalID = "g.tx"
                        $0.topics = ["s.a", "other"].map { name in
                            with(DescribeTransactionsResponse.TopicData()) { $0.topic = name }
                        }
                    }
                ]
            }, to: asking)
        #expect(states.transactionStates.map(\.transactionalID) == ["tx"])
        #expect(states.transactionStates.map { $0.topics.map(\.topic) } == [["a"]])
    }

    @Test("Members of a group are shown without the topics of others")
    func members() throws {
        let rig = try Rig(Self.tenant)
        let (_, request) = try rig.request(with(ConsumerGroupDescribeRequest()) { $0.groupIDs = ["app"] }, version: 1)
        let seen = try rig.response(
            with(ConsumerGroupDescribeResponse()) {
                $0.groups = [
                    with(ConsumerGroupDescribeResponse.DescribedGroup()) {
                        $0.groupID = "g.app"
                        $0.members = [
                            with(ConsumerGroupDescribeResponse.Member()) {
                                $0.subscribedTopicNames = ["s.a", "x", "s.b"]
                                $0.subscribedTopicRegex = "x.*"
                                $0.assignment.topicPartitions = ["x", "s.a"].map { name in
                                    with(ConsumerGroupDescribeResponse.TopicPartitions()) { $0.topicName = name }
                                }
                            }
                        ]
                    }
                ]
            }, to: request)
        let member = try #require(seen.groups.first?.members.first)
        #expect(member.subscribedTopicNames == ["a", "b"])
        #expect(member.subscribedTopicRegex == "")
        #expect(member.assignment.topicPartitions.map(\.topicName) == ["a"])
    }

    // MARK: Pages

    private static func page(_ names: [String], next: String?) -> DescribeTopicPartitionsResponse {
        with(DescribeTopicPartitionsResponse()) {
            $0.topics = names.map { name in
                with(DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic()) { $0.name = name }
            }
            $0.nextCursor = next.map { name in
                with(DescribeTopicPartitionsResponse.Cursor()) {
                    $0.topicName = name
                    $0.partitionIndex = 3
                }
            }
        }
    }

    @Test("A page ends at the place where the next begins, under the client's name")
    func cursor() throws {
        let rig = try Rig(Self.tenant)
        let sent = try rig.sent(
            with(DescribeTopicPartitionsRequest()) {
                $0.cursor = with(DescribeTopicPartitionsRequest.Cursor()) { $0.topicName = "m" }
            }, version: 0)
        #expect(sent.cursor?.topicName == "s.m")
        let (_, request) = try rig.request(DescribeTopicPartitionsRequest(), version: 0)
        let seen = try rig.response(Self.page(["a", "s.a", "s.b"], next: "s.c"), to: request)
        #expect(seen.topics.map(\.name) == ["a", "b"])
        #expect(seen.nextCursor?.topicName == "c")
        #expect(seen.nextCursor?.partitionIndex == 3)
    }

    @Test("Where the next page begins at another's topic, the client's next one is found")
    func hiddenCursor() throws {
        var pages = [Self.page(["x", "y"], next: "y"), Self.page(["y", "z"], next: "zz")]
        pages.append(Self.page(["zz", "s.late", "s.later"], next: nil))
        var answered = 0
        let rig = try Rig(
            "rules: [{ topic: first, to: late, hide_others: true }]",
            answer: { question in
                let asked = try #require(question as? DescribeTopicPartitionsRequest)
                answered += 1
                switch answered {
                case 1:
                    #expect(asked.cursor?.topicName == "aaa")
                    return Self.page(["aaa", "bbb"], next: "ccc")
                case 2:
                    #expect(asked.cursor?.topicName == "ccc")
                    #expect(asked.cursor?.partitionIndex == 3)
                    return Self.page(["ccc", "late", "more"], next: "most")
                default: throw Rig.Unexpected()
                }
            })
        let (_, request) = try rig.request(DescribeTopicPartitionsRequest(), version: 0)
        let seen = try rig.response(Self.page(["a"], next: "aaa"), to: request)
        #expect(seen.topics.isEmpty)
        #expect(seen.nextCursor?.topicName == "first")
        #expect(seen.nextCursor?.partitionIndex == 0)
        #expect(answered == 2)
    }

    @Test("The list is at its end where only others' topics follow")
    func noCursor() throws {
        let rig = try Rig(
            "rules: [{ topic: first, to: late, hide_others: true }]",
            answer: { _ in Self.page(["zzz"], next: nil) })
        let (_, request) = try rig.request(DescribeTopicPartitionsRequest(), version: 0)
        #expect(try rig.response(Self.page(["late"], next: "zz"), to: request).nextCursor == nil)
    }

    @Test("A list that is to go on at a name without a topic is at its end")
    func refusedCursor() throws {
        let rig = try Rig("rules: [{ topic: first, to: late, hide_others: true }]")
        let asked = with(DescribeTopicPartitionsRequest()) {
            $0.cursor = with(DescribeTopicPartitionsRequest.Cursor()) { $0.topicName = "late" }
        }
        let response = try answer(rig.request(asked, version: 0).action, DescribeTopicPartitionsResponse.self)
        #expect(response.topics.isEmpty && response.nextCursor == nil)
    }
}
