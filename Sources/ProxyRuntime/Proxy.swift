import FilterAPI
import KafkaWire
package import Logging
package import NIOCore
import NIOPosix
import Settings
package import SluiceConfiguration
package import Telemetry

/// The proxy: its event loops, and the listeners and clusters of the configuration in force.
///
/// How addresses are opened is in `+Addresses`, how another configuration is taken up in `Reload/`.
package final class Proxy: Sendable {
    package let registry: MetricsRegistry
    package let budget: HoldBudget
    package let startedAt = NIODeadline.now()
    /// How many event loops there are.
    package var concurrency: Int { loops.count }

    /// The configuration in force.
    package var loaded: LoadedConfiguration { state.running.loaded }
    /// The clusters of the configuration in force.
    package var clusters: [ClusterState] { state.running.clusters }
    /// The listeners of the configuration in force.
    package var listeners: [Listener] { state.running.listeners }
    /// 1 at the start, one more with each reload that changed something.
    package var generation: Int { state.running.generation }

    let group: MultiThreadedEventLoopGroup
    let loops: [ProxyLoop]
    let logger: Logger
    let metrics: CoreMetrics
    let state: ProxyState
    let chains: ChainBuilder
    let filters = FiltersInUse()
    /// One at a time opens and closes addresses, or exchanges what is in force.
    let turns = Turns()
    private let watch: ClusterWatch

    /// Makes a proxy; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - loaded: validated settings.
    ///   - filters: the types of filters that there are.
    ///   - concurrency: how many event loops, at least 1.
    ///   - registry: where metrics are declared.
    ///   - logger: for what happens to connections and clusters.
    /// - Throws: ``ReloadError`` with what filters cannot do without, for instance a file that cannot be opened.
    package init(
        _ loaded: LoadedConfiguration, filters: [BuiltInFilter], concurrency: Int, registry: MetricsRegistry,
        logger: Logger
    ) throws(ReloadError) {
        self.registry = registry
        self.logger = logger
        let metrics = CoreMetrics(registry: registry)
        self.metrics = metrics
        budget = HoldBudget(limit: Int(clamping: loaded.configuration.limits.bufferedBytes.bytes))
        chains = ChainBuilder(filters: filters, registry: registry, logger: logger, inUse: self.filters)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: concurrency)
        self.group = group
        watch = ClusterWatch(group: group, logger: logger)
        let plan = ConfigurationPlan(
            loaded, chains: chains, budget: budget, counts: TLSCounts(metrics.tls, in: registry), logger: logger)
        guard plan.errors.isEmpty else {
            group.shutdownGracefully { _ in }
            throw .refused(plan.errors)
        }
        let running = plan.next
        state = ProxyState(running)
        let drainTimeout = TimeAmount(loaded.configuration.limits.drainTimeout)
        loops = group.makeIterator().map { loop in
            let bound = NIOLoopBoundBox.makeBoxSendingValue(ProxyLoopState(), eventLoop: loop)
            _ = loop.submit {
                let context = LoopContext(eventLoop: loop, metrics: metrics)
                bound.value.context = context
                bound.value.take(running.listeners, replacing: [], drainTimeout: drainTimeout, metrics: metrics)
                context.startSweeping()
            }
            registry.attach { visit in
                let snapshot = try? await loop.submit { bound.value.context?.shard.perform(visit) }.get()
                return (snapshot ?? nil) ?? ShardSnapshot()
            }
            return ProxyLoop(eventLoop: loop, state: bound)
        }
        declareCertificateExpiry()
    }

    /// Begins to watch the clusters; ``endWatch()`` ends it.
    package func beginWatch() {
        watch.begin(watchedClusters(state.running))
    }

    /// Ends the watch of the clusters, and waits for that.
    package func endWatch() async {
        await watch.end()
    }

    /// Watches the clusters of another configuration from now on.
    func exchangeWatch(_ running: RunningConfiguration) {
        watch.exchange(watchedClusters(running))
    }

    private func watchedClusters(_ running: RunningConfiguration) -> [ClusterWatch.Watched] {
        zip(running.clusters, running.loaded.configuration.clusters).map {
            ClusterWatch.Watched(cluster: $0, refresh: $1.metadataRefresh)
        }
    }

    /// Ends: takes no further request, answers what is in flight, and closes the rest after `drain_timeout`.
    ///
    /// - Returns: how many connections had to be cut off.
    @discardableResult
    package func drain() async -> Int {
        await closeListeners()
        for loop in loops { await loop.perform { $0.drain() } }
        let deadline = NIODeadline.now() + TimeAmount(state.running.loaded.configuration.limits.drainTimeout)
        while await openConnections() > 0, NIODeadline.now() < deadline {
            try? await Task.sleep(nanoseconds: 20_000_000)
        }
        let left = await openConnections()
        if left > 0 {
            logger.warning("connections cut off after drain_timeout", metadata: ["connections": "\(left)"])
            for loop in loops { await loop.perform { $0.closeAll(reason: "drain_timeout") } }
        }
        return left
    }

    /// Writes what filters hold back, and ends the event loops. The proxy is of no use afterwards.
    package func shutDown() async {
        await filters.shutDown()
        for loop in loops { await loop.perform { $0.stop() } }
        try? await group.shutdownGracefully()
    }

    /// Opens files anew that filters write to.
    package func reopenFiles() {
        filters.reopenFiles()
    }

    /// Connections of clients that are open.
    package func openConnections() async -> Int {
        var count = 0
        for loop in loops { count += await loop.perform { $0.context?.connections.count ?? 0 } }
        return count
    }
}

extension Listener {
    /// True if the PROXY header of this peer is believed.
    func trusts(_ remote: SocketAddress?) -> Bool {
        guard let text = remote?.ipAddress, let address = IPAddress(text) else { return false }
        return configuration.proxyProtocolTrusted.contains { $0.contains(address) }
    }
}
