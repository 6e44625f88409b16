import Synchronization
import Testing

@testable import Telemetry

@Suite("A metrics registry")
struct MetricsRegistryTests {
    let registry = MetricsRegistry()

    @Test("adds up the values of all shards")
    func addsUp() async {
        let requests = registry.counter("requests_total", help: "Requests.", labels: ["api"])
        let open = registry.gauge("open", help: "Open.")
        let sizes = registry.histogram("size_bytes", help: "Sizes.", unit: .bytes, upperBounds: [10, 100])
        for amount in 1...3 {
            let shard = LockedShard()
            registry.attach(shard.visitor)
            shard.withShard { shard in
                shard.counter(requests, ["Fetch"]).increment(by: UInt64(amount))
                shard.gauge(open).increment(by: 5)
                shard.gauge(open).decrement(by: Int64(amount))
                shard.histogram(sizes).observe(UInt64(amount) * 9)
            }
        }
        registry.shared.increment(requests, ["Produce"])
        registry.shared.add(open, [], -20)

        let snapshot = await registry.gather()
        #expect(snapshot.value("requests_total", ["Fetch"]) == .counter(6))
        #expect(snapshot.value("requests_total", ["Produce"]) == .counter(1))
        #expect(snapshot.value("open") == .gauge(-11))
        #expect(snapshot.value("size_bytes") == .histogram(buckets: [1, 2, 0], sum: 54))
    }

    @Test("gives the same handle for the same labels")
    func sameHandle() {
        let family = registry.counter("a_total", help: "A.", labels: ["x", "y"])
        let shard = MetricsShard()
        #expect(shard.counter(family, ["1", "2"]).cell == shard.counter(family, ["1", "2"]).cell)
        #expect(shard.counter(family, ["1", "2"]).cell != shard.counter(family, ["2", "1"]).cell)
    }

    @Test("shows a family without labels as zero before anybody counted")
    func startsAtZero() async {
        _ = registry.counter("a_total", help: "A.")
        _ = registry.counter("b_total", help: "B.", labels: ["x"])
        let snapshot = await registry.gather()
        #expect(snapshot.value("a_total") == .counter(0))
        #expect(snapshot.families.first { $0.family.name == "b_total" }?.series.isEmpty == true)
    }

    @Test("puts what clients choose beyond the cap under other, the same in all shards")
    func capsLabels() async {
        let family = registry.counter(
            "topic_bytes_total", help: "Bytes.", labels: ["topic", "direction"], clientChosen: ["topic"], cap: 2)
        let shards = [MetricsShard(), MetricsShard()]
        for (index, topic) in ["a", "b", "c", "d", "a"].enumerated() {
            let shard = shards[index % 2]
            shard.counter(family, [topic, "produce"]).increment()
            shard.counter(family, [topic, "fetch"]).increment()
        }
        // What one shard had admitted is known to the other one when the family is full.
        shards[0].counter(family, ["b", "fetch"]).increment()

        var merged = ShardMerge()
        for shard in shards { merged.add(shard.snapshot()) }
        let series = merged.snapshot(of: registry.families, samples: [:]).families.first?.series
        #expect(
            series == [
                .init(labelValues: ["a", "fetch"], value: .counter(2)),
                .init(labelValues: ["a", "produce"], value: .counter(2)),
                .init(labelValues: ["b", "fetch"], value: .counter(2)),
                .init(labelValues: ["b", "produce"], value: .counter(1)),
                .init(labelValues: ["other", "fetch"], value: .counter(2)),
                .init(labelValues: ["other", "produce"], value: .counter(2)),
            ])
    }

    @Test("does not grow beyond the cap, whatever comes")
    func staysBounded() {
        let family = registry.counter(
            "c_total", help: "C.", labels: ["client_id"], clientChosen: ["client_id"], cap: 10)
        let shard = MetricsShard()
        for client in 0..<10_000 { shard.counter(family, ["client-\(client)"]).increment() }
        #expect(shard.snapshot().counters[family.family.id]?.values.count == 11)
    }

    @Test("cuts long label values at a whole character's end")
    func cutsLongValues() {
        let long = String(repeating: "é", count: 500)
        let cut = LabelAdmission.shortened(long)
        #expect(cut.utf8.count <= 256)
        #expect(cut.utf8.count > 250)
        #expect(cut.hasSuffix("é…"))
        #expect(LabelAdmission.shortened("short") == "short")
    }

    @Test("puts counters and histograms to zero on request, in every shard, and leaves gauges")
    func resets() async {
        let requests = registry.counter("requests_total", help: "Requests.")
        let open = registry.gauge("open", help: "Open.")
        let sizes = registry.histogram("size_bytes", help: "Sizes.", unit: .bytes, upperBounds: [10])
        let shard = LockedShard()
        registry.attach(shard.visitor)
        shard.withShard { shard in
            shard.counter(requests).increment()
            shard.gauge(open).increment()
            shard.histogram(sizes).observe(3)
        }
        registry.shared.increment(requests)

        await registry.resetCounters()
        shard.withShard { $0.counter(requests).increment(by: 4) }

        let snapshot = await registry.gather()
        #expect(snapshot.value("requests_total") == .counter(4))
        #expect(snapshot.value("open") == .gauge(1))
        #expect(snapshot.value("size_bytes") == .histogram(buckets: [0, 0], sum: 0))
    }

    @Test("forgets a series, and begins it anew when it comes back")
    func removes() async {
        let open = registry.gauge("open", help: "Open.", labels: ["broker"])
        let shard = LockedShard()
        registry.attach(shard.visitor)
        shard.withShard { shard in
            for broker in ["1", "2", "3"] { shard.gauge(open, [broker]).increment() }
        }
        await registry.remove(open.family, ["1"])
        #expect(await registry.gather().families.first?.series.map(\.labelValues) == [["2"], ["3"]])
        shard.withShard { $0.gauge(open, ["1"]).increment(by: 7) }
        shard.withShard { $0.gauge(open, ["3"]).increment(by: 1) }
        let snapshot = await registry.gather()
        #expect(snapshot.value("open", ["1"]) == .gauge(7))
        #expect(snapshot.value("open", ["3"]) == .gauge(2))
    }

    @Test("asks sampled families when it is read")
    func samples() async {
        registry.sampled("lag", help: "Lag.", labels: ["group"]) {
            [MetricSample(["a"], 0.5), MetricSample(["wrong", "count"], 1)]
        }
        let series = await registry.gather().families.first?.series
        #expect(series == [.init(labelValues: ["a"], value: .sampled(0.5))])
    }

    @Test("gives the first family back for a second declaration in the same words")
    func declaresOnce() {
        let first = registry.counter("a_total", help: "A.")
        let second = registry.counter("a_total", help: "A.")
        #expect(first.family === second.family)
        #expect(registry.families.count == 1)
    }
}

/// A shard that tests reach from anywhere.
final class LockedShard: Sendable {
    private let shard = Mutex(MetricsShard())

    func withShard(_ body: (MetricsShard) -> Void) {
        shard.withLock { body($0) }
    }

    var visitor: MetricsRegistry.Visitor {
        { visit in self.shard.withLock { $0.perform(visit) } }
    }
}
