import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore
import Settings
import Sinks
import Telemetry
import Testing

@testable import ProxyRuntime
@testable import TapFilter

@Suite("What is produced")
struct ProducedRecordsTests {
    private let three = [Written("a", "1", headers: [("h", "x"), ("n", nil)]), Written(nil, nil), Written("c", "3")]

    @Test(arguments: [3, 8, 9, 12] as [Int16], CompressionCodec.allCases)
    func `is copied with all it has when it is acknowledged`(version: Int16, codec: CompressionCodec) throws {
        guard version >= 7 || codec != .zstd else { return }
        let tapped = try Tapped()
        try tapped.send(produce([("orders", [(2, try batch(three, codec: codec))])]), version: version)
        #expect(tapped.sink.records.isEmpty)
        try tapped.answer(produced([("orders", [(2, .none, 40)])]))
        #expect(tapped.sink.values == ["1", nil, "3"])
        let first = try #require(tapped.sink.records.first)
        #expect(first.key.map { String(buffer: $0) } == "a")
        #expect(first.timestamp == 1_700_000_000_000)
        #expect(first.writtenHeaders.prefix(2).map(\.name) == ["h", "n"])
        #expect(first.writtenHeaders[1].value == nil)
        #expect(tapped.sink.header("sluice.topic") == ["orders", "orders", "orders"])
        #expect(tapped.sink.header("sluice.partition") == ["2", "2", "2"])
        #expect(tapped.sink.header("sluice.offset") == ["40", "41", "42"])
        #expect(tapped.sink.header("sluice.client_id") == ["client", "client", "client"])
        #expect(tapped.sink.header("sluice.principal").first == "User:alice")
        #expect(tapped.sink.header("sluice.direction").first == "produce")
        #expect(tapped.sink.header("sluice.listener").first == "apps")
        #expect(tapped.sink.records[1].key == nil)
        #expect(try tapped.counts() == [3, 0, 0])
    }

    @Test func `goes on as it came`() throws {
        let tapped = try Tapped()
        let request = produce([("orders", [(0, try batch(three, codec: .lz4))])])
        try tapped.send(request, version: 9)
        let got = try #require(try tapped.connections.brokerGotMessages().first as? ProduceRequest)
        #expect(got == request)
    }

    @Test func `is copied from a frame that comes in pieces`() throws {
        let tapped = try Tapped()
        let records = (0..<100).map { Written("k\($0)", String(repeating: "v", count: $0)) }
        let request = produce([("orders", [(0, try batch(records)), (1, try batch(three, codec: .gzip))])])
        var bytes = try Connections.request(request, version: 9, id: 1)
        while let piece = bytes.readSlice(length: min(11, bytes.readableBytes)), piece.readableBytes > 0 {
            try tapped.connections.clientSends(piece)
        }
        try tapped.answer(produced([("orders", [(1, .none, 7), (0, .none, 1000)])]))
        #expect(tapped.sink.records.count == 103)
        #expect(tapped.sink.header("sluice.offset").prefix(4) == ["7", "8", "9", "1000"])
        #expect(try tapped.counts() == [103, 0, 0])
    }

    @Test func `is copied where the answer to another request comes in between`() throws {
        let tapped = try Tapped()
        try tapped.send(produce([("orders", [(0, try batch([Written("a", "1")]))])]), version: 9)
        let first = try #require(try tapped.connections.brokerGot().first)
        var bytes = try Connections.request(produce([("orders", [(0, try batch(three))])]), version: 9, id: 2)
        let half = bytes.readSlice(length: bytes.readableBytes - 20)
        try tapped.connections.clientSends(try #require(half))
        try tapped.connections.brokerAnswers(first, produced([("orders", [(0, .none, 10)])]))
        try tapped.connections.clientSends(bytes)
        let second = try #require(try tapped.connections.brokerGot().first)
        try tapped.connections.brokerAnswers(second, produced([("orders", [(0, .none, 11)])]))
        #expect(try tapped.connections.clientGotIDs() == [1, 2])
        #expect(tapped.sink.header("sluice.offset") == ["10", "11", "12", "13"])
        #expect(try tapped.counts() == [4, 0, 0])
    }

    @Test func `is not copied where the broker rejects it`() throws {
        let tapped = try Tapped()
        try tapped.send(
            produce([("orders", [(0, try batch(three)), (1, try batch([Written("d", "4")]))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .invalidRecord, -1), (1, .none, 5)])]))
        #expect(tapped.sink.values == ["4"])
        #expect(try tapped.counts() == [1, 0, 0])
        #expect(try tapped.counters.rejected.value == 3)
    }

    @Test func `is copied on sending where nobody acknowledges`() throws {
        let tapped = try Tapped()
        try tapped.send(produce([("orders", [(0, try batch(three))])], acks: 0), version: 9)
        #expect(tapped.sink.values == ["1", nil, "3"])
        #expect(tapped.sink.header("sluice.offset") == [nil, nil, nil])
        #expect(try tapped.counts() == [3, 0, 0])
    }

    @Test func `is let go when the connection closes before the answer`() throws {
        let tapped = try Tapped()
        try tapped.send(produce([("orders", [(0, try batch(three))])]), version: 9)
        #expect(try tapped.counters.pendingBytes.value > 0)
        tapped.connections.downstream.close(reason: "test")
        #expect(tapped.sink.records.isEmpty)
        #expect(try tapped.counts() == [0, 0, 0])
        #expect(try tapped.counters.rejected.value == 3)
    }

    @Test func `has offsets over several batches of a partition`() throws {
        let tapped = try Tapped()
        try tapped.send(
            produce([("orders", [(0, joined(try batch(three), try batch(three, codec: .zstd)))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 10)])]))
        #expect(tapped.sink.header("sluice.offset") == ["10", "11", "12", "13", "14", "15"])
    }

    @Test func `says which transaction it is of`() throws {
        let tapped = try Tapped()
        try tapped.send(
            produce(
                [("orders", [(0, try batch([Written("a", "1")], producer: (77, 3)))])], transactionalID: "payer"),
            version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 0)])]))
        #expect(tapped.sink.header("sluice.transactional_id") == ["payer"])
        #expect(tapped.sink.header("sluice.producer_id") == ["77"])
        #expect(tapped.sink.header("sluice.producer_epoch") == ["3"])
    }

    @Test func `is copied from topics that are named by their IDs`() throws {
        let tapped = try Tapped(TapConfiguration(topics: [.exact("orders")], sink: .admin))
        let id = KafkaUUID(high: 1, low: 2)
        tapped.connections.cluster.learn(topics: [SeenTopic(name: "orders", id: id)])
        try tapped.send(produce([("", [(0, try batch(three))])], id: id), version: 13)
        try tapped.answer(produced([("", [(0, .none, 3)])], id: id))
        #expect(tapped.sink.header("sluice.topic") == ["orders", "orders", "orders"])
    }

    @Test func `is copied from the topics that are asked for`() throws {
        let tapped = try Tapped(
            TapConfiguration(topics: [.prefix("ord")], sink: .admin), when: WhenCondition(topic: [.exact("orders")]))
        try tapped.send(
            produce([
                ("orders", [(0, try batch([Written("a", "1")]))]), ("ordinary", [(0, try batch([Written("a", "2")]))]),
                ("other", [(0, try batch([Written("a", "3")]))]),
            ]), version: 9)
        try tapped.answer(
            produced([("other", [(0, .none, 0)]), ("ordinary", [(0, .none, 0)]), ("orders", [(0, .none, 0)])]))
        #expect(tapped.sink.values == ["1"])
        #expect(try tapped.counts() == [1, 0, 0])
    }

    @Test func `is copied if its headers match`() throws {
        let tapped = try Tapped(
            TapConfiguration(headers: ["kind": .exact("vip"), "region": .prefix("eu-")], sink: .admin))
        let records = [
            Written("a", "1", headers: [("kind", "vip"), ("region", "eu-west")]),
            Written("b", "2", headers: [("kind", "vip")]),
            Written("c", "3", headers: [("kind", "no"), ("kind", "vip"), ("region", "eu-north")]),
            Written("d", "4", headers: [("kind", nil), ("region", "eu-north")]),
            Written("e", "5", headers: [("kind", "vip"), ("region", "us-east")]),
        ]
        try tapped.send(produce([("orders", [(0, try batch(records, codec: .snappy))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 20)])]))
        #expect(tapped.sink.values == ["1", "3"])
        #expect(tapped.sink.header("sluice.offset") == ["20", "22"])
        #expect(try tapped.counts() == [2, 0, 0])
    }

    @Test(arguments: CompressionCodec.allCases)
    func `is sampled by record`(codec: CompressionCodec) throws {
        let tapped = try Tapped(TapConfiguration(sample: Sampling(rate: 0.1), sink: .admin))
        for number in 0..<50 {
            let records = (0..<100).map { Written(nil, "\(number * 100 + $0)") }
            try tapped.send(produce([("orders", [(0, try batch(records, codec: codec))])]), version: 9)
            try tapped.answer(produced([("orders", [(0, .none, Int64(number * 100))])]))
        }
        let copied = tapped.sink.records.count
        #expect(copied > 300 && copied < 700)
        #expect(tapped.sink.header("sluice.offset") == tapped.sink.values)
        #expect(try tapped.counts() == [5000, 5000 - copied, 0])
    }

    @Test func `is sampled by key`() throws {
        let tapped = try Tapped(TapConfiguration(sample: Sampling(rate: 0.3, by: .key), sink: .admin))
        for _ in 0..<5 {
            let records = (0..<100).map { Written("key-\($0)", "v") }
            try tapped.send(produce([("orders", [(0, try batch(records))])]), version: 9)
            try tapped.answer(produced([("orders", [(0, .none, 0)])]))
        }
        let keys = tapped.sink.records.compactMap { $0.key.map { String(buffer: $0) } }
        #expect(Set(keys).count * 5 == keys.count)
        #expect(Set(keys).count > 10 && Set(keys).count < 60)
        #expect(try tapped.counts() == [500, 500 - keys.count, 0])
    }

    @Test func `is copied a few times a second where that is asked for`() throws {
        let tapped = try Tapped(TapConfiguration(maxPerSecond: 2, sink: .admin))
        try tapped.send(produce([("orders", [(0, try batch((0..<100).map { Written(nil, "\($0)") }))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 0)])]))
        // A second may begin in between.
        #expect((2...4).contains(tapped.sink.records.count))
        #expect(try tapped.counters.dropped(.maxPerSecond) > 90)
        _ = try tapped.counts()
    }

    @Test func `is dropped where too much waits`() throws {
        let tapped = try Tapped(TapConfiguration(maxPending: .kibibytes(256), sink: .admin))
        let large = String(repeating: "v", count: 100_000)
        try tapped.send(
            produce([("orders", [(0, try batch((0..<5).map { Written("\($0)", large) }))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 0)])]))
        #expect(tapped.sink.records.count == 2)
        #expect(try tapped.counts() == [5, 0, 3])
        #expect(try tapped.counters.dropped(.pendingFull) == 3)
    }

    @Test(arguments: CompressionCodec.allCases)
    func `is not read where the sink has no room`(codec: CompressionCodec) throws {
        let tapped = try Tapped()
        tapped.sink.room = 0
        var broken = try batch(three, codec: codec)
        broken.setInteger(UInt64.max, at: RecordBatchLayout.headerSize)
        try tapped.send(produce([("orders", [(0, broken), (1, try batch(three, codec: codec))])]), version: 9)
        #expect(try tapped.counters.pendingBytes.value == 0)
        try tapped.answer(produced([("orders", [(0, .none, 0), (1, .invalidRecord, -1)])]))
        #expect(tapped.sink.refused == 3 && tapped.sink.records.isEmpty)
        #expect(try tapped.counts() == [3, 0, 0])
        #expect(try tapped.counters.rejected.value == 3)
    }

    @Test func `is not made where the sink has no room any more`() throws {
        let tapped = try Tapped()
        try tapped.send(produce([("orders", [(0, try batch(three))])]), version: 9)
        tapped.sink.room = 0
        try tapped.answer(produced([("orders", [(0, .none, 0)])]))
        // The tombstone without a key needs none.
        #expect(tapped.sink.refused == 2 && tapped.sink.values == [nil])
        #expect(try tapped.counts() == [3, 0, 0])
    }

    @Test func `is not read where nobody watches`() throws {
        let tapped = try Tapped()
        tapped.sink.isOpen = false
        try tapped.send(produce([("orders", [(0, try batch(three, codec: .gzip))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 0)])]))
        #expect(try tapped.counts() == [3, 0, 3])
        #expect(try tapped.counters.dropped(.noWatcher) == 3)
    }

    @Test func `is counted where it cannot be opened`() throws {
        let tapped = try Tapped()
        var broken = try batch(three, codec: .gzip)
        broken.setInteger(UInt64.max, at: RecordBatchLayout.headerSize)
        try tapped.send(produce([("orders", [(0, broken), (1, try batch([Written("a", "1")]))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 0), (1, .none, 0)])]))
        #expect(tapped.sink.values == ["1"])
        #expect(try tapped.counters.dropped(.unreadable) == 3)
        #expect(try tapped.counts() == [4, 0, 3])
    }

    @Test func `takes no memory any more when a batch does not come whole`() throws {
        let tapped = try Tapped()
        let request = produce([("orders", [(0, try batch(three, codec: .gzip))])])
        var bytes = try Connections.request(request, version: 9, id: 1)
        let half = bytes.readSlice(length: bytes.readableBytes - 10)
        try tapped.connections.clientSends(try #require(half))
        let most = TapConfiguration(sink: .admin).maxPending.bytes
        #expect(!tapped.filter.pending.take(most))
        tapped.connections.downstream.close(reason: "test")
        #expect(tapped.filter.pending.take(most))
    }

    @Test(arguments: [CompressionCodec.none, .gzip])
    func `is passed over where a header names more records than there can be`(codec: CompressionCodec) throws {
        let tapped = try Tapped()
        var lying = try batch(three, codec: codec)
        lying.setInteger(2_000_000 as Int32, at: RecordBatchLayout.recordCountOffset)
        try tapped.send(produce([("orders", [(0, lying), (1, try batch([Written("a", "1")]))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 0), (1, .none, 0)])]))
        #expect(tapped.sink.values == ["1"])
        #expect(try tapped.counts() == [1, 0, 0])
    }
}
