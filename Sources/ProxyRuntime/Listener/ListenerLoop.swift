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
    let metrics: ListenerMetrics
    let logger: Logger
    let actions: FilterActions
    /// The filters; connections take up another chain between two frames.
    private(set) var chain: FilterChain
    /// The generation of ``chain``, at hand for every frame.
    private(set) var generation: UInt64
    private(set) var plans: PlanTable
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
        logger = listener.logger
        self.metrics = ListenerMetrics(
            listener: listener.name, cluster: listener.cluster.name, shard: loop.shard, metrics: metrics)
        actions = FilterActions(listener: listener.name, shard: loop.shard, metrics: metrics)
        chain = listener.chain
        generation = listener.chain.generation
        plans = PlanTable(chain: listener.chain, rewritesAddresses: listener.virtual != nil)
    }

    /// Puts another chain in the place of this one.
    func exchange(_ chain: FilterChain) {
        self.chain = chain
        generation = chain.generation
        plans = PlanTable(chain: chain, rewritesAddresses: virtual != nil)
    }

    /// Takes other settings that open connections can go on with.
    func update(limits: ConnectionLimits, onUnknown: ListenerConfiguration.OnUnknown) {
        self.limits = limits
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
