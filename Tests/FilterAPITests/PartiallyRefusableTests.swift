import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import FilterAPI

/// One API, and how its parts are named.
private struct RefusableAPI: Sendable, CustomTestStringConvertible {
    let type: any PartiallyRefusable.Type
    /// What a refusal of its smallest parts names.
    let parts: Set<Kind>

    var testDescription: String { type.name }

    enum Kind: Sendable {
        case topic
        case partition
        case group
        case transactionalID
        case resource
        case acl
    }

    init(_ type: any PartiallyRefusable.Type, _ parts: Kind...) {
        self.type = type
        self.parts = Set(parts)
    }

    /// True if nothing smaller than this is named.
    func isSmallest(_ reference: ResourceReference) -> Bool {
        switch reference {
        case .topic: parts.contains(.topic)
        case .partition: parts.contains(.partition)
        case .group: parts.contains(.group)
        case .transactionalID: parts.contains(.transactionalID)
        case .resource: parts.contains(.resource)
        case .acl: parts.contains(.acl)
        }
    }
}

private let refused = Refusal(.topicAuthorizationFailed, message: "no")
private let passed = Refusal(.unknownServerError, message: "the broker")
private let seeds: Range<UInt64> = 0..<60

/// Refuses some of what the pools of ``RandomBody`` have.
private func decide(_ reference: ResourceReference) -> Refusal? {
    let isRefused =
        switch reference {
        case .topic(let topic): topic.id.map { $0.low == 1 } ?? (topic.name == "a")
        case .partition(_, let index): index == 0
        case .group(let name), .transactionalID(let name), .resource(_, let name): name == "a"
        case .acl(let pattern): pattern.name == "a"
        }
    return isRefused ? refused : nil
}

@Suite("Refusing parts, at every version")
struct PartiallyRefusableTests {
    private static let apis: [RefusableAPI] = [
        RefusableAPI(ProduceRequest.self, .partition),
        RefusableAPI(FetchRequest.self, .partition),
        RefusableAPI(ListOffsetsRequest.self, .partition),
        RefusableAPI(MetadataRequest.self, .topic),
        RefusableAPI(OffsetCommitRequest.self, .partition),
        RefusableAPI(CreateTopicsRequest.self, .topic),
        RefusableAPI(DeleteTopicsRequest.self, .topic),
        RefusableAPI(DeleteRecordsRequest.self, .partition),
        RefusableAPI(OffsetForLeaderEpochRequest.self, .partition),
        RefusableAPI(TxnOffsetCommitRequest.self, .partition),
        RefusableAPI(CreatePartitionsRequest.self, .topic),
        RefusableAPI(OffsetDeleteRequest.self, .partition),
        RefusableAPI(DescribeTopicPartitionsRequest.self, .topic),
        RefusableAPI(ShareFetchRequest.self, .partition),
        RefusableAPI(ShareAcknowledgeRequest.self, .partition),
        RefusableAPI(OffsetFetchRequest.self, .partition),
        RefusableAPI(WriteTxnMarkersRequest.self, .partition),
        RefusableAPI(DescribeTransactionsRequest.self, .transactionalID),
        RefusableAPI(DescribeProducersRequest.self, .partition),
        RefusableAPI(AlterReplicaLogDirsRequest.self, .partition),
        RefusableAPI(DescribeLogDirsRequest.self, .partition),
        RefusableAPI(ElectLeadersRequest.self, .partition),
        RefusableAPI(AlterPartitionReassignmentsRequest.self, .partition),
        RefusableAPI(ListPartitionReassignmentsRequest.self, .partition),
        RefusableAPI(DescribeConfigsRequest.self, .topic, .group, .resource),
        RefusableAPI(AlterConfigsRequest.self, .topic, .group, .resource),
        RefusableAPI(IncrementalAlterConfigsRequest.self, .topic, .group, .resource),
        RefusableAPI(CreateAclsRequest.self, .acl),
        RefusableAPI(DeleteAclsRequest.self, .acl),
        RefusableAPI(DescribeGroupsRequest.self, .group),
        RefusableAPI(DeleteGroupsRequest.self, .group),
        RefusableAPI(ConsumerGroupDescribeRequest.self, .group),
        RefusableAPI(ShareGroupDescribeRequest.self, .group),
        RefusableAPI(StreamsGroupDescribeRequest.self, .group),
        RefusableAPI(DescribeShareGroupOffsetsRequest.self, .partition),
        RefusableAPI(AlterShareGroupOffsetsRequest.self, .partition),
        RefusableAPI(DeleteShareGroupOffsetsRequest.self, .topic),
        RefusableAPI(FindCoordinatorRequest.self, .group, .transactionalID),
    ]

    @Test("What is left and what is refused can be written, and merge in the order asked", arguments: apis)
    fileprivate func merges(api: RefusableAPI) throws {
        try Self.merges(api.type, api)
    }

    private static func merges<Asked: PartiallyRefusable>(_ type: Asked.Type, _ api: RefusableAPI) throws {
        for version in type.validVersions where !(type.apiKey == .findCoordinator && version < 4) {
            var outcomes: Set<String> = []
            for seed in seeds {
                let asked = try RandomBody.message(type, version: version, seed: seed)
                var rest = asked
                switch rest.refuseParts(version: version, decide) {
                case .nothing:
                    #expect(rest == asked)
                    outcomes.insert("nothing")
                case .everything(let answer):
                    _ = try answer.reread(version)
                    outcomes.insert("everything")
                case .part(let answer):
                    outcomes.insert("part")
                    let answer = try answer.reread(version)
                    #expect(try rest.reread(version) == rest)
                    var again = rest
                    #expect(again.refuseParts(version: version, decide) == .nothing)
                    // A broker that answers the rest with an error of its own at each part.
                    guard let broker = try Self.answer(rest, version, { api.isSmallest($0) ? passed : nil }) else {
                        continue
                    }
                    let merged = asked.merge(broker, refused: answer, rest: rest, version: version)
                    let whole = try #require(
                        try Self.answer(asked, version) { decide($0) ?? (api.isSmallest($0) ? passed : nil) })
                    #expect(merged == asked.merge(whole, refused: type.Response(), rest: asked, version: version))
                    #expect(try merged.reread(version) == merged)
                }
            }
            #expect(outcomes.contains("part"), "version \(version): \(outcomes)")
        }
    }

    /// What is sent though nothing be left of it, since the answer tells other things as well, or a session counts it.
    private static let alwaysSent: Set<APIKey> = [.metadata, .describeLogDirs, .shareFetch, .shareAcknowledge]

    @Test("Nothing goes on of a request of which all is refused", arguments: apis)
    fileprivate func everything(api: RefusableAPI) throws {
        try Self.everything(api.type)
    }

    private static func everything<Asked: PartiallyRefusable>(_ type: Asked.Type) throws {
        for version in type.validVersions {
            for seed in seeds {
                let asked = try RandomBody.message(type, version: version, seed: seed)
                var rest = asked
                switch rest.refuseParts(version: version, { _ in refused }) {
                case .nothing: #expect(rest == asked)
                case .everything(let answer):
                    #expect(!alwaysSent.contains(type.apiKey))
                    _ = try answer.reread(version)
                case .part:
                    #expect(alwaysSent.contains(type.apiKey), "version \(version): \(asked)")
                    _ = try rest.reread(version)
                }
            }
        }
    }

    private static func answer<Asked: PartiallyRefusable>(
        _ asked: Asked, _ version: Int16, _ decide: (ResourceReference) -> Refusal?
    ) throws -> Asked.Response? {
        var rest = asked
        switch rest.refuseParts(version: version, decide) {
        case .nothing: return nil
        case .part(let answer), .everything(let answer): return try answer.reread(version)
        }
    }
}
