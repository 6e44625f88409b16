import Foundation
import Testing

@testable import Telemetry

@Suite("Metrics as JSON")
struct MetricsJSONTests {
    @Test("are one object that holds what the text holds")
    func renders() async throws {
        let registry = MetricsRegistry()
        let requests = registry.counter("a_total", help: "A \"b\".", labels: ["client_id"])
        let sizes = registry.histogram("b_bytes", help: "B.", unit: .bytes, upperBounds: [10])
        registry.sampled("c", help: "C.") { [MetricSample([], .nan)] }
        registry.shared.increment(requests, ["</script>\u{0}\"\\\n\u{2028}é"], by: .max)
        registry.shared.observe(sizes, [], 4)
        registry.shared.observe(sizes, [], 40)

        let text = MetricsJSON.render(await registry.gather())
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let metrics = try #require(object["metrics"] as? [[String: Any]])
        try #require(metrics.count == 3)

        let counter = try #require((metrics[0]["series"] as? [[String: Any]])?.first)
        #expect(counter["labels"] as? [String: String] == ["client_id": "</script>\u{0}\"\\\n\u{2028}é"])
        #expect(counter["value"] as? UInt64 == .max)
        #expect(metrics[0]["help"] as? String == "A \"b\".")
        #expect(metrics[0]["type"] as? String == "counter")

        let histogram = try #require((metrics[1]["series"] as? [[String: Any]])?.first)
        #expect(histogram["count"] as? Int == 2)
        #expect(histogram["sum"] as? Int == 44)
        let buckets = try #require(histogram["buckets"] as? [[String: Any]])
        #expect(buckets.map { $0["count"] as? Int } == [1, 2])
        #expect(buckets.map { "\($0["le"] ?? "")" } == ["10", "+Inf"])

        #expect((metrics[2]["series"] as? [[String: Any]])?.first?["value"] is NSNull)
    }
}
