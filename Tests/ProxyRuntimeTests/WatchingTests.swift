import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import ProxyRuntime

/// A filter that watches Produce and its answers, and writes down what it sees.
private struct WatchingFilter: Filter {
    let name: String
    let journal: Journal
    let depth: Depth
    /// Requests whose frames it leaves out.
    var leftOut: Set<UInt64> = []

    var interests: [Interest] {
        [
            Interest([.produce], .request, depth: depth, watching: [.topicName, .partitionIndex, .records]),
            Interest([.produce], .response, depth: depth, watching: [.partitionIndex, .baseOffset]),
        ]
    }

    func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter { Part(self) }

    private final class Part: ConnectionFilter {
        let filter: WatchingFilter

        init(_ filter: WatchingFilter) {
            self.filter = filter
        }

        func watcher(of direction: Direction) -> (any FrameWatcher)? { Watcher(filter) }

        func completed(_ request: CompletedRequest) {
            filter.journal.note("\(filter.name) completed \(request.record.correlationID)")
        }

        func connectionClosed() {
            filter.journal.note("\(filter.name) closed")
        }
    }

    private final class Watcher: FrameWatcher {
        let filter: WatchingFilter
        var line = ""

        init(_ filter: WatchingFilter) {
            self.filter = filter
        }

        func beginFrame(_ frame: WatchedFrame) -> Bool {
            if filter.leftOut.contains(frame.request) { return false }
            line = "\(filter.name) \(frame.direction) \(frame.request)"
            if !frame.expectsResponse { line += " alone" }
            if let record = frame.record { line += " of \(record.correlationID)" }
            return true
        }

        func field(_ role: FieldRole, _ value: UnsafeRawBufferPointer) {
            switch role {
            case .topicName: line += " " + String(decoding: value, as: UTF8.self)
            case .partitionIndex, .baseOffset: line += " \(value.last ?? 0)"
            default: break
            }
        }

        func beginRecords(bytes: Int) { line += " \(bytes)" }
        func recordBytes(_ bytes: UnsafeRawBufferPointer) {}
        func endRecords() {}
        func endFrame() { filter.journal.note(line) }
    }
}

@Suite("Filters that only watch")
struct WatchingTests {
    private let journal = Journal()

    private func entry(
        _ name: String, depth: Depth = .watching, leavingOut leftOut: Set<UInt64> = []
    ) -> FilterChain.Entry {
        FilterChain.Entry(
            name: name, type: "watching",
            filter: WatchingFilter(name: name, journal: journal, depth: depth, leftOut: leftOut),
            isDryRun: false, when: nil)
    }

    private func request(acks: Int16 = -1, bytes: Int = 3) -> ProduceRequest {
        var partition = ProduceRequest.PartitionProduceData()
        partition.index = 4
        partition.records = ByteBuffer(repeating: 0, count: bytes)
        var topic = ProduceRequest.TopicProduceData()
        topic.name = "t"
        topic.partitionData = [partition]
        var request = ProduceRequest()
        request.acks = acks
        request.topicData = [topic]
        return request
    }

    private var response: ProduceResponse {
        var partition = ProduceResponse.PartitionProduceResponse()
        partition.index = 4
        partition.baseOffset = 9
        var topic = ProduceResponse.TopicProduceResponse()
        topic.name = "t"
        topic.partitionResponses = [partition]
        var response = ProduceResponse()
        response.responses = [topic]
        return response
    }

    @Test func `see requests and their answers by number, without a record, and are told of no end`() throws {
        let connections = try Connections([entry("w")])
        try connections.clientSends(request(), version: 9, id: 31)
        try connections.clientSends(request(acks: 0), version: 9, id: 32)
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 33)
        try connections.clientSends(request(), version: 9, id: 34)
        let got = try connections.brokerGot()
        try connections.brokerAnswers(got[0], response)
        try connections.brokerAnswers(got[2], HeartbeatResponse())
        try connections.brokerAnswers(got[3], response)
        #expect(try connections.clientGotIDs() == [31, 33, 34])
        #expect(
            journal.entries == [
                "w request 0 t 4 3", "w request 1 alone t 4 3", "w request 2 t 4 3", "w response 0 4 9",
                "w response 2 4 9",
            ])
    }

    @Test func `see frames that come in pieces`() throws {
        let connections = try Connections([entry("w")])
        var bytes = try Connections.request(request(bytes: 1000), version: 9, id: 31)
        while let piece = bytes.readSlice(length: min(100, bytes.readableBytes)), piece.readableBytes > 0 {
            try connections.clientSends(piece)
        }
        let got = try connections.brokerGot()
        var answer = try Connections.response(response, to: got[0])
        let half = answer.readSlice(length: 9)
        try connections.brokerSends(try #require(half))
        try connections.brokerSends(answer)
        #expect(
            journal.entries == ["w request 0 t 4 1000", "w response 0 4 9"])
        #expect(try connections.clientGotIDs() == [31])
    }

    @Test func `are shown the frames that they want, each by itself`() throws {
        let connections = try Connections([entry("a", leavingOut: [1, 2]), entry("b", leavingOut: [0, 2])])
        for id in 31...34 as ClosedRange<Int32> { try connections.clientSends(request(), version: 9, id: id) }
        for frame in try connections.brokerGot() { try connections.brokerAnswers(frame, response) }
        #expect(
            journal.entries == [
                "a request 0 t 4 3", "b request 1 t 4 3", "a request 3 t 4 3", "b request 3 t 4 3",
                "a response 0 4 9", "b response 1 4 9", "a response 3 4 9", "b response 3 4 9",
            ])
    }

    @Test func `have the record that another filter needs`() throws {
        let connections = try Connections([entry("a"), entry("b", depth: .completion)])
        try connections.clientSends(request(), version: 9, id: 31)
        try connections.brokerAnswers(try connections.brokerGot()[0], response)
        #expect(
            journal.entries == [
                "a request 0 of 31 t 4 3", "b request 0 of 31 t 4 3", "a response 0 of 31 4 9",
                "b response 0 of 31 4 9", "b completed 31",
            ])
    }

    @Test(arguments: [true, false])
    func `see the answer to what they saw, after the chain was exchanged`(inPieces: Bool) throws {
        let connections = try Connections([entry("old")])
        try connections.clientSends(request(), version: 9, id: 1)
        connections.shared.exchange(FilterChain(generation: 2, entries: [entry("new")]))
        try connections.clientSends(request(), version: 9, id: 2)
        #expect(!journal.entries.contains("old closed"))
        for frame in try connections.brokerGot() {
            var answer = try Connections.response(response, to: frame)
            if inPieces {
                let half = answer.readSlice(length: 10)
                try connections.brokerSends(try #require(half))
            }
            try connections.brokerSends(answer)
        }
        #expect(
            journal.entries == [
                "old request 0 t 4 3", "new request 1 t 4 3", "old response 0 4 9", "old closed", "new response 1 4 9",
            ])
        connections.downstream.close(reason: "client")
        #expect(journal.entries.filter { $0.hasSuffix("closed") } == ["old closed", "new closed"])
    }
}
