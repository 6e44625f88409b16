import FilterAPI
import NIOCore
import Settings
import Telemetry
import Testing

@testable import ProxyRuntime

@Suite("A filter's rule that is changed while it runs", .timeLimit(.minutes(1)))
struct FilterControlTests {
    let controls = ScriptedControls()

    private func yaml(_ tag: String = "one") -> String {
        RunningProxy.yaml(["name: canary, tag: \(tag)", "name: plain, tag: uncontrolled"]).replacing(
            "clusters:",
            with: """
                  - name: jobs
                    address: 127.0.0.1:0
                    cluster: main
                    brokers: { mode: pass_through }
                    filters: [{ type: scripted, name: canary, tag: two }]
                clusters:
                """)
    }

    private func with(_ body: (Proxy, RunningProxy) async throws -> Void) async throws {
        try await RunningProxy.with(yaml(), controls: controls) { try await body($0.proxy, $0) }
    }

    private func counted(_ proxy: Proxy, _ listener: String, _ result: String) async -> MetricsSnapshot.Value? {
        await proxy.registry.gather().value("sluice_filter_rule_changes_total", [listener, "canary", result])
    }

    private let green = [FilterSetting(name: "active", value: "green")]

    @Test("changes on all listeners that have the filter, and is counted")
    func all() async throws {
        try await with { proxy, _ in
            let outcome = await proxy.change(rule: "r", ofFilter: "canary", on: nil, to: green)
            #expect(
                outcome
                    == .changed([
                        .init(listener: "apps", summary: "r active=green"),
                        .init(listener: "jobs", summary: "r active=green"),
                    ]))
            #expect(controls.changes == ["apps one r active=green", "jobs two r active=green"])
            #expect(await counted(proxy, "apps", "changed") == .counter(1))
            #expect(await counted(proxy, "jobs", "changed") == .counter(1))
        }
    }

    @Test("changes on one listener where one is named")
    func one() async throws {
        try await with { proxy, _ in
            _ = await proxy.change(rule: "r", ofFilter: "canary", on: "jobs", to: green)
            #expect(controls.changes == ["jobs two r active=green"])
            #expect(
                await proxy.change(rule: "r", ofFilter: "plain", on: "jobs", to: green) == .unknownFilter(["canary"]))
            #expect(
                await proxy.change(rule: "r", ofFilter: "canary", on: "none", to: green)
                    == .unknownListener(["apps", "jobs"]))
        }
    }

    @Test("does not change anywhere where one filter does not agree")
    func none() async throws {
        controls.refuse(on: "jobs", .refused("the target is missing"))
        try await with { proxy, _ in
            let outcome = await proxy.change(rule: "r", ofFilter: "canary", on: nil, to: green)
            #expect(
                outcome == .failed([.init(listener: "jobs", error: .refused("the target is missing"))]))
            #expect(controls.changes.isEmpty)
            #expect(await counted(proxy, "jobs", "refused") == .counter(1))
            #expect(await counted(proxy, "apps", "changed") == nil)
        }
    }

    @Test("is not there in a filter that has nothing to change, and in none at all")
    func unknown() async throws {
        try await with { proxy, _ in
            #expect(
                await proxy.change(rule: "r", ofFilter: "plain", on: nil, to: green)
                    == .failed([.init(listener: "apps", error: .unknownRule([]))]))
            #expect(
                await proxy.change(rule: "r", ofFilter: "x", on: nil, to: green) == .unknownFilter(["canary", "plain"]))
        }
    }

    @Test("is refused where a reload has put another filter in its place meanwhile")
    func reloadedMeanwhile() async throws {
        try await with { proxy, running in
            let other = try running.load(yaml("three"))
            controls.meanwhile { _ = try? await proxy.reload(other) }
            let outcome = await proxy.change(rule: "r", ofFilter: "canary", on: nil, to: green)
            guard case .failed(let problems) = outcome else {
                Issue.record("changed: \(outcome)")
                return
            }
            #expect(problems.map(\.listener) == ["apps"])
            #expect(controls.changes.isEmpty)
        }
    }

    @Test("goes on over a reload that does not change the filter")
    func keptOverReload() async throws {
        try await with { proxy, running in
            let control = proxy.listeners[0].chain.entries[0].instance
            _ = await proxy.change(rule: "r", ofFilter: "canary", on: nil, to: green)
            try await running.reload(yaml().replacing("tag: uncontrolled", with: "tag: other"))
            #expect(proxy.listeners[0].chain.entries[0].instance == control)
            #expect(proxy.generation == 2)
        }
    }
}
