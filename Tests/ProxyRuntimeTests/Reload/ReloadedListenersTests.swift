import FilterAPI
import NIOCore
import NIOPosix
import Settings
import SluiceConfiguration
import Telemetry
import Testing

@testable import ProxyRuntime

@Suite("Listeners, clusters and limits in a reload", .timeLimit(.minutes(1)))
struct ReloadedListenersTests {
    /// A listener on one line.
    private func listener(
        _ name: String, _ address: String, _ keys: String = "", cluster: String = "main",
        brokers: String = "{ mode: pass_through }"
    ) -> String {
        "  - { name: \(name), address: \"\(address)\", cluster: \(cluster), brokers: \(brokers)\(keys) }"
    }

    private func yaml(_ listeners: String..., extra: String = "", clusters: String = "") -> String {
        """
        \(extra)
        listeners:
        \(listeners.joined(separator: "\n"))
        clusters:
          - { name: main, bootstrap_servers: "127.0.0.1:$BROKER"\(clusters) }
        """
    }

    private func isRefused(_ port: Int) async -> Bool {
        do {
            let client = try await TestClient(port: port)
            await client.close()
            return false
        } catch {
            return true
        }
    }

    private func closed(_ running: RunningProxy, _ reason: String) async -> MetricsSnapshot.Value? {
        await running.proxy.registry.gather().value("sluice_downstream_connections_closed_total", ["apps", reason])
    }

    @Test("A listener whose settings change keeps its port open; who was there is drained, who comes gets the new ones")
    func keepsPorts() async throws {
        let port = try await RunningProxy.freePort()
        let apps = "127.0.0.1:\(port)"
        try await RunningProxy.with(yaml(listener("apps", apps))) { running in
            let channel = running.proxy.state.addresses.values.first
            let busy = try await running.client()
            let idle = try await running.client()
            #expect(try await busy.exchange(id: 1) == 1)
            #expect(try await idle.exchange(id: 1) == 1)
            running.broker.holdAnswers()
            try await busy.send(id: 2)
            try await RunningProxy.until { await running.proxy.connections().contains { $0.requestsInFlight == 1 } }
            let report = try await running.reload(yaml(listener("apps", apps, ", proxy_protocol: true")))
            #expect(report.drainedConnections == 2)
            #expect(running.proxy.state.addresses.values.first === channel)
            // Nothing was in flight: it is closed. The other one is waited for.
            #expect(await idle.answer() == nil)
            let counts = await running.proxy.connectionsByListener()["apps"]
            #expect(counts?.current == 0 && counts?.former == 1)
            #expect(await running.proxy.connections().map(\.isDraining) == [true])
            // Without a PROXY header nobody gets in now.
            let next = try await TestClient(port: port)
            #expect(try await next.exchange(id: 1) == nil)
            running.broker.releaseAnswers()
            #expect(await busy.answer() == 2)
            #expect(await busy.answer() == nil)
        }
    }

    @Test("What is in flight on a connection that is drained is answered, and then it is closed")
    func answersWhileDraining() async throws {
        let port = try await RunningProxy.freePort()
        let apps = "127.0.0.1:\(port)"
        try await RunningProxy.with(yaml(listener("apps", apps))) { running in
            running.broker.holdAnswers()
            let client = try await running.client()
            try await client.send(id: 1)
            try await RunningProxy.until { await running.proxy.connections().contains { $0.requestsInFlight == 1 } }
            try await running.reload(yaml(listener("apps", apps, ", proxy_protocol: true")))
            running.broker.releaseAnswers()
            #expect(await client.answer() == 1)
            #expect(await client.answer() == nil)
            #expect(await closed(running, "drain") == .counter(1))
        }
    }

    @Test("What is not answered within drain_timeout is cut off")
    func cutsOff() async throws {
        let apps = "127.0.0.1:\(try await RunningProxy.freePort())"
        let limits = "limits: { drain_timeout: 50ms }"
        try await RunningProxy.with(yaml(listener("apps", apps), extra: limits)) { running in
            let client = try await running.client()
            try await client.send(id: 1, memberID: "never")
            try await RunningProxy.until { await running.proxy.connections().contains { $0.requestsInFlight == 1 } }
            try await running.reload(yaml(listener("apps", apps, ", proxy_protocol: true"), extra: limits))
            #expect(await client.answer() == nil)
            #expect(await closed(running, "drain_timeout") == .counter(1))
        }
    }

    @Test("A listener that is removed drains and closes its port; one that is added opens")
    func addsAndRemoves() async throws {
        let old = try await RunningProxy.freePort()
        let new = try await RunningProxy.freePort()
        let apps = listener("apps", "127.0.0.1:\(try await RunningProxy.freePort())")
        try await RunningProxy.with(yaml(apps, listener("old", "127.0.0.1:\(old)"))) { running in
            let stays = try await running.client()
            let goes = try await running.client("old")
            #expect(try await stays.exchange(id: 1) == 1)
            #expect(try await goes.exchange(id: 1) == 1)
            let report = try await running.reload(yaml(listener("new", "127.0.0.1:\(new)"), apps))
            #expect(report.drainedConnections == 1)
            #expect(await goes.answer() == nil)
            #expect(await isRefused(old))
            #expect(try await running.client("new").exchange(id: 2) == 2)
            #expect(try await stays.exchange(id: 2) == 2)
            #expect(running.proxy.listeners.map(\.name) == ["new", "apps"])
        }
    }

    @Test("A port that goes from one listener to another stays open")
    func handsPortsOver() async throws {
        let one = "127.0.0.1:\(try await RunningProxy.freePort())"
        let two = "127.0.0.1:\(try await RunningProxy.freePort())"
        try await RunningProxy.with(yaml(listener("a", one), listener("b", two))) { running in
            let before = running.proxy.state.addresses
            try await running.reload(yaml(listener("a", two), listener("b", one)))
            let after = running.proxy.state.addresses
            #expect(before.count == 2 && after.count == 2)
            #expect(after.allSatisfy { before[$0.key] === $0.value })
            for name in ["a", "b"] {
                let client = try await running.client(name)
                #expect(try await client.exchange(id: 1) == 1)
                #expect(await running.proxy.connections().contains { $0.listener == name })
                await client.close()
            }
        }
    }

    @Test("An address that is in the way of a new one gives way; where the new one cannot be had, it is there again")
    func overlaps() async throws {
        let port = try await RunningProxy.freePort()
        try await RunningProxy.with(yaml(listener("apps", "127.0.0.1:\(port)"))) { running in
            try await running.reload(yaml(listener("apps", "0.0.0.0:\(port)")))
            let wide = try await TestClient(port: port)
            #expect(try await wide.exchange(id: 1) == 1)
            // 127.0.0.2 and 0.0.0.0 exclude each other, and somebody else has the first.
            let other = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.2", port: 0).get()
            let taken = other.localAddress?.port ?? 0
            await #expect(throws: ReloadError.self) {
                try await running.reload(
                    yaml(listener("apps", "127.0.0.1:\(port)"), listener("b", "127.0.0.2:\(taken)")))
            }
            #expect(try await wide.exchange(id: 2) == 2)
            #expect(try await TestClient(port: port).exchange(id: 1) == 1)
            // Here the old address has been closed already when the other one cannot be had.
            await #expect(throws: ReloadError.self) {
                try await running.reload(
                    yaml(listener("apps", "127.0.0.1:\(port)"), listener("b", "192.0.2.1:\(port)")))
            }
            #expect(try await wide.exchange(id: 3) == 3)
            #expect(try await TestClient(port: port).exchange(id: 1) == 1)
            try await other.close()
        }
    }

    @Test("A broker's port that stays belongs to the broker that the new settings say")
    func brokersPorts() async throws {
        let first = try await RunningProxy.freePort()
        let second = try await RunningProxy.freePort()
        let apps = "127.0.0.1:\(try await RunningProxy.freePort())"
        func brokers(_ map: String) -> String { "{ mode: ports, ports: { \(map) } }" }
        let before = yaml(listener("apps", apps, brokers: brokers("1: \(first)")))
        try await RunningProxy.with(before) { running in
            let channels = running.proxy.state.addresses
            try await running.reload(
                yaml(listener("apps", apps, brokers: brokers("7: \(first), 1: \(second)"))))
            #expect(channels.allSatisfy { running.proxy.state.addresses[$0.key] === $0.value })
            running.proxy.clusters.first?.learn(brokers: [Broker(id: 7, host: "127.0.0.1", port: running.broker.port)])
            let client = try await TestClient(port: first)
            #expect(try await client.exchange(id: 1) == 1)
            #expect(await running.proxy.connections().first?.upstream == "7")
        }
    }

    @Test("Limits and on_unknown apply to the next frame of connections that are open")
    func limits() async throws {
        let apps = "127.0.0.1:\(try await RunningProxy.freePort())"
        try await RunningProxy.with(yaml(listener("apps", apps))) { running in
            let client = try await running.client()
            #expect(try await client.exchange(id: 1) == 1)
            let report = try await running.reload(
                yaml(
                    listener("apps", apps, ", on_unknown: close"),
                    extra: "limits: { max_frame: 1KiB, buffered_bytes: 200MiB }"))
            #expect(report.drainedConnections == 0)
            #expect(try await client.exchange(id: 2) == 2)
            try await client.send(id: 3, memberID: String(repeating: "x", count: 2000))
            #expect(await client.answer() == nil)
            #expect(await closed(running, "frame_too_large") == .counter(1))
            #expect(running.proxy.budget.limit == 200 << 20)
        }
    }

    @Test("A cluster at another address is another one: its listeners drain, their filters are made anew")
    func otherCluster() async throws {
        let journal = Journal()
        let apps = "127.0.0.1:\(try await RunningProxy.freePort())"
        let filters = ", filters: [{ type: scripted, name: f, tag: x }]"
        let before = yaml(listener("apps", apps, filters))
        try await RunningProxy.with(before, journal: journal) { running in
            let former = running.proxy.clusters[0]
            let client = try await running.client()
            #expect(try await client.exchange(id: 1) == 1)
            running.proxy.beginWatch()
            try await running.reload(before.replacing("127.0.0.1:$BROKER", with: "localhost:$BROKER"))
            #expect(await client.answer() == nil)
            #expect(running.proxy.clusters[0] !== former)
            #expect(running.proxy.listeners[0].cluster === running.proxy.clusters[0])
            #expect(journal.entries.contains("f x made after x"))
            #expect(try await running.client().exchange(id: 1) == 1)
            try await RunningProxy.until { running.proxy.clusters[0].reachability[0] == .reachable }
        }
    }

    @Test("How a cluster is talked to changes in place")
    func sameCluster() async throws {
        let apps = listener("apps", "127.0.0.1:\(try await RunningProxy.freePort())")
        try await RunningProxy.with(yaml(apps)) { running in
            let cluster = running.proxy.clusters[0]
            let client = try await running.client()
            #expect(try await client.exchange(id: 1) == 1)
            let report = try await running.reload(
                yaml(apps, clusters: ", connect_timeout: 1s, metadata_refresh: 2s"))
            #expect(report.drainedConnections == 0)
            #expect(running.proxy.clusters[0] === cluster)
            #expect(cluster.connectTimeout == .seconds(1))
            #expect(try await client.exchange(id: 2) == 2)
        }
    }
}

@Suite("The memory for held frames, when its limit changes")
struct HoldBudgetLimitTests {
    @Test("A higher limit lets those in that wait, in their order; a lower one takes nothing away")
    func changes() throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let budget = HoldBudget(limit: 10)
        #expect(budget.reserve(8, on: loop) == nil)
        let second = try #require(budget.reserve(8, on: loop))
        let third = try #require(budget.reserve(100, on: loop))
        budget.limit = 16
        try second.wait()
        #expect(budget.usage.bytes == 16 && budget.usage.waiting == 1)
        budget.limit = 1
        #expect(budget.usage.bytes == 16)
        budget.release(8)
        #expect(budget.usage.waiting == 1)
        budget.release(8)
        // More than the limit: it has its turn when nothing else is held.
        try third.wait()
        #expect(budget.usage.bytes == 100 && budget.usage.waiting == 0)
    }
}
