import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import FilterAPI

@Suite("What requests name is shown to whoever decides")
struct NamedResourcesTests {
    /// Requests between brokers, which name nothing: what clients ask for is elsewhere.
    private static let betweenBrokers: Set<APIKey> = [
        .leaderAndIsr, .stopReplica, .updateMetadata, .vote, .beginQuorumEpoch, .endQuorumEpoch, .describeQuorum,
        .alterPartition, .fetchSnapshot, .assignReplicasToDirs,
    ]
    /// Where topics are named that are not asked for with this request: those that a member owns, and the state of
    /// share groups, which is refused as a whole.
    private static let withoutTopicIDs: Set<APIKey> = [
        .consumerGroupHeartbeat, .initializeShareGroupState, .readShareGroupState, .writeShareGroupState,
        .deleteShareGroupState, .readShareGroupStateSummary,
    ]

    private static let roles: Set<FieldRole> = [
        .topicName, .topicID, .groupID, .transactionalID, .resourceName, .coordinatorKey,
    ]

    /// The names and IDs in the fields of a request.
    private static func fields<Asked: RequestMessage>(_ asked: Asked, _ version: Int16) throws -> Set<String> {
        var writer = WireWriter()
        try asked.encode(into: &writer, version: version)
        var frame = FilteredFrame(
            frame: writer.finish(), apiKey: Asked.apiKey, apiVersion: version, direction: .request, bodyOffset: 0)
        let fields = try frame.fields().filter { Self.roles.contains($0.role) && !$0.isNull }
        return Set(
            fields.compactMap { field -> String? in
                guard field.role == .topicID else { return frame.string(field) }
                guard !withoutTopicIDs.contains(Asked.apiKey) else { return nil }
                let bytes = frame.frame?.getBytes(at: field.location.start, length: 16) ?? []
                return bytes.last.flatMap { $0 == 0 ? nil : KafkaUUID(high: 0, low: UInt64($0)).description }
            }.filter { !$0.isEmpty })
    }

    /// What is shown of a request.
    private static func shown<Asked: RequestMessage>(_ asked: Asked, _ version: Int16) -> Set<String> {
        var references = (asked as? any SubjectNaming)?.subjects(version: version) ?? []
        if let asked = asked as? any PartiallyRefusable { references += parts(asked, version) }
        var names: Set<String> = []
        for reference in references {
            switch reference {
            case .topic(let topic), .partition(let topic, _):
                if let name = topic.name { names.insert(name) }
                if let id = topic.id { names.insert(id.description) }
            case .group(let name), .transactionalID(let name), .resource(_, let name): names.insert(name)
            case .acl(let pattern): names.insert(pattern.name ?? "")
            }
        }
        // Of the key of a share group's partition, the group is shown.
        if Asked.apiKey == .findCoordinator, names.contains("a") { names.insert("a:AAAAAAAAAAAAAAAAAAAAAQ:1") }
        return names
    }

    private static func parts<Asked: PartiallyRefusable>(_ asked: Asked, _ version: Int16) -> [ResourceReference] {
        var references: [ResourceReference] = []
        var rest = asked
        let nothing = rest.refuseParts(version: version) { reference in
            references.append(reference)
            return nil
        }
        #expect(nothing == .nothing)
        #expect(rest == asked)
        return references
    }

    /// Takes out of a request what is named but not asked for.
    private static func asked<Asked: RequestMessage>(_ message: Asked) -> any RequestMessage {
        switch message {
        case let message as FetchRequest: with(message) { $0.forgottenTopicsData = [] }
        case let message as ShareFetchRequest: with(message) { $0.forgottenTopicsData = [] }
        case let message as DescribeTopicPartitionsRequest: with(message) { $0.cursor = nil }
        default: message
        }
    }

    @Test("All topics, groups, transactional IDs and resources, at every version", arguments: APIKey.known)
    func everyName(key: APIKey) throws {
        let type = try #require(key.requestType)
        for version in type.validVersions where !Self.betweenBrokers.contains(key) {
            for seed in UInt64(0)..<30 {
                let message = Self.asked(try RandomBody.message(type, version: version, seed: seed))
                let missing = try Self.fields(message, version).subtracting(Self.shown(message, version))
                #expect(missing.isEmpty, "version \(version), seed \(seed): \(message)")
            }
        }
    }

    @Test("A topic or a group is one wherever it is named")
    func configurations() {
        func reference(_ type: Int8) -> ResourceReference { ResourceReference(resourceType: type, name: "x") }
        #expect(reference(2) == .topic(TopicReference(name: "x")) && reference(2).topic?.name == "x")
        #expect(reference(32) == .group("x") && reference(32).group == "x")
        #expect(reference(4) == .resource(type: 4, name: "x") && reference(4).topic == nil)
        #expect(ResourceReference.partition(TopicReference(name: "x"), 1).topic?.name == "x")
    }

    @Test("Keys of coordinators are groups, transactional IDs, or partitions of share groups")
    func coordinatorKeys() {
        for (type, key, reference) in [
            (0, "g", .group("g")), (1, "t", .transactionalID("t")),
            (2, "g:with:colons:AAAA:3", .group("g:with:colons")),
            (2, "odd", .group("odd")), (2, ":", .group(":")), (2, "::", .group("")), (99, "x", .group("x")),
        ] as [(Int8, String, ResourceReference)] {
            let asked = with(FindCoordinatorRequest()) {
                $0.keyType = type
                $0.key = key
                $0.coordinatorKeys = [key]
            }
            #expect(asked.subjects(version: 3) == [reference])
            #expect(asked.subjects(version: 4).isEmpty)
            var shown: [ResourceReference] = []
            var rest = asked
            _ = rest.refuseParts(version: 4) { part in
                shown.append(part)
                return nil
            }
            #expect(shown == [reference])
        }
    }
}
