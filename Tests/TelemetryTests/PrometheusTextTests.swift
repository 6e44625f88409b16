import Testing

@testable import Telemetry

@Suite("Prometheus text")
struct PrometheusTextTests {
    let registry = MetricsRegistry()

    @Test("has HELP and TYPE, labels, and histograms in base units")
    func rendersFamilies() async {
        let requests = registry.counter("a_requests_total", help: "Requests.", labels: ["listener", "api"])
        let duration = registry.histogram(
            "b_seconds", help: "Time.", labels: ["api"], unit: .nanoseconds,
            upperBounds: [1_000, 500_000, 2_000_000_000])
        registry.shared.increment(requests, ["apps", "Produce"], by: 3)
        registry.shared.observe(duration, ["Fetch"], 400_000)
        registry.shared.observe(duration, ["Fetch"], 3_000_000_000)
        _ = registry.gauge("c", help: "Nothing yet.", labels: ["x"])

        #expect(
            PrometheusText.render(await registry.gather()) == """
                # HELP a_requests_total Requests.
                # TYPE a_requests_total counter
                a_requests_total{listener="apps",api="Produce"} 3
                # HELP b_seconds Time.
                # TYPE b_seconds histogram
                b_seconds_bucket{api="Fetch",le="1e-06"} 0
                b_seconds_bucket{api="Fetch",le="0.0005"} 1
                b_seconds_bucket{api="Fetch",le="2"} 1
                b_seconds_bucket{api="Fetch",le="+Inf"} 2
                b_seconds_sum{api="Fetch"} 3.0004
                b_seconds_count{api="Fetch"} 2
                # HELP c Nothing yet.
                # TYPE c gauge

                """)
    }

    @Test("escapes what would end a value or a line")
    func escapes() async {
        let family = registry.counter("a_total", help: "One \\ two\nthree \"four\".", labels: ["client_id"])
        registry.shared.increment(family, ["\"} 1\nevil_total 2\\\r\n"])
        let lines = PrometheusText.render(await registry.gather()).unicodeScalars.split(separator: "\n").map(
            String.init)
        #expect(
            lines == [
                "# HELP a_total One \\\\ two\\nthree \"four\".",
                "# TYPE a_total counter",
                "a_total{client_id=\"\\\"} 1\\nevil_total 2\\\\\r\\n\"} 1",
            ])
    }

    @Test("shows the families that a filter names")
    func filters() async throws {
        _ = registry.counter("a_bytes_total", help: "A.")
        _ = registry.counter("b_total", help: "B.")
        let snapshot = await registry.gather().filtered { $0.contains("bytes") }
        #expect(snapshot.families.map(\.family.name) == ["a_bytes_total"])
    }

    @Test(
        "writes numbers as Prometheus reads them",
        arguments: [
            (0, "0"), (-3, "-3"), (0.25, "0.25"), (1e18, "1e+18"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
            (.nan, "NaN"), (-9.3e18, "-9.3e+18"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }
}
