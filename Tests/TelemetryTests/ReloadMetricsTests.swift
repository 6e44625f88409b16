import Telemetry
import Testing

@Suite("What is counted of reloads")
struct ReloadMetricsTests {
    let registry = MetricsRegistry()

    private func value(_ name: String, _ labels: [String] = []) async -> MetricsSnapshot.Value? {
        await registry.gather().value(name, labels)
    }

    @Test("is there from the start, which counts as a success")
    func start() async {
        _ = ReloadMetrics(registry: registry)
        for result in ["applied", "unchanged", "refused"] {
            #expect(await value("sluice_reloads_total", [result]) == .counter(0))
        }
        #expect(await value("sluice_reload_last_successful") == .gauge(1))
        guard case .gauge(let time)? = await value("sluice_reload_last_success_timestamp_seconds") else {
            Issue.record("no time")
            return
        }
        #expect(time > 1_700_000_000)
    }

    @Test("tells the latest result")
    func latest() async {
        let metrics = ReloadMetrics(registry: registry)
        metrics.count(.refused)
        #expect(await value("sluice_reload_last_successful") == .gauge(0))
        metrics.count(.unchanged)
        #expect(await value("sluice_reload_last_successful") == .gauge(1))
        #expect(await value("sluice_reloads_total", ["refused"]) == .counter(1))
        #expect(await value("sluice_reloads_total", ["unchanged"]) == .counter(1))
    }
}
