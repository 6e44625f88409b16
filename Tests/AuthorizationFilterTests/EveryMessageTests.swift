import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import AuthorizationFilter
@testable import ProxyRuntime

@Suite("Random requests of every API and version")
struct EveryMessageTests {
    /// What is named to go on with something, not to ask for it.
    private static func asked<Asked: RequestMessage>(_ message: Asked) -> any RequestMessage {
        switch message {
        case let message as FetchRequest: with(message) { $0.forgottenTopicsData = [] }
        case let message as DescribeTopicPartitionsRequest: with(message) { $0.cursor = nil }
        default: message
        }
    }

    /// APIs whose requests pass a denial of everything, since a broker checks nothing, or what it finds.
    private static let passing: Set<APIKey> = [
        .apiVersions, .saslHandshake, .saslAuthenticate, .getTelemetrySubscriptions, .pushTelemetry, .describeCluster,
        .listGroups, .listTransactions, .renewDelegationToken, .expireDelegationToken, .describeDelegationToken,
    ]

    @Test("With a rule that denies all, nothing that names a resource reaches the broker", arguments: APIKey.known)
    func denyAll(key: APIKey) throws {
        let type = try #require(key.requestType)
        let yaml =
            "log: none\nrules: [{ deny: All, principal: 'User:*', topic: '*', group: '*', transactional_id: '*', cluster: true }]"
        for version in type.validVersions where !Self.passing.contains(key) {
            for seed in UInt64(0)..<6 {
                let guarded = try Guarded(yaml)
                guarded.learn("a", "b", "c", "d")
                let message = Self.asked(try RandomBody.message(type, version: version, seed: seed))
                try guarded.send(message, version: version)
                for frame in try guarded.got() {
                    let names = try Self.names(in: frame, key, version)
                    #expect(names.isEmpty, "version \(version), seed \(seed): \(names) of \(message)")
                    // What has no names may only be what asks for none, or for all.
                    let names2 = try Self.names(of: message, version)
                    #expect(key == .metadata || key == .createDelegationToken || names2.isEmpty, "\(message)")
                }
            }
        }
    }

    @Test(
        "With a rule that allows all, the bytes of every request reach the broker as they are", arguments: APIKey.known)
    func allowAll(key: APIKey) throws {
        let type = try #require(key.requestType)
        let one =
            "log: none\nrules: [{ allow: All, principal: 'User:*', topic: '*', group: '*', transactional_id: '*', cluster: true, user: '*', delegation_token: '*' }]"
        // The same rights, so that bodies are read: a name is denied that is never asked for.
        let inspected =
            one.dropLast()
            + ", { deny: All, principal: 'User:*', topic: never, group: never, transactional_id: never, user: never, delegation_token: never }]"
        for yaml in [one, String(inspected)] {
            for version in type.validVersions {
                for seed in UInt64(0)..<4 {
                    let guarded = try Guarded(yaml)
                    guarded.learn("a", "b", "c", "d")
                    let message = try RandomBody.message(type, version: version, seed: seed)
                    // What belongs to a session that was not begun here is no test of rights.
                    if yaml != one, Self.goesOn(message) || Self.hasNameless(message, version) { continue }
                    var sent = try Connections.request(message, version: version, id: 1)
                    try guarded.connections.clientSends(sent)
                    let got = try guarded.got()
                    sent.moveReaderIndex(forwardBy: 4)
                    #expect(got.count == 1, "version \(version), seed \(seed): \(message)")
                    // The correlation ID is Sluice's own.
                    #expect(got.first?.bytes(from: 8) == sent.bytes(from: 8), "version \(version), seed \(seed)")
                }
            }
        }
    }

    /// True if a request has a topic with neither a name nor an ID, which no topic is.
    private static func hasNameless<Asked: RequestMessage>(_ message: Asked, _ version: Int16) -> Bool {
        func look<Parts: PartiallyRefusable>(_ parts: Parts) -> Bool {
            var isNameless = false
            var copy = parts
            _ = copy.refuseParts(version: version) { reference in
                if let topic = reference.topic, topic.name == nil, topic.id == nil { isNameless = true }
                return nil
            }
            return isNameless
        }
        guard let parts = message as? any PartiallyRefusable else { return false }
        return look(parts)
    }

    private static func goesOn(_ message: any RequestMessage) -> Bool {
        switch message {
        case let message as FetchRequest: message.sessionEpoch > 0
        case let message as ShareFetchRequest: message.shareSessionEpoch > 0
        case let message as ShareAcknowledgeRequest: message.shareSessionEpoch > 0
        default: false
        }
    }

    private static let roles: Set<FieldRole> = [
        .topicName, .topicID, .groupID, .transactionalID, .resourceName, .coordinatorKey,
    ]

    private static func names(of message: any RequestMessage, _ version: Int16) throws -> Set<String> {
        var frame = try Connections.request(message, version: version, id: 1)
        frame.moveReaderIndex(forwardBy: 4)
        return try names(in: frame, type(of: message).apiKey, version)
    }

    /// The names in a request; `/` is the topic that cannot be.
    private static func names(in frame: ByteBuffer, _ key: APIKey, _ version: Int16) throws -> Set<String> {
        guard case .header(let head) = try frame.readHead(at: frame.readerIndex, frameSize: frame.readableBytes) else {
            throw WireError(.truncated, at: 0)
        }
        var filtered = FilteredFrame(
            frame: frame, apiKey: key, apiVersion: version, direction: .request, bodyOffset: head.length)
        var names: Set<String> = []
        for field in try filtered.fields() where roles.contains(field.role) && !field.isNull {
            let text = field.role == .topicID ? "ID" : filtered.string(field) ?? ""
            if !text.isEmpty, text != "/" { names.insert(text) }
        }
        return names
    }
}

extension ByteBuffer {
    fileprivate func bytes(from offset: Int) -> [UInt8]? {
        getBytes(at: readerIndex + offset, length: readableBytes - offset)
    }
}
