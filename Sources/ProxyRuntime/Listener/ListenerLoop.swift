import FilterAPI
import KafkaWire
import Logging
import NIOCore
import SluiceConfiguration
import Telemetry

/// One listener on one event loop: what its connections there share. Touched on that loop only.
final class ListenerLoop {
    let name: String
    let loop: LoopContext
    let cluster: ClusterState
    /// Nil in `pass_through`.
    let virtual: VirtualCluster?
    /// Applies to the next frame of open connections.
    private(set) var limits: ConnectionLimits
    /// As ``limits``.
    private(set) var onUnknown: ListenerConfiguration.OnUnknown
    let budget: HoldBudget
    /// What opens record batches.
    let recordOpening: RecordOpening
    let metrics: ListenerMetrics
    let logger: Logger
    let actions: FilterActions
    /// TLS with clients; nil where they speak without.
    let tls: ListenerTLS?
    /// What becomes of clients' SASL.
    let signIn: ClientSignIn
    /// The filters; connections take up another chain between two frames.
    private(set) var chain: FilterChain
    /// The generation of ``chain``, at hand for every frame.
    private(set) var generation: UInt64
    /// How frames are taken in for clients that all filters concern.
    private(set) var plans: PlanTable
    /// How frames are taken in that no filter has a part in.
    let corePlans: PlanTable
    /// The plans for clients that only some filters concern, by these.
    private var plansOfSome: [FilterSet: PlanTable] = [:]
    /// True once no further request is to be taken on its connections: the process ends, or the listener has been
    /// removed or exchanged.
    var isDraining: Bool { isRetired || loop.isDraining }
    /// True once the listener has been removed or exchanged.
    private(set) var isRetired = false
    private var clients: [ClientCounters.Key: ClientCounters] = [:]

    init(listener: Listener, loop: LoopContext, metrics: CoreMetrics) {
        name = listener.name
        self.loop = loop
        cluster = listener.cluster
        virtual = listener.virtual
        limits = listener.limits
        onUnknown = listener.onUnknown
        budget = listener.budget
        recordOpening = RecordOpening(
            contexts: loop.compression, limits: listener.limits.decompression,
            budget: OpenedRecordsBudget(listener.budget))
        logger = listener.logger
        tls = listener.tls
        signIn = listener.signIn
        self.metrics = ListenerMetrics(
            listener: listener.name, cluster: listener.cluster.name, shard: loop.shard, metrics: metrics)
        actions = FilterActions(listener: listener.name, shard: loop.shard, metrics: metrics)
        chain = listener.chain
        generation = listener.chain.generation
        plans = PlanTable(chain: listener.chain, rewritesAddresses: listener.virtual != nil)
        corePlans = PlanTable(chain: .empty, rewritesAddresses: listener.virtual != nil)
    }

    /// Puts another chain in the place of this one. Connections on which nothing is under way take it up at once, so
    /// that the former one is not kept alive by clients that are silent; the others between two frames.
    func exchange(_ chain: FilterChain) {
        self.chain = chain
        generation = chain.generation
        plans = PlanTable(chain: chain, rewritesAddresses: virtual != nil)
        plansOfSome = [:]
        for connection in connections { connection.adoptChainIfIdle() }
    }

    /// The plans for clients that some filters concern.
    func plans(for filters: FilterSet) -> PlanTable {
        if filters == plans.filters { return plans }
        if let plans = plansOfSome[filters] { return plans }
        // Each table takes memory, and clients choose their IDs. Connections keep the tables that they have.
        if plansOfSome.count >= Self.mostPlans { plansOfSome = [:] }
        let plans = PlanTable(chain: chain, filters: filters, rewritesAddresses: virtual != nil)
        plansOfSome[filters] = plans
        return plans
    }

    /// How many tables of plans are kept: a chain has few filters that only some clients concern.
    private static let mostPlans = 64
    /// Takes other settings that open connections can go on with.
    func update(limits: ConnectionLimits, onUnknown: ListenerConfiguration.OnUnknown) {
        self.limits = limits
        recordOpening.limits = limits.decompression
        self.onUnknown = onUnknown
    }

    /// The listener is no more, or another has taken its place: what is in flight is answered, then connections close;
    /// those that are left after a time are cut off.
    func retire(within time: TimeAmount) {
        isRetired = true
        for connection in connections { connection.drain() }
        loop.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in self?.cutOff() }
    }

    private func cutOff() {
        let left = connections
        guard !left.isEmpty else { return }
        logger.warning(
            "connections of a former listener cut off after drain_timeout",
            metadata: ["listener": "\(name)", "connections": "\(left.count)"])
        for connection in left { connection.close(reason: "drain_timeout") }
    }

    /// Its connections.
    var connections: [DownstreamConnection] { loop.connections.values.filter { $0.shared === self } }

    /// The counters of a client.
    func counters(_ key: ClientCounters.Key) -> ClientCounters {
        if let counters = clients[key] { return counters }
        // Clients choose these; the series stay in the shard, bounded by the family's cap.
        if clients.count >= ClientCounters.most { clients.removeAll() }
        let counters = metrics.client(key)
        clients[key] = counters
        return counters
    }
}
