import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import Logging
import NIOCore
import Settings
import Sinks
import Telemetry
import Testing
import TopicRewriteFilter

@testable import ProxyRuntime
@testable import TapFilter

@Suite("Loops")
struct LoopTests {
    private let one = [Written("a", "1")]

    private func topics(_ names: String...) -> SinkTopics {
        let topics = SinkTopics()
        for name in names { topics.add(SinkTopics.Place(cluster: "main", topic: name)) }
        return topics
    }

    private func rename(_ from: String, to: String, _ tapped: (FilterChain.Entry) throws -> Tapped) throws -> Tapped {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let cluster = ClusterState(
            name: "main", bootstrapServers: [("broker.example", 9092)], connectTimeout: .seconds(5), logger: logger)
        let context = FilterContext(
            name: "rename", listener: "apps", metrics: MetricsRegistry(), logger: logger, isDryRun: false,
            cluster: cluster)
        let settings = try #require(
            try readRewrite("rules:\n  - topic: \(from)\n    to: \(to)\n"))
        let filter = try TopicRewriteFilterFactory.make(settings, context: context)
        return try tapped(
            FilterChain.Entry(name: "rename", type: "topic_rewrite", filter: filter, isDryRun: false, when: nil))
    }

    @Test func `do not come about by topics that taps write to`() throws {
        let tapped = try Tapped(sinkTopics: topics("tap.orders"))
        try tapped.send(
            produce([("tap.orders", [(0, try batch(one + one))]), ("orders", [(0, try batch(one))])]), version: 9)
        try tapped.answer(produced([("tap.orders", [(0, .none, 0)]), ("orders", [(0, .none, 0)])]))
        #expect(tapped.sink.header("sluice.topic") == ["orders"])
        #expect(try tapped.counters.dropped(.loop) == 2)
        #expect(try tapped.counts() == [3, 0, 2])
    }

    @Test(arguments: [true, false])
    func `do not come about by topics that are renamed to one of those`(isBefore: Bool) throws {
        let tapped = try rename("copies", to: "tap.orders") { entry in
            try Tapped(
                before: isBefore ? [entry] : [], behind: isBefore ? [] : [entry], sinkTopics: topics("tap.orders"))
        }
        try tapped.send(produce([("copies", [(0, try batch(one))])]), version: 9)
        try tapped.answer(produced([("tap.orders", [(0, .none, 0)])]))
        #expect(tapped.sink.records.isEmpty)
        #expect(try tapped.counts() == [1, 0, 1])
    }

    @Test(arguments: [true, false])
    func `do not hinder topics that are renamed elsewhere, which have the broker's name`(isBefore: Bool) throws {
        let tapped = try rename("orders", to: "orders.canary") { entry in
            try Tapped(
                before: isBefore ? [entry] : [], behind: isBefore ? [] : [entry], sinkTopics: topics("orders"))
        }
        try tapped.send(produce([("orders", [(0, try batch(one))])]), version: 9)
        try tapped.answer(produced([("orders.canary", [(0, .none, 8)])]))
        #expect(tapped.sink.header("sluice.topic") == ["orders.canary"])
        #expect(tapped.sink.header("sluice.offset") == ["8"])
    }

    @Test func `do not come about by records that are copies`() throws {
        let tapped = try Tapped()
        let copy = Written("a", "1", headers: [("sluice.topic", "orders")])
        try tapped.send(produce([("orders", [(0, try batch([copy] + one))])]), version: 9)
        try tapped.answer(produced([("orders", [(0, .none, 0)])]))
        #expect(tapped.sink.header("sluice.offset") == ["1"])
        #expect(try tapped.counts() == [2, 0, 1])
    }

    @Test func `are looked out for as taps come and go`() throws {
        let tapped = try Tapped()
        func send() throws {
            try tapped.send(produce([("orders", [(0, try batch(one))])]), version: 9)
            try tapped.answer(produced([("orders", [(0, .none, 0)])]))
        }
        try send()
        let place = SinkTopics.Place(cluster: "main", topic: "orders")
        tapped.sinkTopics.add(place)
        try send()
        tapped.sinkTopics.remove(place)
        try send()
        #expect(tapped.sink.records.count == 2)
        #expect(try tapped.counters.dropped(.loop) == 1)
    }
}
