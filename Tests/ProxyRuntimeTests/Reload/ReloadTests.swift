import FilterAPI
import NIOCore
import NIOPosix
import Settings
import SluiceConfiguration
import Testing

@testable import ProxyRuntime

@Suite("A reload", .timeLimit(.minutes(1)))
struct ReloadTests {
    let journal = Journal()

    private func with(
        _ yaml: String = RunningProxy.yaml(), _ body: (RunningProxy) async throws -> Void
    ) async throws {
        try await RunningProxy.with(yaml, journal: journal, body)
    }

    // MARK: Chains

    @Test("exchanges a chain under an open connection, which goes on")
    func exchangesChains() async throws {
        try await with(RunningProxy.yaml(["name: a, tag: one"])) { running in
            let client = try await running.client()
            #expect(try await client.exchange(id: 1) == 1)
            let report = try await running.reload(RunningProxy.yaml(["name: a, tag: two"]))
            #expect(report.diff.listeners.map(\.drains) == [false])
            #expect(try await client.exchange(id: 2) == 2)
            try await running.reload(RunningProxy.yaml())
            #expect(try await client.exchange(id: 3) == 3)
            try await running.reload(RunningProxy.yaml(["name: a, tag: three"]))
            #expect(try await client.exchange(id: 4) == 4)
            #expect(journal.entries.filter { $0.contains("saw") } == ["a one saw 1", "a two saw 2", "a three saw 4"])
            #expect(running.proxy.generation == 4)
        }
    }

    @Test("keeps filters whose entry is the same, and gives a changed one the one whose place it takes")
    func keepsFilters() async throws {
        try await with(RunningProxy.yaml(["name: a, tag: one", "name: b, tag: one", "name: c, tag: one"])) { running in
            let before = running.proxy.listeners[0].chain.entries.map(\.instance)
            try await running.reload(
                RunningProxy.yaml([
                    "name: c, tag: one", "name: b, tag: two", "name: a, tag: one, dry_run: true", "name: d",
                ]))
            let after = running.proxy.listeners[0].chain.entries
            #expect(after.map(\.name) == ["c", "b", "a", "d"])
            #expect(after[0].instance == before[2])
            #expect(Set(after.dropFirst().map(\.instance)).isDisjoint(with: before))
            await running.proxy.filters.waitForEnding()
            #expect(
                journal.entries.sorted() == [
                    "a one ended", "a one made", "a one made after one", "b one ended", "b one made",
                    "b two made after one",
                    "c one made", "d  made",
                ])
        }
        #expect(journal.entries.filter { $0 == "c one ended" }.count == 1)
        #expect(journal.entries.filter { $0.hasSuffix("ended") }.count == 6)
    }

    @Test("shuts a filter down when the last connection that met it has taken up another chain")
    func endsFiltersLast() async throws {
        try await with(RunningProxy.yaml(["name: a, tag: one"])) { running in
            let clients = [try await running.client(), try await running.client(), try await running.client()]
            for client in clients { #expect(try await client.exchange(id: 1) == 1) }
            // One of them has a request in flight that met the old chain.
            running.broker.holdAnswers()
            try await clients[2].send(id: 2)
            try await RunningProxy.until { journal.entries.contains("a one saw 2") }
            try await running.reload(RunningProxy.yaml(["name: a, tag: two"]))
            try await clients[0].send(id: 3)
            await clients[1].close()
            try await clients[2].send(id: 4)
            try await RunningProxy.until { journal.entries.filter { $0.contains("two saw") }.count == 2 }
            try await RunningProxy.until { await running.proxy.openConnections() == 2 }
            await running.proxy.filters.waitForEnding()
            #expect(!journal.entries.contains("a one ended"))
            running.broker.releaseAnswers()
            #expect(await clients[2].answer() == 2)
            #expect(await clients[2].answer() == 4)
            await running.proxy.filters.waitForEnding()
            #expect(journal.entries.contains("a one ended"))
            #expect(!journal.entries.contains("a two ended"))
        }
        #expect(journal.entries.filter { $0 == "a two ended" }.count == 1)
        #expect(journal.entries.filter { $0 == "a one ended" }.count == 1)
    }

    @Test("changes nothing where nothing has changed")
    func nothing() async throws {
        let yaml = RunningProxy.yaml(["name: a, tag: one"])
        try await with(yaml) { running in
            let report = try await running.reload(yaml)
            #expect(report.diff.isEmpty)
            #expect(running.proxy.generation == 1)
            #expect(journal.entries == ["a one made"])
        }
    }

    @Test("leaves alone what has not changed: the same parts of other listeners, the same clusters")
    func leavesAlone() async throws {
        let other = "x-none: 0"
        let more = """
              - { name: far, bootstrap_servers: "127.0.0.1:$BROKER" }
            """
        func yaml(_ tag: String) -> String {
            RunningProxy.yaml(["name: a, tag: \(tag)"], extra: more + "\n" + other).replacing(
                "clusters:",
                with: """
                      - { name: jobs, address: "127.0.0.1:0", cluster: far, brokers: { mode: pass_through }, filters: [{ type: scripted, name: j }] }
                    clusters:
                    """)
        }
        try await with(yaml("one")) { running in
            let before = running.proxy.state.running
            let addresses = running.proxy.state.addresses
            let client = try await running.client("jobs")
            #expect(try await client.exchange(id: 1) == 1)
            try await running.reload(yaml("two"))
            let after = running.proxy.state.running
            #expect(zip(before.clusters, after.clusters).allSatisfy { $0 === $1 })
            #expect(before.listener("jobs")?.chain.generation == after.listener("jobs")?.chain.generation)
            #expect(before.listener("apps")?.chain.generation != after.listener("apps")?.chain.generation)
            #expect(running.proxy.state.addresses.allSatisfy { addresses[$0.key] === $0.value })
            #expect(try await client.exchange(id: 2) == 2)
        }
    }

    @Test("one at a time, and the last one stays")
    func serial() async throws {
        try await with(RunningProxy.yaml(["name: a, tag: t0"])) { running in
            let client = try await running.client()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for index in 1...20 {
                    tasks.addTask { try await running.reload(RunningProxy.yaml(["name: a, tag: t\(index)"])) }
                }
                for id in 1...50 as ClosedRange<Int32> { #expect(try await client.exchange(id: id) == id) }
                try await tasks.waitForAll()
            }
            #expect(running.proxy.generation == 21)
            #expect(try await client.exchange(id: 51) == 51)
            await running.proxy.filters.waitForEnding()
            #expect(journal.entries.filter { $0.hasSuffix("ended") }.count == 20)
        }
    }

    @Test("tells files to be opened anew to all filters that are in use")
    func reopens() async throws {
        try await with(RunningProxy.yaml(["name: a, tag: one"])) { running in
            let client = try await running.client()
            #expect(try await client.exchange(id: 1) == 1)
            try await running.reload(RunningProxy.yaml(["name: a, tag: two"]))
            running.proxy.reopenFiles()
            #expect(journal.entries.filter { $0.hasSuffix("reopened") } == ["a two reopened"])
        }
    }

    // MARK: Errors

    @Test("with errors changes nothing, and tells all of them")
    func errors() async throws {
        try await with(RunningProxy.yaml(["name: a, tag: one"])) { running in
            let taken = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: 0).get()
            let free = try await RunningProxy.freePort()
            let port = taken.localAddress?.port ?? 0
            let more = """
                listeners:
                  - { name: new, address: "127.0.0.1:\(free)", cluster: main, brokers: { mode: pass_through }, filters: [{ type: scripted, name: n }] }
                  - { name: taken, address: "127.0.0.1:\(port)", cluster: main, brokers: { mode: pass_through } }
                """
            let before = running.proxy.state.running
            let yaml = RunningProxy.yaml(["name: a, tag: two", "name: b, fails: true", "name: c, fails: true"])
                .replacing("listeners:", with: more)
            do {
                try await running.reload(yaml)
                Issue.record("taken up")
            } catch ReloadError.refused(let errors) {
                #expect(errors.count == 3)
                #expect(errors[0].hasPrefix("sluice.yaml:9:54: "))
                #expect(errors[0].hasSuffix("filter 'b' of listener 'apps': was told to fail"))
                #expect(errors[1].contains("filter 'c'"))
                #expect(
                    errors[2]
                        == "listeners[1].address (listener 'taken'): cannot listen on 127.0.0.1:\(port): the address is in use by another process"
                )
            }
            #expect(running.proxy.generation == 1)
            #expect(running.proxy.listeners.map(\.name) == ["apps"])
            #expect(running.proxy.listeners[0].chain.generation == before.listeners[0].chain.generation)
            // What was made for nothing has ended, and nobody listens at what was opened for nothing.
            #expect(
                journal.entries.sorted() == [
                    "a one made", "a two ended", "a two made after one", "n  ended", "n  made",
                ])
            await #expect(throws: (any Error).self) { try await TestClient(port: free) }
            let client = try await running.client()
            #expect(try await client.exchange(id: 1) == 1)
            #expect(journal.entries.last == "a one saw 1")
            try await taken.close()
            // Right again, it is taken up as if nothing had been.
            let right = yaml.replacing(", fails: true", with: "")
            try await running.reload(right)
            #expect(try await client.exchange(id: 2) == 2)
            #expect(journal.entries.last?.hasPrefix("c") == true)
            #expect(try await running.client("taken").exchange(id: 1) == 1)
        }
    }

    @Test("is not done any more while the proxy drains")
    func draining() async throws {
        try await with { running in
            await running.proxy.closeListeners()
            await #expect(throws: ReloadError.draining) { try await running.reload(RunningProxy.yaml(["name: a"])) }
        }
    }

    @Test("does not touch the admin block, and says so each time")
    func admin() async throws {
        try await with { running in
            let yaml = "admin: { address: 127.0.0.1:9999 }\n" + RunningProxy.yaml(["name: a"])
            let address = running.proxy.loaded.configuration.admin.address
            let report = try await running.reload(yaml)
            #expect(report.diff.needsRestart.map(\.path) == ["admin.address"])
            #expect(running.proxy.loaded.configuration.admin.address == address)
            #expect(running.proxy.loaded.effective["admin"]?["address"] == "127.0.0.1:9901")
            let again = try await running.reload(yaml)
            #expect(again.diff.isEmpty && again.diff.needsRestart.count == 1)
        }
    }

    @Test("said beforehand changes nothing")
    func preview() async throws {
        try await with(RunningProxy.yaml(["name: a, tag: one"])) { running in
            let client = try await running.client()
            #expect(try await client.exchange(id: 1) == 1)
            let report = await running.proxy.preview(
                try running.load(RunningProxy.yaml(["name: a, tag: two"], listener: ["proxy_protocol: true"])))
            #expect(report.drainedConnections == 1)
            #expect(report.tense == .would)
            #expect(report.diff.listeners.first?.filters.map(\.name) == ["a"])
            #expect(journal.entries.contains { $0.contains("two") } == false)
            #expect(try await client.exchange(id: 2) == 2)
            #expect(running.proxy.generation == 1)
        }
    }
}
