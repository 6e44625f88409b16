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

@Suite("What is fetched")
struct FetchedRecordsTests {
    private let configuration = TapConfiguration(direction: .fetch, sink: .admin)

    private func fetch(_ tapped: Tapped, version: Int16 = 12, _ response: FetchResponse) throws {
        try tapped.send(FetchRequest(), version: version)
        try tapped.answer(response)
    }

    @Test(arguments: CompressionCodec.allCases)
    func `is copied as it passes`(codec: CompressionCodec) throws {
        let tapped = try Tapped(configuration)
        let records = [Written("a", "1"), Written("b", nil)]
        try fetch(tapped, fetched("orders", 1, try batch(records, codec: codec, baseOffset: 500)))
        #expect(tapped.sink.values == ["1", nil])
        #expect(tapped.sink.header("sluice.offset") == ["500", "501"])
        #expect(tapped.sink.header("sluice.direction") == ["fetch", "fetch"])
        #expect(try tapped.counts() == [2, 0, 0])
    }

    @Test func `is copied from a frame that comes in pieces, without the batch that is cut off`() throws {
        let tapped = try Tapped(configuration)
        let whole = try batch((0..<200).map { Written("k", "v\($0)") }, baseOffset: 9)
        let cut = try #require(try batch([Written("x", "y")], baseOffset: 300).getSlice(at: 0, length: 50))
        try tapped.send(FetchRequest(), version: 12)
        let frame = try #require(try tapped.connections.brokerGot().first)
        var bytes = try Connections.response(fetched("orders", 0, joined(whole, cut)), to: frame)
        while let piece = bytes.readSlice(length: min(97, bytes.readableBytes)), piece.readableBytes > 0 {
            try tapped.connections.brokerSends(piece)
        }
        #expect(try tapped.connections.clientGot().count == 1)
        #expect(tapped.sink.records.count == 200)
        #expect(try tapped.counts() == [200, 0, 0])
    }

    @Test func `is copied without markers of transactions`() throws {
        let tapped = try Tapped(configuration)
        let records = joined(
            try batch([Written("a", "1")], producer: (9, 1)),
            try batch([Written("m", "m")], baseOffset: 1, producer: (9, 1), isControl: true))
        try fetch(tapped, fetched("orders", 0, records))
        #expect(tapped.sink.values == ["1"])
        #expect(tapped.sink.header("sluice.producer_id") == ["9"])
        #expect(tapped.sink.header("sluice.transactional_id") == [nil])
    }

    @Test func `is copied from topics that are named by their IDs`() throws {
        let tapped = try Tapped(configuration)
        let id = KafkaUUID(high: 5, low: 6)
        tapped.connections.cluster.learn(topics: [SeenTopic(name: "orders", id: id)])
        try fetch(tapped, version: 17, fetched("", 0, try batch([Written("a", "1")]), id: id))
        #expect(tapped.sink.header("sluice.topic") == ["orders"])
    }

    @Test func `is copied from a share group`() throws {
        let tapped = try Tapped(configuration)
        let id = KafkaUUID(high: 5, low: 6)
        tapped.connections.cluster.learn(topics: [SeenTopic(name: "orders", id: id)])
        try tapped.send(
            with(ShareFetchRequest()) {
                $0.groupID = "g"
                $0.memberID = "m"
            }, version: 1)
        let records = try batch([Written("a", "1")], baseOffset: 3)
        try tapped.answer(
            with(ShareFetchResponse()) {
                $0.responses = [
                    with(ShareFetchResponse.ShareFetchableTopicResponse()) {
                        $0.topicID = id
                        $0.partitions = [
                            with(ShareFetchResponse.PartitionData()) {
                                $0.partitionIndex = 0
                                $0.records = records
                            }
                        ]
                    }
                ]
            })
        #expect(tapped.sink.header("sluice.offset") == ["3"])
        #expect(try tapped.counts() == [1, 0, 0])
    }

    @Test func `is copied once where the response names a new leader`() throws {
        let tapped = try Tapped(configuration)
        let id = KafkaUUID(high: 5, low: 6)
        tapped.connections.cluster.learn(topics: [SeenTopic(name: "orders", id: id)])
        var response = fetched("", 0, try batch([Written("a", "1")]), id: id)
        // One that has no address here, so that what came is looked at once more.
        response.nodeEndpoints = [
            with(FetchResponse.NodeEndpoint()) {
                $0.nodeID = 77
                $0.host = "broker-77.example"
                $0.port = 9092
            }
        ]
        try fetch(tapped, version: 16, response)
        #expect(try tapped.counts() == [1, 0, 0])
        response.nodeEndpoints[0].nodeID = 2
        try fetch(tapped, version: 16, response)
        #expect(try tapped.counts() == [2, 0, 0])
    }

    @Test func `is not copied where only what is produced is asked for`() throws {
        let tapped = try Tapped()
        try fetch(tapped, fetched("orders", 1, try batch([Written("a", "1")])))
        #expect(tapped.filter.part(of: tapped.connections.loop)?.counters.matched.value == 0)
    }
}
