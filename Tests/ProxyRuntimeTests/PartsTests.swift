import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import NIOEmbedded
import Settings
import SluiceConfiguration
import Telemetry
import Testing

@testable import ProxyRuntime

@Suite("What bytes look like that are not Kafka")
struct ProtocolGuessTests {
    @Test(
        "Their protocol is told by how they begin",
        arguments: [
            ("GET / HTTP/1.1", "http"), ("POST /x", "http"), ("PRI * HTTP/2.0", "http"), ("\u{16}\u{03}\u{01}", "tls"),
            ("PROXY TCP4 ", "proxy_protocol"), ("\r\n\r\n\0\r\nQUIT\n", "proxy_protocol"), ("SSH-2.0", nil), ("", nil),
            ("\0\0\0\u{14}", nil), ("GE", nil),
        ] as [(String, String?)])
    func guess(text: String, expected: String?) {
        #expect(ProtocolGuess.of(ByteBuffer(string: text)) == expected)
    }
}

@Suite("SASL that passes")
struct SASLObserverTests {
    private func head(_ key: APIKey, _ version: Int16) -> RequestHead {
        RequestHead(apiKey: key, apiVersion: version, correlationID: 1, clientID: nil, length: 8)
    }

    @Test("After a handshake of version 0 tokens come without a header, until a request comes")
    func tokens() {
        var sasl = SASLObserver()
        #expect(!sasl.expectsToken)
        sasl.sent(head(.saslHandshake, 0))
        #expect(!sasl.expectsToken)
        sasl.handshakeAnswered(version: 0, errorCode: 0)
        #expect(sasl.expectsToken)
        for token in ["\0alice\0secret", "n,,n=alice,r=abc", "c=biws,r=abc", "p=tls", "\u{60}\u{82}", "", "\0"] {
            var chunk = ByteBuffer(integer: Int32(token.utf8.count))
            chunk.writeString(token)
            let isToken = sasl.isToken(chunk, at: 4)
            #expect(isToken, "\(token)")
        }
        #expect(sasl.expectsToken)
        let isRequest = !sasl.isToken(ByteBuffer(bytes: [0, 0, 0, 12, 0, 3, 0, 1, 0, 0, 0, 1]), at: 4)
        #expect(isRequest)
        #expect(!sasl.expectsToken)
    }

    @Test("A refused handshake, one of version 1, or an answer to none, brings no tokens")
    func noTokens() {
        for (version, error, sends) in [(0, 33, true), (1, 0, true), (0, 0, false)] as [(Int16, Int16, Bool)] {
            var sasl = SASLObserver()
            if sends { sasl.sent(head(.saslHandshake, version)) }
            sasl.handshakeAnswered(version: version, errorCode: error)
            #expect(!sasl.expectsToken)
        }
    }

    @Test("Tokens pass in both directions, and requests follow them")
    func throughConnections() throws {
        let connections = try Connections()
        try connections.clientSends(SaslHandshakeRequest(), version: 0, id: 5)
        try connections.brokerAnswers(try connections.brokerGot()[0], SaslHandshakeResponse())
        #expect(try connections.clientGotIDs() == [5])
        try connections.clientSends(ByteBuffer(bytes: [0, 0, 0, 6, 0, 0x61, 0, 0x62, 0x63, 0x64]))
        #expect(try connections.brokerGot() == [ByteBuffer(bytes: [0, 0x61, 0, 0x62, 0x63, 0x64])])
        try connections.brokerSends(ByteBuffer(bytes: [0, 0, 0, 0]))
        #expect(try connections.clientGot() == [ByteBuffer()])
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 6)
        try connections.brokerAnswers(try connections.brokerGot()[0], HeartbeatResponse())
        #expect(try connections.clientGotIDs() == [6])
        #expect(!connections.isClosed)
    }
}

@Suite("The budget of held frames")
struct HoldBudgetTests {
    @Test("Memory goes to those who asked first, also where a later one would fit")
    func firstComeFirstServed() {
        let loop = EmbeddedEventLoop()
        let budget = HoldBudget(limit: 100)
        let served = Journal()
        #expect(budget.reserve(60, on: loop) == nil)
        let large = budget.reserve(80, on: loop)
        let small = budget.reserve(10, on: loop)
        large?.whenSuccess { served.note("large") }
        small?.whenSuccess { served.note("small") }
        #expect(large != nil && small != nil)
        #expect(budget.usage.waiting == 2)
        budget.release(60)
        loop.run()
        #expect(served.entries == ["large", "small"])
        #expect(budget.usage.bytes == 90 && budget.usage.frames == 2 && budget.usage.waiting == 0)
        budget.release(80)
        budget.release(10)
        #expect(budget.usage.bytes == 0 && budget.usage.frames == 0)
    }

    @Test("A frame as large as the budget is served when nothing else is held")
    func largest() {
        let loop = EmbeddedEventLoop()
        let budget = HoldBudget(limit: 100)
        #expect(budget.reserve(100, on: loop) == nil)
        let second = budget.reserve(100, on: loop)
        let served = Journal()
        second?.whenSuccess { served.note("second") }
        loop.run()
        #expect(served.entries.isEmpty)
        budget.release(100)
        loop.run()
        #expect(served.entries == ["second"])
        budget.release(100)
    }

    @Test("A connection whose frame waits for memory gets it in turn, and gives it back at its end")
    func connection() throws {
        var settings = Connections.Settings()
        settings.limits.bufferedBytes = .bytes(64)
        let connections = try Connections([.scripted(ScriptedFilter("a", Journal()))], settings: settings)
        #expect(connections.shared.budget.reserve(60, on: connections.loop) == nil)
        var request = try Connections.request(HeartbeatRequest(), version: 4, id: 1)
        let first = request.readSlice(length: 26) ?? ByteBuffer()
        try connections.clientSends(ByteBuffer(buffer: first))
        try connections.clientSends(ByteBuffer(buffer: request))
        #expect(try connections.brokerGot().isEmpty)
        #expect(connections.shared.budget.usage.waiting == 1)
        connections.shared.budget.release(60)
        connections.loop.run()
        #expect(try connections.brokerGot().count == 1)
        #expect(connections.shared.budget.usage.bytes == 0)
    }
}

@Suite("What clients are offered")
struct APIVersionRangesTests {
    private func lowered(_ key: APIKey, _ range: ClosedRange<Int16>, rewrites: Bool = true) throws -> [String]? {
        var response = ApiVersionsResponse()
        var version = ApiVersionsResponse.ApiVersion()
        version.apiKey = key.rawValue
        (version.minVersion, version.maxVersion) = (range.lowerBound, range.upperBound)
        response.apiKeys = [version]
        var writer = WireWriter()
        try response.encode(into: &writer, version: 3)
        var body = writer.finish()
        body.writeBytes([1, 2])
        let plans = PlanTable(chain: .empty, rewritesAddresses: rewrites)
        guard let changed = try APIVersionRanges.lower(body, version: 3, plans: plans) else { return nil }
        var reader = WireReader(changed)
        let result = try ApiVersionsResponse.decode(from: &reader, version: 3)
        #expect(reader.remaining == 2)
        return result.apiKeys.map { "\($0.minVersion)-\($0.maxVersion)" }
    }

    @Test("The highest version is lowered to what can be read, where it must be read; the lowest stays")
    func lower() throws {
        #expect(try lowered(.metadata, 0...99) == ["0-13"])
        #expect(try lowered(.metadata, 0...12) == nil)
        #expect(try lowered(.metadata, 0...99, rewrites: false) == nil)
        #expect(try lowered(.produce, 0...99, rewrites: false) == ["0-13"])
        #expect(try lowered(.heartbeat, 0...99) == nil)
        #expect(try lowered(.metadata, 50...99) == [])
        #expect(try lowered(APIKey(rawValue: 500), 0...3) == nil)
    }

    @Test("An answer that cannot be read reaches the client as it is")
    func unreadable() throws {
        let connections = try Connections()
        try connections.clientSends(ApiVersionsRequest(), version: 3, id: 9)
        let request = try connections.brokerGot()[0]
        var response = ByteBuffer(bytes: [0, 0, 0, 11])
        response.writeInteger(request.getInteger(at: request.readerIndex + 4, as: Int32.self) ?? 0)
        response.writeBytes([0, 35, 0, 0, 0, 9, 1])
        try connections.brokerSends(response)
        #expect(try connections.clientGot() == [ByteBuffer(bytes: [0, 0, 0, 9, 0, 35, 0, 0, 0, 9, 1])])
        #expect(!connections.isClosed)
    }
}

@Suite("The counters of topics")
struct TopicTableTests {
    private func table() -> TopicTable {
        TopicTable(shard: MetricsShard(), metrics: CoreMetrics(registry: MetricsRegistry()))
    }

    @Test("The same name has the same counters, another name has others, whatever they share")
    func byName() {
        let topics = table()
        let names = (0..<2000).map { "topic-\($0)" } + ["ab", "ba", "a", "", "äöü"]
        let first = names.map { name in Array(name.utf8).withUnsafeBytes { topics.find(name: $0) } }
        let second = names.map { name in Array(name.utf8).withUnsafeBytes { topics.find(name: $0) } }
        #expect(zip(first, second).allSatisfy { $0 === $1 })
        #expect(zip(first, names).allSatisfy { $0.name == $1 })
        #expect(Set(first.map(ObjectIdentifier.init)).count == names.count)
    }

    @Test("An ID is asked for once it is known, and not before")
    func byID() {
        let topics = table()
        let id = KafkaUUID(high: 1, low: 2)
        #expect(topics.find(id: id) { _ in nil } == nil)
        let found = topics.find(id: id) { _ in "orders" }
        #expect(found?.name == "orders")
        #expect(topics.find(id: id) { _ in "another" } === found)
        #expect(Array("orders".utf8).withUnsafeBytes { topics.find(name: $0) } === found)
    }
}

@Suite("The ports of brokers")
struct VirtualClusterTests {
    @Test("A range gives each ID its port, and none to those outside of it")
    func range() throws {
        let ports = try #require(PortRange(first: 9093, last: 9095))
        let cluster = VirtualCluster(
            BrokerPortsConfiguration(
                advertisedHost: "h", plan: .range(ports), firstBrokerID: 100, bindHost: "127.0.0.1"))
        #expect(
            [99, 100, 101, 102, 103, -1, .max, .min].map { cluster.address(of: $0)?.port } == [
                nil, 9093, 9094, 9095, nil, nil, nil, nil,
            ])
        #expect(cluster.ports.map(\.broker) == [100, 101, 102])
        #expect(cluster.ports.map(\.port) == [9093, 9094, 9095])
    }

    @Test("A map gives each ID the port that is written")
    func explicit() {
        let cluster = VirtualCluster(
            BrokerPortsConfiguration(advertisedHost: "h", plan: .explicit([7: 1007, 3: 1003]), bindHost: "127.0.0.1"))
        #expect([7, 3, 5].map { cluster.address(of: $0)?.port } == [1007, 1003, nil])
        #expect(cluster.ports.map(\.broker) == [3, 7])
    }
}
