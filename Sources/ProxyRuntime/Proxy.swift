import FilterAPI
import KafkaWire
package import Logging
package import NIOCore
import NIOPosix
import Settings
package import SluiceConfiguration
package import Telemetry

/// The proxy: its event loops, listeners and clusters.
package final class Proxy: Sendable {
    package let configuration: ProxyConfiguration
    package let registry: MetricsRegistry
    package let budget: HoldBudget
    package let clusters: [ClusterState]
    package let listeners: [Listener]
    package let startedAt = NIODeadline.now()
    /// How many event loops there are.
    package var concurrency: Int { loops.count }

    private let group: MultiThreadedEventLoopGroup
    let loops: [ProxyLoop]
    private let logger: Logger
    let state = ProxyState()

    /// Makes a proxy; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - configuration: validated settings.
    ///   - filters: the types of filters that there are.
    ///   - concurrency: how many event loops, at least 1.
    ///   - registry: where metrics are declared.
    ///   - logger: for what happens to connections and clusters.
    /// - Throws: what a filter cannot do without, for instance a file that cannot be opened.
    package init(
        configuration: ProxyConfiguration, filters: [BuiltInFilter], concurrency: Int, registry: MetricsRegistry,
        logger: Logger
    ) throws {
        self.configuration = configuration
        self.registry = registry
        self.logger = logger
        let metrics = CoreMetrics(registry: registry)
        let budget = HoldBudget(limit: Int(clamping: configuration.limits.bufferedBytes.bytes))
        self.budget = budget
        let clusters = configuration.clusters.map { cluster in
            ClusterState(
                name: cluster.name, bootstrapServers: cluster.bootstrapServers.map { ($0.host, $0.port) },
                connectTimeout: TimeAmount(cluster.connectTimeout), logger: logger)
        }
        self.clusters = clusters
        let limits = ConnectionLimits(configuration.limits)
        let chains = ChainBuilder(filters: filters, registry: registry, logger: logger)
        listeners = try configuration.listeners.compactMap { listener in
            guard let cluster = clusters.first(where: { $0.name == listener.cluster }) else { return nil }
            return Listener(
                configuration: listener, cluster: cluster, limits: limits, budget: budget,
                chain: try chains.build(listener.filters, listener: listener.name, cluster: cluster), logger: logger)
        }
        group = MultiThreadedEventLoopGroup(numberOfThreads: concurrency)
        var loops: [ProxyLoop] = []
        for loop in group.makeIterator() {
            let listeners = listeners
            loops.append(
                ProxyLoop(
                    eventLoop: loop,
                    state: NIOLoopBoundBox.makeBoxSendingValue(ProxyLoopState(), eventLoop: loop)))
            let bound = loops[loops.count - 1]
            _ = loop.submit {
                let context = LoopContext(eventLoop: loop, metrics: metrics)
                bound.state.value.context = context
                for listener in listeners {
                    bound.state.value.listeners[listener.name] = ListenerLoop(
                        listener: listener, loop: context, metrics: metrics)
                }
                context.startSweeping()
            }
            registry.attach { visit in
                let snapshot = try? await loop.submit { bound.state.value.context?.shard.perform(visit) }.get()
                return (snapshot ?? nil) ?? ShardSnapshot()
            }
        }
        self.loops = loops
    }

    /// Opens all addresses of all listeners.
    ///
    /// - Throws: ``BindError`` for the first that cannot be had; nothing stays open then.
    package func open() async throws {
        var channels: [OpenAddress] = []
        do {
            for (index, listener) in listeners.enumerated() {
                for binding in listener.bindings {
                    channels.append(try await open(binding, of: listener, index: index))
                }
            }
        } catch {
            for open in channels { try? await open.channel.close() }
            throw error
        }
        state.opened(channels)
    }

    private func open(_ binding: Listener.Binding, of listener: Listener, index: Int) async throws -> OpenAddress {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: SocketSettings.readAllocator)
            .childChannelOption(.writeBufferWaterMark, value: SocketSettings.writeWaterMark)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, binding, listener) }
            }
        do {
            let channel = try await bootstrap.bind(host: binding.host, port: binding.port).get()
            return OpenAddress(listener: listener.name, channel: channel)
        } catch {
            let owner =
                binding.target == .bootstrap ? "listeners[\(index)].address" : "listeners[\(index)].brokers.ports"
            throw BindError(
                address: "\(binding.host):\(binding.port)", owner: "\(owner) (listener '\(listener.name)')",
                reason: BindError.reason(error))
        }
    }

    /// A client has come.
    private func accept(_ channel: any Channel, _ binding: Listener.Binding, _ listener: Listener) throws {
        guard let loop = loops.first(where: { $0.eventLoop === channel.eventLoop }),
            let shared = loop.state.value.listeners[listener.name]
        else { throw ChannelError.ioOnClosedChannel }
        let remote = channel.remoteAddress
        let context = ConnectionContext(
            id: state.nextConnectionID(), listener: listener.name, clientAddress: remote?.ipAddress ?? "",
            clientPort: remote?.port ?? 0, eventLoop: channel.eventLoop, metrics: shared.loop.shard,
            cluster: listener.cluster)
        let connection = DownstreamConnection(shared: shared, target: binding.target, context: context)
        if listener.configuration.proxyProtocol, listener.trusts(remote) {
            connection.awaitsProxyHeader = true
            try channel.pipeline.syncOperations.addHandler(ProxyProtocolHandler(connection: connection))
        }
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    /// Watches the clusters until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            for (cluster, configuration) in zip(clusters, configuration.clusters) {
                let monitor = ClusterMonitor(
                    cluster: cluster, group: group, refresh: TimeAmount(configuration.metadataRefresh), logger: logger)
                tasks.addTask { await monitor.run() }
            }
            await tasks.waitForAll()
        }
    }

    /// Takes no new connections: what is open goes on.
    package func closeListeners() async {
        for open in state.closeAddresses() { try? await open.channel.close() }
    }

    /// Ends: takes no further request, answers what is in flight, and closes the rest after `drain_timeout`.
    ///
    /// - Returns: how many connections had to be cut off.
    @discardableResult
    package func drain() async -> Int {
        await closeListeners()
        for loop in loops { await loop.perform { $0.drain() } }
        let deadline = NIODeadline.now() + TimeAmount(configuration.limits.drainTimeout)
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
        for listener in listeners {
            for entry in listener.chain.entries { await entry.filter.shutDown() }
        }
        for loop in loops { await loop.perform { $0.stop() } }
        try? await group.shutdownGracefully()
    }

    /// Opens files anew that filters write to.
    package func reopenFiles() {
        for listener in listeners {
            for entry in listener.chain.entries { entry.filter.reopenFiles() }
        }
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
