import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import TopicRewriteFilter

/// All names under a prefix, as a tenant has them.
private let tenant = """
    rules:
      - prefix: ""
        to_prefix: "staging."
        hide_others: true
    groups: { prefix: "t1." }
    """

private let tenantNames = Naming(
    topic: { "staging." + $0 }, group: { "t1." + $0 }, transaction: { "t1." + $0 },
    topicRegex: { "staging\\.\($0)" }, transactionRegex: { "t1\\.(?:\($0))" })

/// Each name under another, with a group of their own.
private let exact = """
    rules:
      - { topic: orders, to: orders.canary }
      - { topic: payments, to: paid, group_suffix: .canary }
      - { topic: a, to: b }
      - { topic: long.name-with_all, to: short }
      - { topic: x.y.z, to: zzz }
    """

private let exactTopics = [
    "orders": "orders.canary", "payments": "paid", "a": "b", "long.name-with_all": "short", "x.y.z": "zzz",
]
private let exactNames = Naming(
    topic: { exactTopics[$0] ?? $0 }, group: { $0 + ".canary" }, topicRegex: { _ in "" })
private let exactClientNames = Naming(topicRegex: { _ in "" })

@Suite("Names in frames")
struct TranslationTests {
    /// How many frames are made for each version.
    static let seeds: UInt64 = 20

    static let cases: [(yaml: String, client: Naming, broker: Naming, someTopic: String)] = [
        (tenant, .plain, tenantNames, "staging.orders"), (exact, exactClientNames, exactNames, "paid"),
    ]

    @Test(
        "They become the broker's in requests, and nothing else changes",
        arguments: FieldRow.layouts.filter { $0.direction == .request }.map(\.apiKey))
    func requests(key: APIKey) throws {
        let layout = try #require(MessageLayout.layout(key, .request))
        for (yaml, client, broker, someTopic) in Self.cases {
            let rig = try Rig(yaml, cluster: KnownCluster { _ in someTopic })
            for version in layout.validVersions {
                for seed in UInt64(0)..<Self.seeds {
                    let type = Int8(seed % 3)
                    let asked = NamedFrame(
                        layout, version: version, seed: seed, naming: client, coordinatorKeyType: type)
                    let wanted = NamedFrame(
                        layout, version: version, seed: seed, naming: broker, coordinatorKeyType: type)
                    let (action, request) = try rig.request(asked.bytes, bodyOffset: asked.bodyOffset, key, version)
                    guard case .forward = action else {
                        Issue.record("\(layout.name) v\(version): \(action)")
                        return
                    }
                    #expect(try request.frame.leaving() == wanted.bytes, "\(layout.name) v\(version) seed \(seed)")
                }
            }
        }
    }

    @Test(
        "They become the client's in responses, and nothing else changes",
        arguments: FieldRow.layouts.filter { $0.direction == .response }.map(\.apiKey))
    func responses(key: APIKey) throws {
        let layout = try #require(MessageLayout.layout(key, .response))
        let asking = try #require(MessageLayout.layout(key, .request))
        for (yaml, client, broker, someTopic) in Self.cases {
            let rig = try Rig(yaml, cluster: KnownCluster { _ in someTopic })
            for version in layout.validVersions {
                for seed in UInt64(0)..<Self.seeds {
                    let type = Int8(seed % 3)
                    let asked = NamedFrame(
                        asking, version: version, seed: seed, naming: client, coordinatorKeyType: type)
                    let (_, request) = try rig.request(asked.bytes, bodyOffset: asked.bodyOffset, key, version)
                    let answer = NamedFrame(
                        layout, version: version, seed: seed, naming: broker,
                        coordinatorKeyType: version == 0 ? 0 : type)
                    let wanted = NamedFrame(
                        layout, version: version, seed: seed, naming: client,
                        coordinatorKeyType: version == 0 ? 0 : type)
                    let (action, response) = try rig.response(answer.bytes, bodyOffset: answer.bodyOffset, to: request)
                    guard case .forward = action else {
                        Issue.record("\(layout.name) v\(version): \(action)")
                        return
                    }
                    #expect(try response.frame.leaving() == wanted.bytes, "\(layout.name) v\(version) seed \(seed)")
                }
            }
        }
    }
}
