import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore
import Sinks
import SluiceConfiguration
import Telemetry
import Testing

@testable import ProxyRuntime
@testable import TapFilter

/// Lets all pass, but has a part in it, so that requests have a record.
private struct Onlooker: Filter {
    let interests = [Interest(nil, .request, depth: .completion)]

    func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter { Part() }

    private final class Part: ConnectionFilter {}
}

@Suite("Requests in flight")
struct InFlightTests {
    /// A chain with the tap alone, and one with another filter.
    private func tapped(withOther: Bool, _ configuration: TapConfiguration? = nil) throws -> Tapped {
        let other = FilterChain.Entry(
            name: "other", type: "other", filter: Onlooker(), isDryRun: false, when: nil)
        return try Tapped(configuration ?? TapConfiguration(sink: .admin), behind: withOther ? [other] : [])
    }

    private func request(_ topic: String, _ partitions: [(Int32, String)], acks: Int16 = -1) throws -> ProduceRequest {
        produce([(topic, try partitions.map { ($0.0, try batch([Written(nil, $0.1)])) })], acks: acks)
    }

    @Test(arguments: [true, false])
    func `are acknowledged each by its own answer`(withOther: Bool) throws {
        let tapped = try tapped(withOther: withOther)
        try tapped.send(try request("orders", [(0, "a0"), (1, "a1"), (2, "a2")]), version: 9)
        try tapped.send(try request("orders", [(1, "b1"), (0, "b0")]), version: 9)
        try tapped.send(MetadataRequest(), version: 9)
        try tapped.send(try request("orders", [(0, "c0")], acks: 0), version: 9)
        try tapped.send(try request("orders", [(0, "d0")]), version: 9)
        #expect(tapped.sink.values == ["c0"])
        let got = try tapped.connections.brokerGot()
        try tapped.connections.brokerAnswers(
            got[0], produced([("orders", [(2, .none, 12), (0, .none, 10), (1, .notLeaderOrFollower, -1)])]))
        #expect(tapped.sink.values == ["c0", "a2", "a0"])
        #expect(try tapped.counters.rejected.value == 1)
        try tapped.connections.brokerAnswers(got[1], produced([("orders", [(1, .none, 21), (0, .none, 20)])]))
        try tapped.connections.brokerAnswers(got[2], MetadataResponse())
        try tapped.connections.brokerAnswers(got[4], produced([("orders", [(0, .none, 30)])]))
        #expect(tapped.sink.values == ["c0", "a2", "a0", "b1", "b0", "d0"])
        #expect(tapped.sink.header("sluice.offset") == [nil, "12", "10", "21", "20", "30"])
        #expect(try tapped.counts() == [6, 0, 0])
    }

    @Test(arguments: [true, false])
    func `are rejected where the answer names another partition, or none`(withOther: Bool) throws {
        let tapped = try tapped(withOther: withOther)
        for value in ["a", "b", "c"] { try tapped.send(try request("orders", [(0, value)]), version: 9) }
        let got = try tapped.connections.brokerGot()
        try tapped.connections.brokerAnswers(
            got[0], produced([("orders", [(1, .none, 1)]), ("other", [(0, .none, 1)])]))
        try tapped.connections.brokerAnswers(got[1], produced([]))
        try tapped.connections.brokerAnswers(got[2], produced([("orders", [(0, .none, 3)])]))
        #expect(tapped.sink.values == ["c"])
        #expect(try tapped.counters.rejected.value == 2)
        #expect(try tapped.counts() == [1, 0, 0])
    }

    @Test(arguments: [true, false])
    func `are counted once acknowledged, also where none is drawn`(withOther: Bool) throws {
        let tapped = try tapped(withOther: withOther, TapConfiguration(sample: Sampling(rate: 0), sink: .admin))
        try tapped.send(try request("orders", [(0, "a"), (1, "b")]), version: 9)
        #expect(try tapped.counts() == [0, 0, 0])
        try tapped.answer(produced([("orders", [(0, .none, 1), (1, .corruptMessage, -1)])]))
        #expect(try tapped.counts() == [1, 1, 0])
        #expect(try tapped.counters.rejected.value == 1)
    }

    @Test(arguments: [true, false])
    func `are acknowledged after the chain was exchanged`(withOther: Bool) throws {
        let tapped = try tapped(withOther: withOther)
        try tapped.send(try request("orders", [(0, "a")]), version: 9)
        tapped.connections.shared.exchange(FilterChain(generation: 2, entries: []))
        try tapped.send(try request("orders", [(0, "b")]), version: 9)
        try tapped.send(try request("orders", [(0, "c")]), version: 9)
        for frame in try tapped.connections.brokerGot() {
            try tapped.connections.brokerAnswers(frame, produced([("orders", [(0, .none, 7)])]))
        }
        #expect(try tapped.connections.clientGotIDs() == [1, 2, 3])
        #expect(tapped.sink.values == ["a"])
        #expect(try tapped.counts() == [1, 0, 0])
    }

    @Test(arguments: [true, false])
    func `are acknowledged where the client is another with each`(isInterrupted: Bool) throws {
        var settings = Connections.Settings()
        settings.limits.requestsInFlight = 4
        let tapped = try Tapped(settings: settings)
        var inFlight: [ByteBuffer] = []
        for number in 0..<40 {
            tapped.connections.downstream.context.principal = "User:\(number)"
            try tapped.send(try request("orders", [(0, "\(number)")]), version: 9)
            inFlight += try tapped.connections.brokerGot()
            #expect(tapped.connections.downstream.formerlyPlanned.count <= 2 * 4)
            guard inFlight.count == 3 else { continue }
            try tapped.connections.brokerAnswers(
                inFlight.removeFirst(), produced([("orders", [(0, .none, Int64(number))])]))
        }
        if isInterrupted {
            tapped.connections.downstream.close(reason: "test")
            #expect(try tapped.counters.rejected.value == 2)
        } else {
            for frame in inFlight {
                try tapped.connections.brokerAnswers(frame, produced([("orders", [(0, .none, 99)])]))
            }
        }
        #expect(
            tapped.sink.header("sluice.principal") == (0..<(isInterrupted ? 38 : 40)).map { "User:\($0)" })
    }

    @Test func `have the client that wrote them`() throws {
        let tapped = try tapped(withOther: false)
        try tapped.send(try request("orders", [(0, "a")]), version: 9)
        tapped.connections.downstream.context.principal = "User:bob"
        try tapped.answer(produced([("orders", [(0, .none, 7)])]))
        #expect(tapped.sink.header("sluice.principal") == ["User:alice"])
    }
}
