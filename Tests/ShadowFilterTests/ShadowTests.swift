import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore
import NIOEmbedded
import Settings
import SluiceConfiguration
import Testing

@testable import ProxyRuntime
@testable import ShadowFilter

@Suite("A shadow")
struct ShadowTests {
    private static let id = KafkaUUID(high: 1, low: 2)

    @Test(arguments: 3...13 as ClosedRange<Int16>)
    func `copies what the primary has acknowledged, in each version`(version: Int16) async throws {
        let shadowed = try Shadowed()
        shadowed.connections.cluster.learn(topics: [SeenTopic(name: "orders", id: Self.id)])
        let original = try batch(["a", nil], producer: 77, isTransactional: true)
        let request = produce([2: original], id: version >= 13 ? Self.id : .zero)
        try shadowed.send(request, version: version)
        try shadowed.pass()
        #expect(shadowed.green.written.isEmpty)
        try shadowed.answer(produced(request))
        #expect(try shadowed.connections.clientGot().count == 1)
        try shadowed.pass()
        let written = try #require(shadowed.green.written.first)
        #expect(shadowed.green.written.count == 1)
        #expect(written.topic == "orders.shadow" && written.partition == 2)
        #expect(try records(written.bytes) == ["k0=a@1000+2", "k1=-@1001+2"])
        var batches = RecordBatches(written.bytes)
        let header = try #require(try batches.next()).header
        #expect(header.producerID == 5_000 && header.baseSequence == 0 && !header.attributes.isTransactional)
        #expect(await shadowed.results() == ["delivered": 1])
        #expect(await shadowed.value("records_total") == 2)
        #expect(await shadowed.value("bytes_total") == original.readableBytes)
        #expect(await shadowed.value("pending_batches") == 0)
        #expect(await shadowed.value("buffered_bytes") == 0)
    }

    @Test(arguments: CompressionCodec.allCases)
    func `copies batches unopened with every codec`(codec: CompressionCodec) throws {
        let shadowed = try Shadowed()
        let original = try batch(["a", "b"], codec: codec)
        try shadowed.exchange(produce([0: original]))
        try shadowed.pass()
        let written = try #require(shadowed.green.written.first).bytes
        let size = RecordBatchLayout.headerSize
        #expect(
            written.getSlice(at: size, length: written.readableBytes - size)
                == original.getSlice(at: size, length: original.readableBytes - size))
        #expect(try records(written) == ["k0=a@1000+2", "k1=b@1001+2"])
    }

    @Test func `leaves the client's request and its answer as they are`() throws {
        let shadowed = try Shadowed()
        let request = produce([0: try batch(["a"]), 1: try batch(["b"])])
        let frame = try Connections.request(request, version: 9, id: 5)
        try shadowed.connections.clientSends(Connections.request(request, version: 9, id: 5))
        let got = try #require(try shadowed.connections.brokerGot().first)
        // All but the correlation ID, which is Sluice's own.
        #expect(
            got.getSlice(at: got.readerIndex + 8, length: got.readableBytes - 8)
                == frame.getSlice(at: 12, length: frame.readableBytes - 12))
        try shadowed.connections.brokerAnswers(got, produced(request))
        let answer = try #require(try shadowed.connections.clientGot().first)
        let asked = frame.getSlice(at: 4, length: frame.readableBytes - 4) ?? frame
        let expected = try Connections.response(produced(request), to: asked)
        #expect(answer == expected.getSlice(at: 4, length: expected.readableBytes - 4))
    }

    @Test func `does not copy what the primary refuses`() async throws {
        let shadowed = try Shadowed()
        try shadowed.exchange(
            produce([0: try batch(["a"]), 1: try batch(["b"]), 2: try batch(["c"])]), .notLeaderOrFollower, only: [1])
        try shadowed.pass()
        #expect(Set(shadowed.green.written.map(\.partition)) == [0, 2])
        #expect(await shadowed.results() == ["delivered": 2, "primary_failed": 1])
        #expect(await shadowed.differences() == [:])
        #expect(await shadowed.value("buffered_bytes") == 0)
    }

    @Test func `takes a duplicate for acknowledged, as clients do`() throws {
        let shadowed = try Shadowed()
        try shadowed.exchange(produce([0: try batch(["a"])]), .duplicateSequenceNumber)
        try shadowed.pass()
        #expect(shadowed.green.written.count == 1)
    }

    @Test func `does not copy what has no answer when the connection ends`() async throws {
        let shadowed = try Shadowed()
        try shadowed.send(produce([0: try batch(["a"])]))
        shadowed.connections.downstream.close(reason: "test")
        try shadowed.pass()
        #expect(shadowed.green.written.isEmpty)
        #expect(await shadowed.results() == ["unanswered": 1])
        #expect(await shadowed.value("pending_batches") == 0)
        #expect(await shadowed.value("buffered_bytes") == 0)
    }

    @Test(arguments: ShadowConfiguration.Sending.allCases)
    func `copies what wants no acknowledgement, and compares nothing`(sending: ShadowConfiguration.Sending) async throws
    {
        let shadowed = try Shadowed(Shadowed.orders { $0.sending = sending })
        shadowed.green.error = .topicAuthorizationFailed
        try shadowed.send(produce([0: try batch(["a"])], acks: 0))
        try shadowed.pass()
        #expect(shadowed.green.written.count == 1)
        #expect(await shadowed.results() == ["failed": 1])
        #expect(await shadowed.differences() == [:])
    }

    @Test func `counts what the shadow alone has refused`() async throws {
        let shadowed = try Shadowed()
        shadowed.green.error = .messageTooLarge
        try shadowed.exchange(produce([0: try batch(["a"]), 1: try batch(["b"])]))
        try shadowed.pass()
        #expect(await shadowed.results() == ["failed": 2])
        #expect(await shadowed.differences() == ["shadow_failed": 2])
        #expect(await shadowed.value("buffered_bytes") == 0)
    }

    @Test func `sends at once where that is asked for, and counts what the primary alone has refused`() async throws {
        let shadowed = try Shadowed(Shadowed.orders { $0.sending = .atOnce })
        let request = produce([0: try batch(["a"]), 1: try batch(["b"])])
        try shadowed.send(request)
        try shadowed.pass()
        #expect(shadowed.green.written.count == 2)
        try shadowed.answer(produced(request, .notEnoughReplicas, only: [1]))
        try shadowed.pass()
        #expect(await shadowed.results() == ["delivered": 2])
        #expect(await shadowed.differences() == ["primary_failed": 1])
    }

    @Test func `knows only its topics`() async throws {
        let shadowed = try Shadowed(
            with(ShadowConfiguration(cluster: "green", rules: [.prefix("orders.", to: "copy.")])) { _ in })
        shadowed.green.topics = ["copy.eu": 2]
        try shadowed.exchange(produce([0: try batch(["a"])], to: "orders.eu"))
        try shadowed.exchange(produce([0: try batch(["b"])], to: "payments"))
        try shadowed.exchange(produce([0: try batch(["c"])], to: "orders"))
        try shadowed.pass()
        #expect(shadowed.green.written.map(\.topic) == ["copy.eu"])
        #expect(await shadowed.results() == ["delivered": 1])
    }

    @Test func `is for the topics of its condition only`() throws {
        let when = WhenCondition(topic: [.exact("orders.eu")])
        let shadowed = try Shadowed(
            ShadowConfiguration(cluster: "green", rules: [.prefix("orders.", to: "copy.")]), when: when)
        shadowed.green.topics = ["copy.eu": 1, "copy.us": 1]
        try shadowed.exchange(produce([0: try batch(["a"])], to: "orders.us"))
        try shadowed.exchange(produce([0: try batch(["b"])], to: "orders.eu"))
        try shadowed.pass()
        #expect(shadowed.green.written.map(\.topic) == ["copy.eu"])
    }

    @Test func `cannot copy what names a topic by an ID that is not known`() async throws {
        let shadowed = try Shadowed()
        try shadowed.exchange(produce([0: try batch(["a"])], id: Self.id), version: 13)
        try shadowed.pass()
        #expect(await shadowed.results() == ["dropped": 1])
        #expect(await shadowed.drops() == ["unknown_topic": 1])
    }

    @Test func `drops what it cannot send as it is`() async throws {
        let shadowed = try Shadowed()
        var old = try batch(["a"])
        old.setInteger(1 as Int8, at: RecordBatchLayout.magicOffset)
        var cut = try batch(["a"])
        cut = cut.getSlice(at: 0, length: cut.readableBytes - 1) ?? ByteBuffer()
        try shadowed.exchange(
            produce([
                0: old, 1: cut, 2: try batch(["a"], isControl: true), 3: ByteBuffer(),
                5: ByteBuffer(string: "no batch, but long enough to be one"),
            ]))
        try shadowed.pass()
        #expect(shadowed.green.written.isEmpty)
        #expect(await shadowed.results() == ["dropped": 4])
        #expect(await shadowed.drops() == ["old_format": 1, "unreadable": 3])
    }

    @Test func `gives up what is corrupt, and does not make it look right`() async throws {
        let shadowed = try Shadowed()
        var corrupt = try batch(["a"])
        corrupt.setInteger(UInt8(ascii: "!"), at: corrupt.writerIndex - 1)
        try shadowed.send(produce([0: corrupt], acks: 0))
        try shadowed.pass()
        #expect(shadowed.green.written.isEmpty)
        #expect(await shadowed.results() == ["failed": 1])
    }

    @Test func `drops what is more than may wait, and goes on when there is room`() async throws {
        let large = try batch([String(repeating: "x", count: 100 << 10)])
        let shadowed = try Shadowed(Shadowed.orders { $0.maxBuffered = .kibibytes(256) })
        shadowed.green.answers = false
        for _ in 0..<4 { try shadowed.exchange(produce([0: large])) }
        try shadowed.pass()
        #expect(try shadowed.connections.clientGot().count == 4)
        #expect(await shadowed.drops() == ["buffer_full": 2])
        #expect(await shadowed.value("buffered_bytes") == 2 * large.readableBytes)
        #expect(await shadowed.value("pending_batches") == 2)
    }

    @Test func `does not hold a request for a copy that could not wait`() async throws {
        let shadowed = try Shadowed(Shadowed.orders { $0.maxBuffered = .kibibytes(256) })
        let request = try Connections.request(
            produce([0: try batch([String(repeating: "x", count: 300 << 10)])]), version: 9, id: 1)
        // The broker has what has come before the rest is there.
        try shadowed.connections.clientSends(request.getSlice(at: 0, length: 100_000) ?? request)
        #expect(try shadowed.connections.broker.readOutbound(as: ByteBuffer.self)?.readableBytes ?? 0 > 90_000)
        #expect(await shadowed.results() == ["dropped": 1])
        #expect(await shadowed.drops() == ["too_large": 1])
    }

    @Test func `does not hold a request that may not be held`() async throws {
        var settings = Connections.Settings()
        settings.limits.maxHeldFrame = .kibibytes(64)
        let shadowed = try Shadowed(settings: settings)
        let request = produce([0: try batch([String(repeating: "x", count: 100 << 10)])])
        var frame = try Connections.request(request, version: 9, id: 1)
        if let beginning = frame.readSlice(length: 50_000) { try shadowed.connections.clientSends(beginning) }
        try shadowed.connections.clientSends(frame)
        #expect(!shadowed.connections.isClosed)
        #expect(await shadowed.drops() == ["too_large": 1])
    }

    @Test func `does not slow the client when its cluster is dead`() async throws {
        let shadowed = try Shadowed(Shadowed.orders { $0.deliveryTimeout = .seconds(1) })
        shadowed.green.isDead = true
        for _ in 0..<10 { try shadowed.exchange(produce([0: try batch(["a"])])) }
        #expect(try shadowed.connections.clientGot().count == 10)
        try shadowed.pass()
        #expect(await shadowed.value("pending_batches") == 10)
        await shadowed.filter.shutDown(while: shadowed)
        #expect(await shadowed.results() == ["failed": 10])
        #expect(await shadowed.differences() == ["shadow_failed": 10])
        #expect(await shadowed.value("pending_batches") == 0)
        #expect(await shadowed.value("buffered_bytes") == 0)
    }

    @Test func `copies as many requests as the percentage says`() async throws {
        let shadowed = try Shadowed(Shadowed.orders { $0.percentage = Percentage(10) })
        for _ in 0..<100 { try shadowed.exchange(produce([0: try batch(["a"]), 1: try batch(["b"])])) }
        try shadowed.pass()
        #expect(shadowed.green.written.count == 20)
        #expect(await shadowed.results() == ["delivered": 20])
    }

    @Test func `copies whole partitions where that is asked for`() throws {
        let shadowed = try Shadowed(
            Shadowed.orders {
                $0.percentage = Percentage(50)
                $0.stickyBy = .partition
            })
        shadowed.green.topics = ["orders.shadow": 40]
        for _ in 0..<3 {
            try shadowed.exchange(
                produce(Dictionary(uniqueKeysWithValues: try (0..<40 as Range<Int32>).map { ($0, try batch(["a"])) })))
        }
        try shadowed.pass()
        let counts = Dictionary(grouping: shadowed.green.written, by: \.partition).mapValues(\.count)
        #expect(Set(counts.values) == [3])
        #expect((10...30).contains(counts.count))
    }

    @Test func `concerns a share of the clients where that is asked for`() throws {
        let filter = try Bench().filter(
            Shadowed.orders {
                $0.percentage = Percentage(30)
                $0.stickyBy = .clientID
            })
        let chosen = (0..<1_000).filter {
            filter.concerns(ClientIdentity(clientID: "client-\($0)", principal: "User:a", address: "10.0.0.1"))
        }
        #expect((250...350).contains(chosen.count))
    }

    @Test func `a dry run sends nothing and counts`() async throws {
        let shadowed = try Shadowed(Shadowed.orders { $0.percentage = Percentage(50) }, isDryRun: true)
        for _ in 0..<4 { try shadowed.exchange(produce([0: try batch(["a"]), 1: try batch(["b"])])) }
        try shadowed.pass()
        #expect(shadowed.filter.output == nil)
        #expect(try shadowed.connections.clientGot().count == 4)
        #expect(await shadowed.results() == ["would_copy": 4])
    }

    @Test func `a share of nothing looks at nothing`() throws {
        #expect(try Bench().filter(Shadowed.orders { $0.percentage = Percentage(0) }).interests.isEmpty)
    }
}
