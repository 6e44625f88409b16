import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import TopicRewriteFilter

@Suite("Resources of ACLs and configurations")
struct ResourceTests {
    private static let tenant = """
        rules: [{ prefix: "", to_prefix: "s.", hide_others: true }]
        groups: { prefix: "g." }
        """
    private static let canary = "rules: [{ topic: orders, to: orders.canary }]"
    private static let part = "rules: [{ prefix: team., to_prefix: t7. }]"

    private static let topic: Int8 = 2
    private static let group: Int8 = 3
    private static let cluster: Int8 = 4
    private static let transaction: Int8 = 5
    private static let literal: Int8 = 3
    private static let prefixed: Int8 = 4

    private typealias Change = ResourceNames.Change

    @Test(
        "What an ACL is for at the broker",
        arguments: [
            (tenant, topic, "a", literal, Change.name("s.a", pattern: nil)),
            (tenant, topic, "a", prefixed, .name("s.a", pattern: nil)),
            (tenant, topic, "*", literal, .name("s.", pattern: 4)),
            (tenant, group, "app", literal, .name("g.app", pattern: nil)),
            (tenant, group, "app-", prefixed, .name("g.app-", pattern: nil)),
            (tenant, group, "*", literal, .name("g.", pattern: 4)),
            (tenant, transaction, "tx", literal, .name("g.tx", pattern: nil)),
            (tenant, cluster, "kafka-cluster", literal, .same),
            (canary, topic, "orders", literal, .name("orders.canary", pattern: nil)),
            (canary, topic, "payments", literal, .same),
            (canary, topic, "pay", prefixed, .same),
            (canary, topic, "*", literal, .same),
            (part, topic, "team.", prefixed, .name("t7.", pattern: nil)),
            (part, topic, "team.a", prefixed, .name("t7.a", pattern: nil)),
            (part, topic, "x", prefixed, .same),
        ])
    private func toBroker(yaml: String, type: Int8, name: String, pattern: Int8, expected: Change) throws {
        let names = ResourceNames(view: try view(yaml))
        #expect(names.brokerACL(type: type, name: name, pattern: pattern, deletes: false) == expected)
        // And the client sees it as it said it.
        var there = (name: name, pattern: pattern)
        if case .name(let name, let other) = expected { there = (name, other ?? pattern) }
        let back = names.clientACL(type: type, name: there.name, pattern: there.pattern)
        switch back {
        case .same: #expect(there.name == name)
        case .name(let client, let other):
            #expect(client == name)
            #expect((other ?? there.pattern) == pattern)
        case .refused: Issue.record("not seen: \(there)")
        }
    }

    @Test(
        "What one pattern cannot say is refused",
        arguments: [
            (canary, topic, "ord", prefixed), (canary, topic, "orders.can", prefixed),
            (canary, topic, "orders.canary", literal),
            (part, topic, "te", prefixed), (part, topic, "t7.", prefixed), (part, topic, "t", prefixed),
        ])
    private func refused(yaml: String, type: Int8, name: String, pattern: Int8) throws {
        guard
            case .refused = ResourceNames(view: try view(yaml)).brokerACL(
                type: type, name: name, pattern: pattern, deletes: false)
        else {
            Issue.record("\(name) is not refused")
            return
        }
    }

    @Test(
        "What belongs to others is not shown",
        arguments: [
            (tenant, topic, "a", literal), (tenant, topic, "*", literal), (tenant, topic, "s", prefixed),
            (tenant, group, "app", literal),
            (tenant, group, "*", literal), (tenant, transaction, "x", prefixed), (canary, topic, "orders", literal),
            (canary, topic, "orders", prefixed), (part, topic, "team.", prefixed),
        ])
    private func hidden(yaml: String, type: Int8, name: String, pattern: Int8) throws {
        let seen = ResourceNames(view: try view(yaml)).clientACL(type: type, name: name, pattern: pattern)
        #expect(seen == .refused("hidden"))
    }

    @Test("A filter for any type must have names that are the same for all")
    func anyType() throws {
        let same = ResourceNames(
            view: try view(
                "rules: [{ prefix: \"\", to_prefix: \"s.\" }]\ngroups: { prefix: \"s.\" }"))
        #expect(same.brokerACL(type: 1, name: "a", pattern: 3, deletes: false) == .name("s.a", pattern: nil))
        let other = ResourceNames(view: try view(Self.tenant))
        guard case .refused = other.brokerACL(type: 1, name: "a", pattern: 3, deletes: false) else {
            throw Rig.Unexpected()
        }
        #expect(other.brokerACL(type: 1, name: nil, pattern: 1, deletes: false) == .same)
    }

    private static func binding(_ type: Int8, _ name: String, _ pattern: Int8) -> CreateAclsRequest.AclCreation {
        with(CreateAclsRequest.AclCreation()) {
            $0.resourceType = type
            $0.resourceName = name
            $0.resourcePatternType = pattern
            $0.principal = "User:a"
            $0.host = "*"
        }
    }

    @Test("ACLs are made under the broker's names, and those that cannot be are answered in their places")
    func creation() throws {
        let rig = try Rig(Self.canary)
        let asked = with(CreateAclsRequest()) {
            $0.creations = [
                Self.binding(2, "ord", 4), Self.binding(2, "orders", 3), Self.binding(4, "kafka-cluster", 3),
            ]
        }
        let (action, request) = try rig.request(asked, version: 3)
        guard case .forward = action else { throw Rig.Unexpected() }
        let sent = try request.frame.body(CreateAclsRequest.self)
        #expect(sent.creations.map(\.resourceName) == ["orders.canary", "kafka-cluster"])
        let part = try #require(request.record.partialAnswers.first?.answer as? CreateAclsResponse)
        #expect(part.results.map(\.errorCode) == [.invalidRequest])
        #expect(part.results.first?.errorMessage?.isEmpty == false)
    }

    @Test("All topics of a tenant are a prefix at the broker, which version 0 cannot say")
    func wildcard() throws {
        let rig = try Rig(Self.tenant)
        let asked = with(CreateAclsRequest()) { $0.creations = [Self.binding(2, "*", 3)] }
        let sent = try rig.sent(asked, version: 1)
        #expect(sent.creations.map(\.resourceName) == ["s."])
        #expect(sent.creations.map(\.resourcePatternType) == [4])
        let old = try answer(rig.request(asked, version: 0).action, CreateAclsResponse.self)
        #expect(old.results.map(\.errorCode) == [.invalidRequest])
    }

    @Test("ACLs are listed under the client's names, and others' are left out")
    func listing() throws {
        let rig = try Rig(Self.tenant)
        let (_, request) = try rig.request(
            with(DescribeAclsRequest()) {
                $0.resourceTypeFilter = 1
                $0.resourceNameFilter = nil
                $0.patternTypeFilter = 1
            }, version: 2)
        let seen = try rig.response(
            with(DescribeAclsResponse()) {
                let found: [(Int8, String, Int8)] = [
                    (2, "s.a", 3), (2, "a", 3), (2, "s.", 4), (3, "g.app", 3), (3, "app", 3), (4, "kafka-cluster", 3),
                ]
                $0.resources = found.map { type, name, pattern in
                    with(DescribeAclsResponse.DescribeAclsResource()) {
                        $0.resourceType = type
                        $0.resourceName = name
                        $0.patternType = pattern
                    }
                }
            }, to: request)
        #expect(seen.resources.map(\.resourceName) == ["a", "*", "app", "kafka-cluster"])
        #expect(seen.resources.map(\.patternType) == [3, 3, 3, 3])
    }

    @Test("ACLs are deleted only where others' cannot be meant")
    func deletion() throws {
        let rig = try Rig(Self.tenant)
        func filter(_ type: Int8, _ name: String?, _ pattern: Int8) -> DeleteAclsRequest.DeleteAclsFilter {
            with(DeleteAclsRequest.DeleteAclsFilter()) {
                $0.resourceTypeFilter = type
                $0.resourceNameFilter = name
                $0.patternTypeFilter = pattern
            }
        }
        let asked = with(DeleteAclsRequest()) {
            $0.filters = [
                filter(2, nil, 1), filter(2, "a", 3), filter(2, "a", 2), filter(1, nil, 1), filter(4, nil, 1),
            ]
        }
        let (action, request) = try rig.request(asked, version: 2)
        guard case .forward = action else { throw Rig.Unexpected() }
        let sent = try request.frame.body(DeleteAclsRequest.self)
        #expect(sent.filters.map(\.resourceNameFilter) == ["s.a", nil])
        #expect(sent.filters.map(\.resourceTypeFilter) == [2, 4])
        let part = try #require(request.record.partialAnswers.first?.answer as? DeleteAclsResponse)
        #expect(part.filterResults.map(\.errorCode) == [.invalidRequest, .invalidRequest, .invalidRequest])
    }

    @Test("Configurations of topics and groups are those of the broker's names, and others stay")
    func configurations() throws {
        let rig = try Rig(Self.tenant)
        let (_, request) = try rig.request(
            with(DescribeConfigsRequest()) {
                let asked: [(Int8, String)] = [(2, "a"), (32, "app"), (4, "1"), (16, "m")]
                $0.resources = asked.map { type, name in
                    with(DescribeConfigsRequest.DescribeConfigsResource()) {
                        $0.resourceType = type
                        $0.resourceName = name
                    }
                }
            }, version: 4)
        #expect(
            try request.frame.body(DescribeConfigsRequest.self).resources.map(\.resourceName)
                == ["s.a", "g.app", "1", "m"])
        let seen = try rig.response(
            with(DescribeConfigsResponse()) {
                let found: [(Int8, String)] = [(2, "s.a"), (32, "g.app"), (4, "1")]
                $0.results = found.map { type, name in
                    with(DescribeConfigsResponse.DescribeConfigsResult()) {
                        $0.resourceType = type
                        $0.resourceName = name
                    }
                }
            }, to: request)
        #expect(seen.results.map(\.resourceName) == ["a", "app", "1"])
        let (_, listing) = try rig.request(ListConfigResourcesRequest(), version: 1)
        let listed = try rig.response(
            with(ListConfigResourcesResponse()) {
                let found: [(String, Int8)] = [("s.a", 2), ("b", 2), ("g.x", 32), ("y", 32), ("m", 16)]
                $0.configResources = found.map { name, type in
                    with(ListConfigResourcesResponse.ConfigResource()) {
                        $0.resourceName = name
                        $0.resourceType = type
                    }
                }
            }, to: listing)
        #expect(listed.configResources.map(\.resourceName) == ["a", "x", "m"])
    }
}
