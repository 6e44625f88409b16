import KafkaMessages
import KafkaWire
import Testing

@testable import FilterAPI

@Suite("Merging parts of answers")
struct AnswerMergeTests {
    private struct Part: Equatable {
        let key: String
        let by: Int
    }

    private func part(_ text: String) -> Part {
        Part(key: String(text.dropLast()), by: Int(String(text.suffix(1))) ?? 0)
    }

    @Test(
        "Parts come in the order asked; a later answer counts; what nobody asked for comes last",
        arguments: [
            ([], [["a1", "b1"]], ["a1", "b1"]),
            (["b", "a"], [["a1", "b1"]], ["b1", "a1"]),
            (["a", "b", "c"], [["c1", "a1"], ["b2"]], ["a1", "b2", "c1"]),
            (["a", "b"], [["b1"]], ["b1"]),
            (["a"], [["a1"], ["a2"]], ["a2"]),
            (["a"], [["x1", "a1"], ["y2"]], ["a1", "x1", "y2"]),
            (["a", "a"], [["a1", "a1"]], ["a1", "a1"]),
            (["a", "a"], [["a1"]], ["a1"]),
            (["a", "b", "a"], [["b1"], ["a2", "a2"]], ["a2", "b1", "a2"]),
            (["a"], [[], []], []),
        ] as [([String], [[String]], [String])])
    func parts(asked: [String], answers: [[String]], expected: [String]) {
        let merged = AnswerMerge.parts(answers.map { $0.map(part) }, asked: asked, key: \.key)
        #expect(merged == expected.map(part))
    }
}

/// One API: what was asked, what the broker and a filter answered, and what comes of them.
private struct MergeCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: @Sendable () -> [String]
    let expected: [String]

    /// A case with two parts of the broker's and one of a filter's between them.
    init<Asked: PartiallyAnswerable>(
        _ asked: Asked, _ make: @escaping @Sendable (_ keys: [String]) -> Asked.Response,
        _ show: @escaping @Sendable (Asked.Response) -> [String], broker: [String], filter: [String],
        expected: [String], name: String = "", version: Int16? = nil
    ) {
        testDescription = Asked.name + name
        run = {
            show(asked.merge([make(broker), make(filter)], version: version ?? Asked.validVersions.upperBound))
        }
        self.expected = expected
    }
}

private let id = KafkaUUID(high: 1, low: 1)
private let otherID = KafkaUUID(high: 2, low: 2)

/// A topic and a partition, written as `topic/1`.
private func split(_ key: String) -> (topic: String, partition: Int32) {
    let parts = key.split(separator: "/")
    return (String(parts[0]), Int32(parts.count > 1 ? String(parts[1]) : "") ?? 0)
}

@Suite("Answers merged by API")
struct AnswersByAPITests {
    private static let broker = ["b/1", "a/2", "a/0", "extra/9"]
    private static let filter = ["a/1", "c/0"]
    private static let expected = ["a/0", "a/1", "a/2", "b/1", "c/0", "extra/9"]

    /// APIs that are answered by topic and partition: asked are a/0, a/1, a/2, b/1, c/0 in this order.
    private static let byPartition: [MergeCase] = [
        MergeCase(
            with(ProduceRequest()) {
                $0.topicData = asked { name, partitions in
                    with(ProduceRequest.TopicProduceData()) {
                        $0.name = name
                        $0.partitionData = partitions.map { index in
                            with(ProduceRequest.PartitionProduceData()) { $0.index = index }
                        }
                    }
                }
            },
            { keys in
                with(ProduceResponse()) {
                    $0.responses = keys.map(split).map { key in
                        with(ProduceResponse.TopicProduceResponse()) {
                            $0.name = key.topic
                            $0.partitionResponses = [
                                with(ProduceResponse.PartitionProduceResponse()) { $0.index = key.partition }
                            ]
                        }
                    }
                }
            },
            { $0.responses.flatMap { topic in topic.partitionResponses.map { "\(topic.name)/\($0.index)" } } },
            broker: broker, filter: filter, expected: expected),
        MergeCase(
            with(FetchRequest()) {
                $0.topics = asked { name, partitions in
                    with(FetchRequest.FetchTopic()) {
                        $0.topic = name
                        $0.partitions = partitions.map { index in
                            with(FetchRequest.FetchPartition()) { $0.partition = index }
                        }
                    }
                }
            },
            { keys in
                with(FetchResponse()) {
                    $0.responses = keys.map(split).map { key in
                        with(FetchResponse.FetchableTopicResponse()) {
                            $0.topic = key.topic
                            $0.partitions = [with(FetchResponse.PartitionData()) { $0.partitionIndex = key.partition }]
                        }
                    }
                }
            },
            { $0.responses.flatMap { topic in topic.partitions.map { "\(topic.topic)/\($0.partitionIndex)" } } },
            broker: broker, filter: filter, expected: expected),
        MergeCase(
            with(ListOffsetsRequest()) {
                $0.topics = asked { name, partitions in
                    with(ListOffsetsRequest.ListOffsetsTopic()) {
                        $0.name = name
                        $0.partitions = partitions.map { index in
                            with(ListOffsetsRequest.ListOffsetsPartition()) { $0.partitionIndex = index }
                        }
                    }
                }
            },
            { keys in
                with(ListOffsetsResponse()) {
                    $0.topics = keys.map(split).map { key in
                        with(ListOffsetsResponse.ListOffsetsTopicResponse()) {
                            $0.name = key.topic
                            $0.partitions = [
                                with(ListOffsetsResponse.ListOffsetsPartitionResponse()) {
                                    $0.partitionIndex = key.partition
                                }
                            ]
                        }
                    }
                }
            },
            { $0.topics.flatMap { topic in topic.partitions.map { "\(topic.name)/\($0.partitionIndex)" } } },
            broker: broker, filter: filter, expected: expected),
        MergeCase(
            with(OffsetForLeaderEpochRequest()) {
                $0.topics = asked { name, partitions in
                    with(OffsetForLeaderEpochRequest.OffsetForLeaderTopic()) {
                        $0.topic = name
                        $0.partitions = partitions.map { index in
                            with(OffsetForLeaderEpochRequest.OffsetForLeaderPartition()) { $0.partition = index }
                        }
                    }
                }
            },
            { keys in
                with(OffsetForLeaderEpochResponse()) {
                    $0.topics = keys.map(split).map { key in
                        with(OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult()) {
                            $0.topic = key.topic
                            $0.partitions = [
                                with(OffsetForLeaderEpochResponse.EpochEndOffset()) { $0.partition = key.partition }
                            ]
                        }
                    }
                }
            },
            { $0.topics.flatMap { topic in topic.partitions.map { "\(topic.topic)/\($0.partition)" } } },
            broker: broker, filter: filter, expected: expected),
        MergeCase(
            with(OffsetCommitRequest()) {
                $0.topics = asked { name, partitions in
                    with(OffsetCommitRequest.OffsetCommitRequestTopic()) {
                        $0.name = name
                        $0.partitions = partitions.map { index in
                            with(OffsetCommitRequest.OffsetCommitRequestPartition()) { $0.partitionIndex = index }
                        }
                    }
                }
            },
            { keys in
                with(OffsetCommitResponse()) {
                    $0.topics = keys.map(split).map { key in
                        with(OffsetCommitResponse.OffsetCommitResponseTopic()) {
                            $0.name = key.topic
                            $0.partitions = [
                                with(OffsetCommitResponse.OffsetCommitResponsePartition()) {
                                    $0.partitionIndex = key.partition
                                }
                            ]
                        }
                    }
                }
            },
            { $0.topics.flatMap { topic in topic.partitions.map { "\(topic.name)/\($0.partitionIndex)" } } },
            broker: broker, filter: filter, expected: expected),
        MergeCase(
            with(TxnOffsetCommitRequest()) {
                $0.topics = asked { name, partitions in
                    with(TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic()) {
                        $0.name = name
                        $0.partitions = partitions.map { index in
                            with(TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition()) { $0.partitionIndex = index }
                        }
                    }
                }
            },
            { keys in
                with(TxnOffsetCommitResponse()) {
                    $0.topics = keys.map(split).map { key in
                        with(TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic()) {
                            $0.name = key.topic
                            $0.partitions = [
                                with(TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition()) {
                                    $0.partitionIndex = key.partition
                                }
                            ]
                        }
                    }
                }
            },
            { $0.topics.flatMap { topic in topic.partitions.map { "\(topic.name)/\($0.partitionIndex)" } } },
            broker: broker, filter: filter, expected: expected),
        MergeCase(
            with(OffsetDeleteRequest()) {
                $0.topics = asked { name, partitions in
                    with(OffsetDeleteRequest.OffsetDeleteRequestTopic()) {
                        $0.name = name
                        $0.partitions = partitions.map { index in
                            with(OffsetDeleteRequest.OffsetDeleteRequestPartition()) { $0.partitionIndex = index }
                        }
                    }
                }
            },
            { keys in
                with(OffsetDeleteResponse()) {
                    $0.topics = keys.map(split).map { key in
                        with(OffsetDeleteResponse.OffsetDeleteResponseTopic()) {
                            $0.name = key.topic
                            $0.partitions = [
                                with(OffsetDeleteResponse.OffsetDeleteResponsePartition()) {
                                    $0.partitionIndex = key.partition
                                }
                            ]
                        }
                    }
                }
            },
            { $0.topics.flatMap { topic in topic.partitions.map { "\(topic.name)/\($0.partitionIndex)" } } },
            broker: broker, filter: filter, expected: expected),
        MergeCase(
            with(DeleteRecordsRequest()) {
                $0.topics = asked { name, partitions in
                    with(DeleteRecordsRequest.DeleteRecordsTopic()) {
                        $0.name = name
                        $0.partitions = partitions.map { index in
                            with(DeleteRecordsRequest.DeleteRecordsPartition()) { $0.partitionIndex = index }
                        }
                    }
                }
            },
            { keys in
                with(DeleteRecordsResponse()) {
                    $0.topics = keys.map(split).map { key in
                        with(DeleteRecordsResponse.DeleteRecordsTopicResult()) {
                            $0.name = key.topic
                            $0.partitions = [
                                with(DeleteRecordsResponse.DeleteRecordsPartitionResult()) {
                                    $0.partitionIndex = key.partition
                                }
                            ]
                        }
                    }
                }
            },
            { $0.topics.flatMap { topic in topic.partitions.map { "\(topic.name)/\($0.partitionIndex)" } } },
            broker: broker, filter: filter, expected: expected),
        MergeCase(
            with(ElectLeadersRequest()) {
                $0.topicPartitions = asked { name, partitions in
                    with(ElectLeadersRequest.TopicPartitions()) {
                        $0.topic = name
                        $0.partitions = partitions
                    }
                }
            },
            { keys in
                with(ElectLeadersResponse()) {
                    $0.replicaElectionResults = keys.map(split).map { key in
                        with(ElectLeadersResponse.ReplicaElectionResult()) {
                            $0.topic = key.topic
                            $0.partitionResult = [
                                with(ElectLeadersResponse.PartitionResult()) { $0.partitionID = key.partition }
                            ]
                        }
                    }
                }
            },
            {
                $0.replicaElectionResults.flatMap { topic in
                    topic.partitionResult.map { "\(topic.topic)/\($0.partitionID)" }
                }
            },
            broker: broker, filter: filter, expected: expected),
        MergeCase(
            with(OffsetFetchRequest()) {
                $0.topics = asked { name, partitions in
                    with(OffsetFetchRequest.OffsetFetchRequestTopic()) {
                        $0.name = name
                        $0.partitionIndexes = partitions
                    }
                }
            },
            { keys in
                with(OffsetFetchResponse()) {
                    $0.topics = keys.map(split).map { key in
                        with(OffsetFetchResponse.OffsetFetchResponseTopic()) {
                            $0.name = key.topic
                            $0.partitions = [
                                with(OffsetFetchResponse.OffsetFetchResponsePartition()) {
                                    $0.partitionIndex = key.partition
                                }
                            ]
                        }
                    }
                }
            },
            { $0.topics.flatMap { topic in topic.partitions.map { "\(topic.name)/\($0.partitionIndex)" } } },
            broker: broker, filter: filter, expected: expected, name: " flat", version: 7),
        MergeCase(
            with(OffsetFetchRequest()) {
                $0.groups = [
                    with(OffsetFetchRequest.OffsetFetchRequestGroup()) {
                        $0.groupID = "g"
                        $0.topics = asked { name, partitions in
                            with(OffsetFetchRequest.OffsetFetchRequestTopics()) {
                                $0.name = name
                                $0.partitionIndexes = partitions
                            }
                        }
                    }
                ]
            },
            { keys in
                with(OffsetFetchResponse()) {
                    $0.groups = keys.map(split).map { key in
                        with(OffsetFetchResponse.OffsetFetchResponseGroup()) {
                            $0.groupID = "g"
                            $0.topics = [
                                with(OffsetFetchResponse.OffsetFetchResponseTopics()) {
                                    $0.name = key.topic
                                    $0.partitions = [
                                        with(OffsetFetchResponse.OffsetFetchResponsePartitions()) {
                                            $0.partitionIndex = key.partition
                                        }
                                    ]
                                }
                            ]
                        }
                    }
                }
            },
            { response in
                response.groups.flatMap(\.topics).flatMap { topic in
                    topic.partitions.map { "\(topic.name)/\($0.partitionIndex)" }
                }
            },
            broker: broker, filter: filter, expected: expected, name: " by group"),
        MergeCase(
            with(AddPartitionsToTxnRequest()) {
                $0.v3AndBelowTopics = asked { name, partitions in
                    with(AddPartitionsToTxnRequest.AddPartitionsToTxnTopic()) {
                        $0.name = name
                        $0.partitions = partitions
                    }
                }
            },
            { keys in with(AddPartitionsToTxnResponse()) { $0.resultsByTopicV3AndBelow = txnResults(keys) } },
            { response in
                response.resultsByTopicV3AndBelow.flatMap { topic in
                    topic.resultsByPartition.map { "\(topic.name)/\($0.partitionIndex)" }
                }
            },
            broker: broker, filter: filter, expected: expected, name: " of one transaction", version: 3),
        MergeCase(
            with(AddPartitionsToTxnRequest()) {
                $0.transactions = ["t", "u"].map { transaction in
                    with(AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction()) {
                        $0.transactionalID = transaction
                        $0.topics = asked { name, partitions in
                            with(AddPartitionsToTxnRequest.AddPartitionsToTxnTopic()) {
                                $0.name = name
                                $0.partitions = partitions
                            }
                        }
                    }
                }
            },
            { keys in
                with(AddPartitionsToTxnResponse()) {
                    $0.resultsByTransaction = ["u", "t"].map { transaction in
                        with(AddPartitionsToTxnResponse.AddPartitionsToTxnResult()) {
                            $0.transactionalID = transaction
                            $0.topicResults = txnResults(keys)
                        }
                    }
                }
            },
            { response in
                response.resultsByTransaction.flatMap { result in
                    result.topicResults.flatMap { topic in
                        topic.resultsByPartition.map { "\(result.transactionalID) \(topic.name)/\($0.partitionIndex)" }
                    }
                }
            },
            broker: broker, filter: filter, expected: expected.map { "t " + $0 } + expected.map { "u " + $0 },
            name: " of several"),
    ]

    private static func asked<Topic>(_ make: (String, [Int32]) -> Topic) -> [Topic] {
        [make("a", [0, 1, 2]), make("b", [1]), make("c", [0])]
    }

    private static func txnResults(_ keys: [String]) -> [AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult] {
        keys.map(split).map { key in
            with(AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult()) {
                $0.name = key.topic
                $0.resultsByPartition = [
                    with(AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult()) {
                        $0.partitionIndex = key.partition
                    }
                ]
            }
        }
    }

    /// APIs that are answered by one key: asked are a, b, c.
    private static let byKey: [MergeCase] = [
        flat(
            with(CreateTopicsRequest()) {
                $0.topics = names.map { name in with(CreateTopicsRequest.CreatableTopic()) { $0.name = name } }
            }, \.topics, { name in with(CreateTopicsResponse.CreatableTopicResult()) { $0.name = name } }, \.name),
        flat(
            with(DeleteTopicsRequest()) { $0.topicNames = names }, \.responses,
            { name in with(DeleteTopicsResponse.DeletableTopicResult()) { $0.name = name } }, { $0.name ?? "" },
            version: 5),
        flat(
            with(CreatePartitionsRequest()) {
                $0.topics = names.map { name in with(CreatePartitionsRequest.CreatePartitionsTopic()) { $0.name = name }
                }
            }, \.results, { name in with(CreatePartitionsResponse.CreatePartitionsTopicResult()) { $0.name = name } },
            \.name),
        flat(
            with(MetadataRequest()) {
                $0.topics = names.map { name in with(MetadataRequest.MetadataRequestTopic()) { $0.name = name } }
            }, \.topics,
            { name in
                with(MetadataResponse.MetadataResponseTopic()) {
                    $0.name = name
                    $0.topicID = id
                }
            }, { $0.name ?? "" }),
        flat(
            with(DescribeTopicPartitionsRequest()) {
                $0.topics = names.map { name in with(DescribeTopicPartitionsRequest.TopicRequest()) { $0.name = name } }
            }, \.topics,
            { name in with(DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic()) { $0.name = name } },
            { $0.name ?? "" }),
        flat(
            with(DescribeConfigsRequest()) {
                $0.resources = names.map { name in
                    with(DescribeConfigsRequest.DescribeConfigsResource()) { $0.resourceName = name }
                }
            }, \.results, { name in with(DescribeConfigsResponse.DescribeConfigsResult()) { $0.resourceName = name } },
            \.resourceName),
        flat(
            with(AlterConfigsRequest()) {
                $0.resources = names.map { name in
                    with(AlterConfigsRequest.AlterConfigsResource()) { $0.resourceName = name }
                }
            }, \.responses,
            { name in with(AlterConfigsResponse.AlterConfigsResourceResponse()) { $0.resourceName = name } },
            \.resourceName),
        flat(
            with(IncrementalAlterConfigsRequest()) {
                $0.resources = names.map { name in
                    with(IncrementalAlterConfigsRequest.AlterConfigsResource()) { $0.resourceName = name }
                }
            }, \.responses,
            { name in with(IncrementalAlterConfigsResponse.AlterConfigsResourceResponse()) { $0.resourceName = name } },
            \.resourceName),
        flat(
            with(DescribeGroupsRequest()) { $0.groups = names }, \.groups,
            { name in with(DescribeGroupsResponse.DescribedGroup()) { $0.groupID = name } }, \.groupID),
        flat(
            with(DeleteGroupsRequest()) { $0.groupsNames = names }, \.results,
            { name in with(DeleteGroupsResponse.DeletableGroupResult()) { $0.groupID = name } }, \.groupID),
    ]

    private static let names = ["a", "b", "c"]

    private static func flat<Asked: PartiallyAnswerable, Part: Sendable>(
        _ asked: Asked, _ path: any WritableKeyPath<Asked.Response, [Part]> & Sendable,
        _ make: @escaping @Sendable (String) -> Part, _ name: @escaping @Sendable (Part) -> String,
        version: Int16? = nil
    ) -> MergeCase {
        MergeCase(
            asked, { keys in with(Asked.Response()) { $0[keyPath: path] = keys.map(make) } },
            { $0[keyPath: path].map(name) }, broker: ["extra", "c", "a"], filter: ["b"],
            expected: ["a", "b", "c", "extra"], version: version)
    }

    @Test("By topic and partition, in the order asked", arguments: byPartition)
    fileprivate func partitions(test: MergeCase) {
        #expect(test.run() == test.expected)
    }

    @Test("By topic, resource or group, in the order asked", arguments: byKey)
    fileprivate func keys(test: MergeCase) {
        #expect(test.run() == test.expected)
    }

    @Test("Topics by ID do not mix with topics by name")
    func byID() {
        var request = MetadataRequest()
        request.topics = [
            with(MetadataRequest.MetadataRequestTopic()) { $0.topicID = otherID },
            with(MetadataRequest.MetadataRequestTopic()) { $0.name = "a" },
        ]
        let answer = with(MetadataResponse()) {
            $0.topics = [
                with(MetadataResponse.MetadataResponseTopic()) {
                    $0.name = "a"
                    $0.topicID = id
                },
                with(MetadataResponse.MetadataResponseTopic()) {
                    $0.name = "other"
                    $0.topicID = otherID
                },
            ]
        }
        #expect(request.merge([answer], version: 12).topics.map(\.name) == ["other", "a"])
        var share = ShareFetchRequest()
        share.topics = [otherID, id].map { topic in
            with(ShareFetchRequest.FetchTopic()) {
                $0.topicID = topic
                $0.partitions = [with(ShareFetchRequest.FetchPartition()) { $0.partitionIndex = 3 }]
            }
        }
        let fetched = [id, otherID].map { topic in
            with(ShareFetchResponse()) {
                $0.responses = [
                    with(ShareFetchResponse.ShareFetchableTopicResponse()) {
                        $0.topicID = topic
                        $0.partitions = [with(ShareFetchResponse.PartitionData()) { $0.partitionIndex = 3 }]
                    }
                ]
            }
        }
        #expect(share.merge(fetched, version: 1).responses.map(\.topicID) == [otherID, id])
        var acknowledge = ShareAcknowledgeRequest()
        acknowledge.topics = [otherID, id].map { topic in
            with(ShareAcknowledgeRequest.AcknowledgeTopic()) {
                $0.topicID = topic
                $0.partitions = [with(ShareAcknowledgeRequest.AcknowledgePartition()) { $0.partitionIndex = 3 }]
            }
        }
        let acknowledged = [id, otherID].map { topic in
            with(ShareAcknowledgeResponse()) {
                $0.responses = [
                    with(ShareAcknowledgeResponse.ShareAcknowledgeTopicResponse()) {
                        $0.topicID = topic
                        $0.partitions = [with(ShareAcknowledgeResponse.PartitionData()) { $0.partitionIndex = 3 }]
                    }
                ]
            }
        }
        #expect(acknowledge.merge(acknowledged, version: 1).responses.map(\.topicID) == [otherID, id])
    }

    @Test("The longest throttle time counts, the error and all else are the broker's")
    func topLevel() {
        let broker = with(FetchResponse()) {
            $0.throttleTimeMs = 10
            $0.errorCode = .fetchSessionIDNotFound
            $0.sessionID = 5
        }
        let filter = with(FetchResponse()) { $0.throttleTimeMs = 300 }
        let merged = FetchRequest().merge([broker, filter], version: 12)
        #expect(merged.throttleTimeMs == 300)
        #expect(merged.errorCode == .fetchSessionIDNotFound)
        #expect(merged.sessionID == 5)
    }

    @Test("Answers of another API are not merged")
    func otherAPI() {
        #expect(FetchRequest().mergeAny(FetchResponse(), part: ProduceResponse(), rest: nil, version: 12) == nil)
        #expect(FetchRequest().mergeAny(ProduceResponse(), part: FetchResponse(), rest: nil, version: 12) == nil)
        #expect(FetchRequest().mergeAny(FetchResponse(), part: FetchResponse(), rest: nil, version: 12) != nil)
    }
}
