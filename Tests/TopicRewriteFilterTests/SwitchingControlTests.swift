import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore
import Settings
import Synchronization
import Testing

@testable import TopicRewriteFilter

@Suite("Operators switch rules")
struct SwitchingControlTests {
    private static let weighted = """
        rules:
          - topic: payments
            targets: { blue: payments.v1, green: payments.v2 }
            weights: { blue: 95, green: 5 }
            sticky_by: principal
          - topic: orders
            to: orders.canary
          - prefix: tenant-
            to_prefix: a.
        """

    private func error(_ proxy: SwitchingProxy, _ settings: [(String, String)], rule: String = "payments") async
        -> FilterControlError?
    {
        do throws(FilterControlError) {
            _ = try await proxy.control.prepare(
                rule: rule, settings: settings.map { FilterSetting(name: $0.0, value: $0.1) })
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "What makes no sense is refused with what would",
        arguments: [
            ([], "say what it is to be: active=TARGET, or weights=TARGET:WEIGHT,TARGET:WEIGHT"),
            ([("active", "red")], "there is no target 'red': expected one of blue, green"),
            ([("active", "blue"), ("weights", "blue:1")], "one setting at a time: active, or weights"),
            ([("colour", "blue")], "there is no setting 'colour': expected active, or weights"),
            ([("weights", "blue")], "'blue' is no weight: expected TARGET:WEIGHT, the weight from 0 to 1000000"),
            ([("weights", "blue:-1")], "'blue:-1' is no weight: expected TARGET:WEIGHT, the weight from 0 to 1000000"),
            ([("weights", "")], "'' is no weight: expected TARGET:WEIGHT, the weight from 0 to 1000000"),
            ([("weights", "blue:1,blue:2")], "'blue' has two weights"),
            ([("weights", "blue:0,green:0")], "one weight must be more than 0"),
        ])
    func invalid(settings: [(String, String)], message: String) async throws {
        #expect(await error(try SwitchingProxy(), settings) == .invalid(message))
    }

    @Test("Rules that do not exist, or have nothing to choose from, are refused")
    func rules() async throws {
        let proxy = try SwitchingProxy(Self.weighted)
        #expect(
            await error(proxy, [("active", "blue")], rule: "bills") == .unknownRule(["payments", "orders", "tenant-"]))
        #expect(
            await error(proxy, [("active", "blue")], rule: "orders")
                == .invalid("the rule has only one target: it can be changed in the configuration"))
    }

    @Test("A target that is missing or has fewer partitions is refused, with the reason; a larger one is not")
    func refused() async throws {
        let id = KafkaUUID(high: 1, low: 1)
        let missing = try SwitchingProxy(cluster: ScriptedCluster(["payments.v1": (id, 3)]))
        #expect(
            await error(missing, [("active", "green")])
                == .refused("the topic payments.v2 of target green does not exist"))
        let smaller = try SwitchingProxy(
            cluster: ScriptedCluster(["payments.v1": (id, 3), "payments.v2": (KafkaUUID(high: 2, low: 2), 2)]))
        let message =
            "the topic payments.v2 of target green has 2 partitions, fewer than payments.v1 of target blue, which has 3"
        #expect(await error(smaller, [("active", "green")]) == .refused(message))
        #expect(await error(smaller, [("weights", "blue:9,green:1")]) == .refused(message))
        #expect(smaller.views.board.choice(of: 0) == .active(0))
        let larger = try SwitchingProxy(
            cluster: ScriptedCluster(["payments.v1": (id, 3), "payments.v2": (KafkaUUID(high: 2, low: 2), 4)]))
        #expect(await error(larger, [("active", "green")]) == nil)
        // The target that clients leave may be gone already.
        let gone = try SwitchingProxy(cluster: ScriptedCluster(["payments.v2": (id, 3)]))
        #expect(await error(gone, [("active", "green")]) == nil)
    }

    @Test("Where the cluster cannot be asked, what has been seen decides, and nothing seen is a refusal")
    func unreachable() async throws {
        let seen = try SwitchingProxy(cluster: ScriptedCluster(canBeAsked: false))
        #expect(await error(seen, [("active", "green")]) == nil)
        let unseen = try SwitchingProxy(cluster: ScriptedCluster([:], canBeAsked: false))
        #expect(
            await error(unseen, [("active", "green")])
                == .refused("the cluster cannot be asked for the targets: no broker answers"))
    }

    @Test("A change says what becomes of it, and is made when it is applied")
    func change() async throws {
        let proxy = try SwitchingProxy()
        let change = try await proxy.control.prepare(
            rule: "payments", settings: [FilterSetting(name: "active", value: "green")])
        #expect(change.summary == "payments: active=blue -> active=green")
        #expect(proxy.views.board.choice(of: 0) == .active(0))
        change.apply()
        #expect(proxy.views.board.choice(of: 0) == .active(1))
        let same = try await proxy.control.prepare(
            rule: "payments", settings: [FilterSetting(name: "active", value: "green")])
        #expect(same.summary == "payments is active=green already")
        try await proxy.post("weights", "green:1,blue:3")
        #expect(proxy.views.board.choice(of: 0) == .weights([3, 1]))
    }

    @Test("All rules are shown, with the clients of each target")
    func status() async throws {
        let proxy = try SwitchingProxy(Self.weighted)
        try proxy.client().produce(0)
        try proxy.client().produce(0)
        try proxy.client("other").fetch(0)
        let rules = await proxy.control.status()["rules"]
        guard case .array(let list)? = rules else {
            Issue.record("no rules")
            return
        }
        #expect(list.map { $0["name"] } == ["payments", "orders", "tenant-"])
        #expect(list[0]["weights"] == .object([.init("blue", 95), .init("green", 5)]))
        #expect(list[0]["sticky_by"] == "principal")
        guard case .array(let targets)? = list[0]["targets"] else { return }
        #expect(targets.map { $0["topic"] } == ["payments.v1", "payments.v2"])
        let used = try #require(targets.first { $0["connections"] != 0 })
        #expect(used["connections"] == 3 && used["clients"] == 2)
        #expect(list[1]["to"] == "orders.canary")
        #expect(list[2]["to_prefix"] == "a.")
        try await proxy.post("active", "green")
        guard case .array(let after)? = await proxy.control.status()["rules"] else { return }
        #expect(after[0]["active"] == "green")
        #expect(after[0]["weights"] == nil)
    }

    // MARK: Reloads

    private static let green = """
        rules:
          - topic: payments
            targets: { blue: payments.v1, green: payments.v2 }
            active: green
        """

    @Test("A reload that leaves a rule as it is keeps what was posted")
    func keeps() async throws {
        let proxy = try SwitchingProxy()
        try await proxy.post("active", "green")
        let reloaded = try SwitchingProxy(replacing: proxy)
        #expect(reloaded.views.board.choice(of: 0) == .active(1))
    }

    @Test("A reload that changes a rule is a switch, also for connections that are open")
    func switches() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.produce(0, producer: 7, epoch: 0)
        try client.fetch(0)
        try client.join("g")
        let reloaded = try SwitchingProxy(Self.green, replacing: proxy)
        let views = reloaded.views.makeConnectionViews(client.context, replacing: client.views)
        client.views.connectionClosed()
        let same = SwitchingClient(views, client.context, "shop")
        #expect(try !same.produce(0, producer: 7, epoch: 0).isForwarded)
        #expect(try same.fetch(0).isHeld)
        #expect(try !same.heartbeat("g").isForwarded)
        #expect(try same.commit("g").target() == "payments.v1")
    }

    @Test("What a connection remembers by itself outlives a reload")
    func takesOver() throws {
        let proxy = try SwitchingProxy(SwitchingProxy.rules + "\nswitching: { tracked_producers: 100 }")
        let clients = [proxy.client(), proxy.client()]
        for client in clients { try client.fetch(0) }
        try clients[0].produce(0, producer: 7, epoch: 0)
        let hostile = proxy.client("hostile")
        for id in 100..<1000 as Range<Int64> { try hostile.produce(0, producer: id, epoch: 0) }
        let reloaded = try SwitchingProxy(Self.green, replacing: proxy)
        let same = clients.map { client in
            let views = reloaded.views.makeConnectionViews(client.context, replacing: client.views)
            client.views.connectionClosed()
            return SwitchingClient(views, client.context, "shop")
        }
        #expect(reloaded.views.board.memory.positions.withLock { $0.count } == 1)
        #expect(try !same[0].produce(0, producer: 7, epoch: 0).isForwarded)
        // The first settles what is known of the client; the other knows by itself.
        for client in same { #expect(try !client.fetch(0).isForwarded) }
    }

    @Test("A reload that is known to move clients to fewer partitions is refused; where nothing is known, it is not")
    func refusesReload() throws {
        let id = KafkaUUID(high: 1, low: 1)
        let cluster = ScriptedCluster(["payments.v1": (id, 3), "payments.v2": (KafkaUUID(high: 2, low: 2), 2)])
        let former = try SwitchingProxy(cluster: cluster)
        let next = try SwitchingProxy(Self.green, cluster: cluster, replacing: former)
        #expect(
            next.views.board.objection(replacing: former.views.board, cluster: cluster)
                == """
                rule payments: the topic payments.v2 of target green has 2 partitions, fewer than payments.v1 of target \
                blue, which has 3
                """)
        #expect(next.views.board.objection(replacing: former.views.board, cluster: ScriptedCluster([:])) == nil)
        #expect(former.views.board.objection(replacing: next.views.board, cluster: cluster) == nil)
        let unchanged = try SwitchingProxy(cluster: cluster, replacing: former)
        #expect(unchanged.views.board.objection(replacing: former.views.board, cluster: cluster) == nil)
    }

    @Test("Targets are told apart by their topics, whatever a reload calls them")
    func renamedTargets() throws {
        let proxy = try SwitchingProxy()
        let client = proxy.client()
        try client.produce(0, producer: 7, epoch: 0)
        let reloaded = try SwitchingProxy(
            """
            rules:
              - topic: payments
                targets: { old: payments.v1, other: payments.v3, new: payments.v2 }
                active: old
            """, replacing: proxy)
        let views = reloaded.views.makeConnectionViews(client.context, replacing: client.views)
        let same = SwitchingClient(views, client.context, "shop")
        #expect(try same.produce(0, producer: 7, epoch: 0).target() == "payments.v1")
    }

    @Test("Limits are read, and checked")
    func limits() throws {
        let limits = try configuration(
            Self.green
                + "\nswitching: { tracked_producers: 500, producer_fence: 2s, member_timeout: 5s, rejoin_timeout: 9s }"
        ).switching
        #expect(limits.producers == 500 && limits.members == 100_000)
        #expect(limits.producerFence == .seconds(2) && limits.memberTimeout == .seconds(5))
        #expect(limits.rejoinTimeout == .seconds(9))
        #expect(try issues(Self.green + "\nswitching: { producer_fence: 1ms }").count == 1)
    }

    @Test(
        "The targets of a rule that were not chosen are not seen, whichever is chosen; members of groups know them all")
    func hidden() throws {
        for target in [0, 1] {
            let view = try view(SwitchingProxy.rules, targets: [target])
            let topics = ["payments.v1", "payments.v2"]
            #expect(topics.map { view.brokerTopic($0) } == [.refused(.taken), .refused(.taken)])
            #expect(topics.map { view.clientTopic($0) != nil } == [target == 0, target == 1])
            #expect(topics.map { view.memberTopic($0) } == ["payments", "payments"])
            #expect(view.memberTopic("logs") == "logs")
        }
    }
}
