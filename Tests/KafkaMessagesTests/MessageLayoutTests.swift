import KafkaMessages
import KafkaWire
import Testing

@Suite("Message layouts")
struct MessageLayoutTests {
    @Test("Every message has one, with the versions of its type", arguments: APIKey.known)
    func everyMessage(key: APIKey) throws {
        for direction in Direction.allCases {
            let layout = try #require(MessageLayout.layout(key, direction))
            let type = try #require(key.messageType(direction))
            #expect(layout.name == type.name)
            #expect(layout.apiKey == key)
            #expect(layout.direction == direction)
            #expect(layout.validVersions == type.validVersions)
            #expect(layout.firstFlexibleVersion == type.firstFlexibleVersion)
        }
    }

    @Test("A key that is not known has none", arguments: [-1, 93, Int16.max])
    func unknown(key: Int16) {
        #expect(MessageLayout.layout(APIKey(rawValue: key), .request) == nil)
    }

    @Test("Fields carry type, versions, nullability, tag and role")
    func fields() throws {
        let layout = try #require(MessageLayout.layout(.fetch, .response))
        let endpoints = try #require(layout.fields.last)
        #expect(endpoints.name == "NodeEndpoints")
        #expect(endpoints.versions == 16...Int16.max)
        #expect(endpoints.taggedVersions == 16...Int16.max)
        #expect(endpoints.tag == 0)
        guard case .array(.structure(let fields)) = endpoints.type else {
            Issue.record("not an array of structures")
            return
        }
        #expect(fields.map(\.name) == ["NodeId", "Host", "Port", "Rack"])
        #expect(fields.map(\.role) == [.brokerID, .host, .port, .rack])
        #expect(fields[3].nullableVersions == 16...Int16.max)
        guard case .string = fields[1].type, case .int32 = fields[2].type else {
            Issue.record("host is not a string, or port not an int32")
            return
        }
    }

    @Test("Broker addresses are where clients connect to, and nowhere else")
    func addresses() {
        let expected = [
            "DescribeClusterResponse", "FetchResponse", "FindCoordinatorResponse", "MetadataResponse",
            "ProduceResponse",
            "ShareAcknowledgeResponse", "ShareFetchResponse",
        ]
        for role in [FieldRole.host, .port, .brokerID] { #expect(Self.messages(with: role) == expected) }
        let coordinator = MessageLayout.layout(.findCoordinator, .response)
        #expect(coordinator.map { Self.count(.host, $0.fields) } == 2)
    }

    @Test("Topic names are wherever PROTOCOL.md says")
    func topicNames() {
        let keys = Set(APIKey.known.filter { Self.has(.topicName, $0) }.map(\.rawValue))
        let clients: Set<Int16> = [
            0, 1, 2, 3, 8, 9, 19, 20, 21, 23, 24, 27, 28, 34, 35, 37, 43, 45, 46, 47, 61, 65, 68, 69, 75, 76, 77, 88,
            89,
            90, 91, 92,
        ]
        #expect(clients.subtracting(keys) == [])
        let brokers: Set<Int16> = [4, 5, 6, 7, 52, 53, 54, 55, 56, 59]
        #expect(keys.subtracting(clients).subtracting(brokers) == [])
    }

    @Test("Group IDs are wherever PROTOCOL.md says")
    func groups() {
        let keys = Set(APIKey.known.filter { Self.has(.groupID, $0) }.map(\.rawValue))
        #expect(
            keys == [
                8, 9, 11, 12, 13, 14, 15, 16, 25, 28, 42, 47, 68, 69, 76, 77, 78, 79, 83, 84, 85, 86, 87, 88, 89, 90,
                91,
                92,
            ])
    }

    @Test("Transactional IDs are wherever PROTOCOL.md says")
    func transactionalIDs() {
        let keys = Set(APIKey.known.filter { Self.has(.transactionalID, $0) }.map(\.rawValue))
        #expect(keys == [0, 22, 24, 25, 26, 28, 65, 66])
    }

    @Test(
        "Roles that a filter counts on",
        arguments: [
            (FieldRole.records, ["FetchResponse", "ProduceRequest", "ShareFetchResponse"]),
            (.acks, ["ProduceRequest"]),
            (.subscriptionBytes, ["DescribeGroupsResponse", "JoinGroupRequest", "JoinGroupResponse"]),
            (.assignmentBytes, ["DescribeGroupsResponse", "SyncGroupRequest", "SyncGroupResponse"]),
            (.coordinatorKey, ["FindCoordinatorRequest", "FindCoordinatorResponse"]),
            (.coordinatorKeyType, ["FindCoordinatorRequest"]),
            (
                .topicRegex,
                [
                    "ConsumerGroupDescribeResponse", "ConsumerGroupHeartbeatRequest", "StreamsGroupHeartbeatRequest",
                ]
            ),
            (
                .resourceName,
                [
                    "AlterConfigsRequest", "AlterConfigsResponse", "CreateAclsRequest", "DeleteAclsRequest",
                    "DeleteAclsResponse", "DescribeAclsRequest", "DescribeAclsResponse", "DescribeConfigsRequest",
                    "DescribeConfigsResponse", "IncrementalAlterConfigsRequest", "IncrementalAlterConfigsResponse",
                    "ListConfigResourcesResponse",
                ]
            ),
        ] as [(FieldRole, [String])])
    func roles(role: FieldRole, messages: [String]) {
        #expect(Self.messages(with: role) == messages.sorted())
    }

    private static func messages(with role: FieldRole) -> [String] {
        APIKey.known.flatMap { key in
            Direction.allCases.compactMap { MessageLayout.layout(key, $0) }
        }.filter { count(role, $0.fields) > 0 }.map(\.name).sorted()
    }

    private static func has(_ role: FieldRole, _ key: APIKey) -> Bool {
        Direction.allCases.contains { direction in
            MessageLayout.layout(key, direction).map { count(role, $0.fields) > 0 } ?? false
        }
    }

    private static func count(_ role: FieldRole, _ fields: [FieldLayout]) -> Int {
        fields.reduce(0) { sum, field in
            sum + (field.role == role ? 1 : 0) + (children(field.type).map { count(role, $0) } ?? 0)
        }
    }

    private static func children(_ type: FieldType) -> [FieldLayout]? {
        switch type {
        case .structure(let fields): fields
        case .array(let element): children(element)
        default: nil
        }
    }
}
