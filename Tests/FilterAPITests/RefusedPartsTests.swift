import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import FilterAPI

private let no = Refusal(.topicAuthorizationFailed, message: "no")

/// Refuses a topic by its name.
private func refusing(_ name: String) -> (ResourceReference) -> Refusal? {
    { reference in
        if case .topic(let topic) = reference, topic.name == name { no } else { nil }
    }
}

/// What is made of a request: how much was refused, and the answer.
private func refuse<Asked: PartiallyRefusable>(
    _ asked: inout Asked, _ version: Int16, _ decide: (ResourceReference) -> Refusal?
) -> (kind: String, answer: Asked.Response) {
    switch asked.refuseParts(version: version, decide) {
    case .nothing: ("nothing", Asked.Response())
    case .part(let answer): ("part", answer)
    case .everything(let answer): ("everything", answer)
    }
}

@Suite("What a refused part looks like")
struct RefusedPartFieldsTests {
    @Test("Produce: no offset, no time, no leader", arguments: ProduceRequest.validVersions)
    func produce(version: Int16) throws {
        var asked = with(ProduceRequest()) {
            $0.acks = -1
            $0.topicData = [
                with(ProduceRequest.TopicProduceData()) {
                    $0.name = "a"
                    $0.partitionData = [with(ProduceRequest.PartitionProduceData()) { $0.index = 3 }]
                }
            ]
        }
        let answer = refuse(&asked, version, { _ in no }).answer
        let partition = try #require(answer.responses.first?.partitionResponses.first)
        #expect(answer.responses.first?.name == "a")
        #expect(partition.index == 3 && partition.errorCode == no.error && partition.errorMessage == "no")
        #expect(partition.baseOffset == -1 && partition.logAppendTimeMs == -1 && partition.logStartOffset == -1)
        #expect(partition.currentLeader.leaderID == -1 && partition.recordErrors.isEmpty)
    }

    @Test(
        "Produce: the records that are to blame, where the version has a place for them", arguments: [Int16(7), 8, 13])
    func recordErrors(version: Int16) throws {
        var asked = with(ProduceRequest()) {
            $0.acks = -1
            $0.topicData = [
                with(ProduceRequest.TopicProduceData()) {
                    $0.partitionData = [with(ProduceRequest.PartitionProduceData()) { $0.index = 3 }]
                }
            ]
        }
        let refusal = Refusal(
            .invalidRecord, message: "no", records: [RefusedRecord(index: 1), RefusedRecord(index: 4, message: "why")])
        var writer = WireWriter()
        try refuse(&asked, version, { _ in refusal }).answer.encode(into: &writer, version: version)
        var reader = WireReader(writer.finish())
        let answer = try ProduceResponse.decode(from: &reader, version: version)
        let partition = try #require(answer.responses.first?.partitionResponses.first)
        #expect(partition.errorCode == .invalidRecord)
        let errors = partition.recordErrors.map { "\($0.batchIndex) \($0.batchIndexErrorMessage ?? "-")" }
        #expect(errors == (version < 8 ? [] : ["1 -", "4 why"]))
        #expect(partition.errorMessage == (version < 8 ? nil : "no"))
    }

    @Test("Fetch: no offsets, no records, no other replica", arguments: FetchRequest.validVersions)
    func fetch(version: Int16) throws {
        var asked = fetchRequest(["a": [3]])
        let partition = try #require(refuse(&asked, version, { _ in no }).answer.responses.first?.partitions.first)
        #expect(partition.partitionIndex == 3 && partition.errorCode == no.error)
        #expect(partition.highWatermark == -1 && partition.lastStableOffset == -1 && partition.logStartOffset == -1)
        #expect(partition.abortedTransactions == nil && partition.preferredReadReplica == -1)
        #expect(partition.records == ByteBuffer())
    }

    @Test("ListOffsets and OffsetForLeaderEpoch: no offset, no time, no epoch")
    func offsets() throws {
        var list = with(ListOffsetsRequest()) {
            $0.topics = [
                with(ListOffsetsRequest.ListOffsetsTopic()) {
                    $0.partitions = [ListOffsetsRequest.ListOffsetsPartition()]
                }
            ]
        }
        let listed = try #require(refuse(&list, 7, { _ in no }).answer.topics.first?.partitions.first)
        #expect(listed.offset == -1 && listed.timestamp == -1 && listed.leaderEpoch == -1)
        #expect(listed.oldStyleOffsets.isEmpty)
        var epoch = with(OffsetForLeaderEpochRequest()) {
            $0.topics = [
                with(OffsetForLeaderEpochRequest.OffsetForLeaderTopic()) {
                    $0.partitions = [OffsetForLeaderEpochRequest.OffsetForLeaderPartition()]
                }
            ]
        }
        let ended = try #require(refuse(&epoch, 4, { _ in no }).answer.topics.first?.partitions.first)
        #expect(ended.endOffset == -1 && ended.leaderEpoch == -1)
        var delete = with(DeleteRecordsRequest()) {
            $0.topics = [
                with(DeleteRecordsRequest.DeleteRecordsTopic()) {
                    $0.partitions = [DeleteRecordsRequest.DeleteRecordsPartition()]
                }
            ]
        }
        #expect(refuse(&delete, 2, { _ in no }).answer.topics.first?.partitions.first?.lowWatermark == -1)
    }

    @Test("OffsetFetch: no offset, no epoch, empty metadata; a refused group has no topics")
    func offsetFetch() throws {
        var flat = with(OffsetFetchRequest()) {
            $0.topics = [with(OffsetFetchRequest.OffsetFetchRequestTopic()) { $0.partitionIndexes = [1] }]
        }
        let old = try #require(refuse(&flat, 7, { _ in no }).answer.topics.first?.partitions.first)
        #expect(old.committedOffset == -1 && old.committedLeaderEpoch == -1 && old.metadata == "")
        var grouped = with(OffsetFetchRequest()) {
            $0.groups = ["g", "h"].map { name in
                with(OffsetFetchRequest.OffsetFetchRequestGroup()) {
                    $0.groupID = name
                    $0.topics = [
                        with(OffsetFetchRequest.OffsetFetchRequestTopics()) {
                            $0.name = "a"
                            $0.partitionIndexes = [1]
                        }
                    ]
                }
            }
        }
        let (kind, answer) = refuse(&grouped, 8) { reference in
            switch reference {
            case .group("g"): Refusal(.groupAuthorizationFailed)
            case .partition: no
            default: nil
            }
        }
        #expect(kind == "everything" && answer.groups.map(\.groupID) == ["g", "h"])
        #expect(answer.groups[0].errorCode == .groupAuthorizationFailed && answer.groups[0].topics.isEmpty)
        let new = try #require(answer.groups[1].topics.first?.partitions.first)
        #expect(answer.groups[1].errorCode == .none && new.errorCode == no.error)
        #expect(new.committedOffset == -1 && new.committedLeaderEpoch == -1 && new.metadata == "")
    }

    @Test("Metadata: the name or the ID as asked, no partitions, no operations")
    func metadata() throws {
        let id = KafkaUUID(high: 1, low: 2)
        for (version, name) in [(12, nil), (11, "")] as [(Int16, String?)] {
            var asked = with(MetadataRequest()) {
                $0.topics = [
                    with(MetadataRequest.MetadataRequestTopic()) {
                        $0.name = nil
                        $0.topicID = id
                    }
                ]
            }
            let (kind, answer) = refuse(&asked, version) { $0 == .topic(TopicReference(id: id)) ? no : nil }
            // The answer must tell the brokers as well, so what is left is sent though it is nothing.
            #expect(kind == "part" && asked.topics == [])
            let topic = try #require(answer.topics.first)
            #expect(topic.name == name && topic.topicID == id && topic.errorCode == no.error)
            #expect(topic.partitions.isEmpty && topic.topicAuthorizedOperations == .min && !topic.isInternal)
        }
    }

    @Test("CreateTopics: no ID, no counts; the words where there is a place for them")
    func createTopics() throws {
        var asked = with(CreateTopicsRequest()) {
            $0.topics = [with(CreateTopicsRequest.CreatableTopic()) { $0.name = "a" }]
        }
        let (kind, answer) = refuse(&asked, 7) { _ in no }
        let topic = try #require(answer.topics.first)
        #expect(kind == "everything" && topic.name == "a" && topic.errorMessage == "no" && topic.topicID == .zero)
        #expect(topic.numPartitions == -1 && topic.replicationFactor == -1 && topic.configs == [])
    }

    @Test("Groups: no state, no members, no operations")
    func groups() throws {
        var asked = with(DescribeGroupsRequest()) { $0.groups = ["g"] }
        let group = try #require(refuse(&asked, 6, { _ in no }).answer.groups.first)
        #expect(group.groupID == "g" && group.groupState == "" && group.protocolType == "" && group.members.isEmpty)
        #expect(group.authorizedOperations == .min && group.errorMessage == "no")
    }
}

private func fetchRequest(
    _ topics: KeyValuePairs<String, [Int32]>, session: Int32 = 0, epoch: Int32 = 0
) -> FetchRequest {
    with(FetchRequest()) {
        $0.sessionID = session
        $0.sessionEpoch = epoch
        $0.topics = topics.map { name, partitions in
            with(FetchRequest.FetchTopic()) {
                $0.topic = name
                $0.partitions = partitions.map { index in with(FetchRequest.FetchPartition()) { $0.partition = index } }
            }
        }
    }
}

@Suite("What becomes of the rest")
struct RefusedRestTests {
    @Test("A Fetch that loses parts goes on without a session; one of a session has to be asked anew")
    func fetchSessions() {
        var new = fetchRequest(["a": [0], "b": [1]], session: 0, epoch: 0)
        #expect(refuse(&new, 12, refusing("a")).kind == "part")
        #expect(new.sessionEpoch == -1 && new.topics.map(\.topic) == ["b"])
        // The old session is closed with it.
        var again = fetchRequest(["a": [0], "b": [1]], session: 5, epoch: 0)
        #expect(refuse(&again, 12, refusing("a")).kind == "part")
        #expect(again.sessionID == 5 && again.sessionEpoch == -1)
        var next = fetchRequest(["a": [0]], session: 5, epoch: 3)
        let (kind, answer) = refuse(&next, 12, refusing("a"))
        #expect(kind == "everything" && answer.errorCode == .invalidFetchSessionEpoch && answer.sessionID == 5)
        #expect(answer.responses.isEmpty)
        // Before version 7 there are no sessions, whatever the default says.
        var old = fetchRequest(["a": [0], "b": [1]], session: 5, epoch: 3)
        #expect(refuse(&old, 6, refusing("a")).kind == "part")
        // An incremental one that names nothing that is refused is as it was.
        var untouched = fetchRequest(["b": [0]], session: 5, epoch: 3)
        #expect(refuse(&untouched, 12, refusing("a")).kind == "nothing" && untouched.sessionEpoch == 3)
    }

    @Test("A Produce with acks=0 is refused whole: there is no answer in which to tell the parts")
    func acks() {
        for (acks, expected) in [(0, "everything"), (1, "part"), (-1, "part")] as [(Int16, String)] {
            var asked = with(ProduceRequest()) {
                $0.acks = acks
                $0.topicData = ["a", "b"].map { name in
                    with(ProduceRequest.TopicProduceData()) {
                        $0.name = name
                        $0.partitionData = [ProduceRequest.PartitionProduceData()]
                    }
                }
            }
            #expect(refuse(&asked, 9, refusing("a")).kind == expected)
        }
    }

    @Test("Nothing is refused of a request for all")
    func all() {
        var metadata = with(MetadataRequest()) { $0.topics = nil }
        #expect(refuse(&metadata, 12, { _ in no }).kind == "nothing")
        var oldMetadata = MetadataRequest()
        #expect(refuse(&oldMetadata, 0, { _ in no }).kind == "nothing")
        var offsets = with(OffsetFetchRequest()) { $0.topics = nil }
        #expect(refuse(&offsets, 5, { _ in no }).kind == "nothing")
        var grouped = with(OffsetFetchRequest()) {
            $0.groups = [with(OffsetFetchRequest.OffsetFetchRequestGroup()) { $0.topics = nil }]
        }
        #expect(refuse(&grouped, 9, refusing("a")).kind == "nothing")
        #expect(grouped.groups.first?.topics == nil)
        var logDirs = with(DescribeLogDirsRequest()) { $0.topics = nil }
        #expect(refuse(&logDirs, 4, { _ in no }).kind == "nothing")
        var leaders = with(ElectLeadersRequest()) { $0.topicPartitions = nil }
        #expect(refuse(&leaders, 2, { _ in no }).kind == "nothing")
        var reassignments = with(ListPartitionReassignmentsRequest()) { $0.topics = nil }
        #expect(refuse(&reassignments, 0, { _ in no }).kind == "nothing")
        var describe = DescribeTopicPartitionsRequest()
        #expect(refuse(&describe, 0, { _ in no }).kind == "nothing")
    }

    @Test("What is left never asks for all")
    func nothingLeft() throws {
        var describe = with(DescribeTopicPartitionsRequest()) {
            $0.topics = [with(DescribeTopicPartitionsRequest.TopicRequest()) { $0.name = "a" }]
        }
        #expect(refuse(&describe, 0, refusing("a")).kind == "everything")
        var logDirs = with(DescribeLogDirsRequest()) {
            $0.topics = [with(DescribeLogDirsRequest.DescribableLogDirTopic()) { $0.topic = "a" }]
        }
        #expect(refuse(&logDirs, 4, refusing("a")).kind == "part" && logDirs.topics == [])
        // In version 0 of Metadata, no topics means all of them.
        var metadata = with(MetadataRequest()) {
            $0.topics = [with(MetadataRequest.MetadataRequestTopic()) { $0.name = "a" }]
        }
        let asked = metadata
        let (kind, refused) = refuse(&metadata, 0, refusing("a"))
        #expect(kind == "part" && metadata.topics?.map(\.name) == ["/"])
        let broker = with(MetadataResponse()) {
            $0.brokers = [MetadataResponse.MetadataResponseBroker()]
            $0.topics = [
                with(MetadataResponse.MetadataResponseTopic()) {
                    $0.name = "/"
                    $0.errorCode = .invalidTopicException
                }
            ]
        }
        let merged = asked.merge(broker, refused: refused, rest: metadata, version: 0)
        #expect(merged.topics.map(\.name) == ["a"] && merged.brokers.count == 1)
    }

    @Test("A transaction gets all of its partitions or none")
    func transactions() {
        func topics(_ names: String...) -> [AddPartitionsToTxnRequest.AddPartitionsToTxnTopic] {
            names.map { name in
                with(AddPartitionsToTxnRequest.AddPartitionsToTxnTopic()) {
                    $0.name = name
                    $0.partitions = [0]
                }
            }
        }
        func show(_ results: [AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult]) -> [String] {
            results.flatMap { topic in
                topic.resultsByPartition.map { "\(topic.name) \($0.partitionErrorCode)" }
            }
        }
        var one = with(AddPartitionsToTxnRequest()) { $0.v3AndBelowTopics = topics("b", "a") }
        let (kind, answer) = refuse(&one, 3, refusing("a"))
        #expect(kind == "everything")
        #expect(show(answer.resultsByTopicV3AndBelow) == ["b OPERATION_NOT_ATTEMPTED", "a TOPIC_AUTHORIZATION_FAILED"])
        var several = with(AddPartitionsToTxnRequest()) {
            $0.transactions = [("x", topics("a", "b")), ("y", topics("b")), ("z", topics("b"))].map { name, topics in
                with(AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction()) {
                    $0.transactionalID = name
                    $0.topics = topics
                }
            }
        }
        let asked = several
        let (batched, refused) = refuse(&several, 4) { reference in
            reference == .transactionalID("z") ? Refusal(.transactionalIDAuthorizationFailed) : refusing("a")(reference)
        }
        #expect(batched == "part" && several.transactions.map(\.transactionalID) == ["y"])
        let broker = with(AddPartitionsToTxnResponse()) {
            $0.resultsByTransaction = [
                with(AddPartitionsToTxnResponse.AddPartitionsToTxnResult()) { $0.transactionalID = "y" }
            ]
        }
        let merged = asked.merge(broker, refused: refused, rest: several, version: 4).resultsByTransaction
        #expect(merged.map(\.transactionalID) == ["x", "y", "z"])
        #expect(show(merged[0].topicResults) == ["a TOPIC_AUTHORIZATION_FAILED", "b OPERATION_NOT_ATTEMPTED"])
        #expect(show(merged[2].topicResults) == ["b TRANSACTIONAL_ID_AUTHORIZATION_FAILED"])
    }

    @Test("What belongs to a share session is sent, though nothing be left of it")
    func shareSessions() throws {
        let id = KafkaUUID(high: 0, low: 7)
        var asked = with(ShareFetchRequest()) {
            $0.topics = [
                with(ShareFetchRequest.FetchTopic()) {
                    $0.topicID = id
                    $0.partitions = [
                        with(ShareFetchRequest.FetchPartition()) {
                            $0.acknowledgementBatches = [ShareFetchRequest.AcknowledgementBatch()]
                        }, with(ShareFetchRequest.FetchPartition()) { $0.partitionIndex = 1 },
                    ]
                }
            ]
        }
        let (kind, answer) = refuse(&asked, 1) { $0 == .topic(TopicReference(id: id)) ? no : nil }
        #expect(kind == "part" && asked.topics.isEmpty)
        let partitions = try #require(answer.responses.first?.partitions)
        #expect(partitions.map(\.errorCode) == [no.error, no.error])
        #expect(partitions.map(\.acknowledgeErrorCode) == [no.error, .none])
        var acknowledged = with(ShareAcknowledgeRequest()) {
            $0.topics = [with(ShareAcknowledgeRequest.AcknowledgeTopic()) { $0.topicID = id }]
        }
        #expect(refuse(&acknowledged, 1, { _ in no }).kind == "part")
    }

    @Test("A page of topics does not tell again what an earlier page has told")
    func pages() {
        var asked = with(DescribeTopicPartitionsRequest()) {
            $0.topics = ["a", "b", "c", "d"].map { name in
                with(DescribeTopicPartitionsRequest.TopicRequest()) { $0.name = name }
            }
            $0.cursor = with(DescribeTopicPartitionsRequest.Cursor()) { $0.topicName = "b" }
        }
        let (kind, answer) = refuse(&asked, 0) { $0.topic?.name == "d" ? nil : no }
        #expect(kind == "part" && answer.topics.map(\.name) == ["b", "c"])
    }

    @Test("The results of ACLs are put in the places that were asked for, twice the same included")
    func places() {
        func creation(_ name: String) -> CreateAclsRequest.AclCreation {
            with(CreateAclsRequest.AclCreation()) {
                $0.resourceType = 2
                $0.resourceName = name
            }
        }
        func result(_ error: ErrorCode) -> CreateAclsResponse.AclCreationResult {
            with(CreateAclsResponse.AclCreationResult()) { $0.errorCode = error }
        }
        for (names, broker, expected) in [
            (["a", "b", "a", "c"], [.none, .invalidRequest], [no.error, .none, no.error, .invalidRequest]),
            (["b", "b", "a"], [.none, .invalidRequest], [.none, .invalidRequest, no.error]),
            // An answer that is too short, and one that is too long.
            (["b", "a", "b"], [.none], [.none, no.error, .unknownServerError]),
            (["a", "b"], [.none, .invalidRequest], [no.error, .none, .invalidRequest]),
        ] as [([String], [ErrorCode], [ErrorCode])] {
            let asked = with(CreateAclsRequest()) { $0.creations = names.map(creation) }
            var rest = asked
            let refused = refuse(&rest, 3) { reference in
                if case .acl(let pattern) = reference, pattern.name == "a" { no } else { nil }
            }
            #expect(refused.kind == "part" && rest.creations.map(\.resourceName) == names.filter { $0 != "a" })
            let answer = with(CreateAclsResponse()) { $0.results = broker.map(result) }
            let merged = asked.merge(answer, refused: refused.answer, rest: rest, version: 3)
            #expect(merged.results.map(\.errorCode) == expected)
        }
    }
}
