import Admin
import Glibc
import Logging
import NIOCore
import ProxyRuntime
import Settings
import SluiceConfiguration
import TLS
import Telemetry

/// What the admin server sees of the proxy.
struct Inspection: ProxyInspection {
    let proxy: Proxy
    let status: ServerStatus
    let reloader: Reloader
    let file: String?
    let level: LogLevelControl

    func server() async -> ServerInformation {
        ServerInformation(
            version: BuildInfo.version, kafkaVersion: BuildInfo.kafkaVersion,
            opensslVersion: TLSLibrary.version, state: status.state,
            uptimeSeconds: Int((NIODeadline.now() - proxy.startedAt).nanoseconds / 1_000_000_000),
            concurrency: proxy.concurrency, configurationFile: file,
            configurationGeneration: proxy.generation, processID: Int(getpid()))
    }

    func readiness() async -> Readiness {
        var reasons: [String] = []
        switch status.state {
        case .initializing: reasons.append("listeners are not open yet")
        case .draining: reasons.append("draining")
        case .live: break
        }
        if status.isFailed { reasons.append("failed by /healthcheck/fail") }
        // Clusters that only filters write to are no reason: what they cannot copy does not touch the traffic.
        let needed = Set(proxy.listeners.map(\.cluster.name))
        reasons += proxy.clusters.filter { needed.contains($0.name) }.compactMap { cluster in
            let states = cluster.reachability
            if states.contains(.reachable) { return nil }
            let servers = zip(cluster.bootstrapServers, states).map { server, state in
                "\(server.host):\(server.port) \(Self.words(state))"
            }
            return "cluster '\(cluster.name)': no bootstrap server can be reached (\(servers.joined(separator: ", ")))"
        }
        return Readiness(reasons: reasons)
    }

    private static func words(_ state: ClusterState.Reachability) -> String {
        switch state {
        case .untried: "not tried yet"
        case .reachable: "reachable"
        case .unreachable(let reason): reason
        }
    }

    func listeners() async -> [ListenerInformation] {
        let connections = await proxy.connectionsByListener()
        return proxy.listeners.map { listener in
            ListenerInformation(
                name: listener.name, address: "\(listener.configuration.address)",
                mode: listener.virtual?.addressing.word ?? "pass_through", cluster: listener.cluster.name,
                connections: connections[listener.name].map { $0.current + $0.former } ?? 0,
                draining: connections[listener.name]?.former ?? 0,
                onUnknown: listener.configuration.onUnknown.rawValue,
                tls: Self.word(listener.tls),
                filters: listener.chain.entries.map { .init(type: $0.type, name: $0.name, dryRun: $0.isDryRun) })
        }
    }

    /// `none`, `tls` or `mtls`.
    private static func word(_ tls: ListenerTLS?) -> String {
        guard let tls else { return "none" }
        return tls.configuration.settings.clientCertificate == .none ? "tls" : "mtls"
    }

    func clusters() async -> [ClusterInformation] {
        let connections = await proxy.connectionsByBroker()
        let proxyListeners = proxy.listeners
        return proxy.clusters.map { cluster in
            let topology = cluster.topology
            let failures = cluster.failures
            let listeners = proxyListeners.filter { $0.cluster.name == cluster.name }
            return ClusterInformation(
                name: cluster.name,
                bootstrapServers: zip(cluster.bootstrapServers, cluster.reachability).map { server, state in
                    .init(
                        address: "\(server.host):\(server.port)",
                        reachable: state == .untried ? nil : state == .reachable,
                        error: state == .reachable ? nil : Self.words(state))
                },
                clusterID: topology.clusterID,
                controllerID: topology.controllerID < 0 ? nil : topology.controllerID,
                brokers: topology.brokers.values.sorted { $0.id < $1.id }.map { broker in
                    describe(
                        broker, rack: topology.racks[broker.id], failure: failures[broker.id], listeners: listeners,
                        connections: connections[cluster.name]?[broker.id] ?? 0)
                },
                portPlans: listeners.compactMap { Self.plan($0) },
                namePlans: listeners.compactMap { Self.namePlan($0) })
        }
    }

    private func describe(
        _ broker: Broker, rack: String?, failure: String?, listeners: [Listener], connections: Int
    ) -> BrokerInformation {
        let virtual = listeners.filter { $0.virtual != nil }
        let local = virtual.compactMap { listener -> BrokerInformation.LocalAddress? in
            guard let address = listener.virtual?.address(of: broker.id) else { return nil }
            return .init(listener: listener.name, address: address.text)
        }
        let without = virtual.filter { $0.virtual?.address(of: broker.id) == nil }.map(\.name)
        let health: BrokerInformation.Health
        let reason: String?
        if !without.isEmpty {
            health = .outOfRange
            reason = "no port for this ID on \(without.joined(separator: ", "))"
        } else if let failure {
            health = .unreachable
            reason = failure
        } else {
            health = connections > 0 ? .ok : .unknown
            reason = nil
        }
        return BrokerInformation(
            id: broker.id, host: broker.host, port: broker.port, rack: rack, localAddresses: local,
            connections: connections, health: health, reason: reason)
    }

    private static func plan(_ listener: Listener) -> ClusterInformation.PortPlan? {
        guard case .ports(let brokers)? = listener.virtual?.addressing else { return nil }
        let ports =
            switch brokers.plan {
            case .range(let range): "\(range)"
            case .explicit(let map):
                map.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
            }
        return .init(
            listener: listener.name, advertisedHost: brokers.advertisedHost, ports: ports,
            firstBrokerID: brokers.firstBrokerID)
    }

    private static func namePlan(_ listener: Listener) -> ClusterInformation.NamePlan? {
        guard case .names(let brokers)? = listener.virtual?.addressing else { return nil }
        return .init(
            listener: listener.name, bootstrapHost: brokers.bootstrapHost, brokerHost: brokers.brokerHost.description,
            advertisedPort: brokers.advertisedPort)
    }

    func connections(limit: Int) async -> ConnectionList {
        let all = await proxy.connections()
        return ConnectionList(
            total: all.count,
            connections: all.sorted { $0.id < $1.id }.prefix(limit).map { connection in
                ConnectionInformation(
                    id: connection.id, listener: connection.listener, clientAddress: connection.clientAddress,
                    principal: connection.principal, clientID: connection.clientID,
                    softwareName: connection.softwareName, softwareVersion: connection.softwareVersion,
                    upstream: connection.upstream.map { "\(connection.cluster)/\($0)" },
                    requestsInFlight: connection.requestsInFlight, bytesReceived: connection.bytesReceived,
                    bytesSent: connection.bytesSent, ageSeconds: connection.ageSeconds,
                    draining: connection.isDraining)
            })
    }

    func configurationDump() async -> String {
        proxy.loaded.effective.prettyPrinted + "\n"
    }

    func memory() async -> MemoryInformation {
        let usage = proxy.budget.usage
        return MemoryInformation(
            bufferedBytes: usage.bytes, bufferedBytesLimit: proxy.budget.limit, heldFrames: usage.frames,
            waitingFrames: usage.waiting, connections: await proxy.openConnections())
    }

    func logLevel() async -> Logger.Level { level.level }

    func setLogLevel(_ level: Logger.Level) async { self.level.level = level }

    func failHealthcheck() async { status.setFailed(true) }

    func okHealthcheck() async { status.setFailed(false) }

    func drainListeners() async {
        status.set(.draining)
        await proxy.closeListeners()
        await proxy.drainConnections()
    }

    func reload(dryRun: Bool) async -> ReloadResult {
        dryRun ? await reloader.dryRun() : await reloader.reload(by: .admin)
    }

    func quit() async { _ = status.quit() }
}

extension VirtualCluster.Addressing {
    /// As the configuration calls it.
    fileprivate var word: String {
        switch self {
        case .ports: "ports"
        case .names: "sni"
        }
    }
}
