import FilterAPI
import Logging
import NIOCore
import NIOPosix
import Settings
import SluiceConfiguration
import TLS

/// What a configuration becomes: clusters, listeners and chains, made before anything of it is in force.
///
/// What has not changed is taken over from the configuration that runs, as the same objects.
struct ConfigurationPlan {
    /// What is to be in force.
    let next: RunningConfiguration
    /// The listeners in it whose open connections cannot go on.
    let replaced: Set<String>
    /// What is missing, a line each; with any, the plan is of no use.
    let errors: [String]

    /// Makes a plan.
    ///
    /// - Parameters:
    ///   - loaded: the configuration.
    ///   - running: what is in force; nil at start.
    ///   - diff: what differs from that.
    ///   - chains: makes filters.
    ///   - budget: the memory for held frames.
    ///   - counts: counts what becomes of TLS.
    ///   - logger: for what happens to connections and clusters.
    init(
        _ loaded: LoadedConfiguration, after running: RunningConfiguration? = nil, by diff: ConfigurationDiff? = nil,
        chains: ChainBuilder, budget: HoldBudget, counts: TLSCounts, logger: Logger
    ) {
        var errors: [String] = []
        let otherClusters = Set((diff?.clusters ?? []).filter { $0.kind != .changed || $0.isReplaced }.map(\.name))
        let clusters = loaded.configuration.clusters.map { cluster in
            if let stays = running?.cluster(cluster.name), !otherClusters.contains(cluster.name) { return stays }
            var signIn: ClusterSignIn?
            do throws(SettingProblem) {
                signIn = try cluster.sasl.map { (sasl) throws(SettingProblem) in
                    try ClusterSignIn(
                        sasl, cluster: cluster.name, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
                }
            } catch {
                errors.append("cluster '\(cluster.name)': \(error.message)")
            }
            var tls: ClusterTLS?
            do throws(TLSError) {
                tls = try cluster.tls.map { (settings) throws(TLSError) in
                    try ClusterTLS(settings, cluster: cluster.name, counts: counts, logger: logger)
                }
            } catch {
                errors.append("cluster '\(cluster.name)': \(error)")
            }
            return ClusterState(
                name: cluster.name, bootstrapServers: cluster.bootstrapServers.map { ($0.host, $0.port) },
                connectTimeout: TimeAmount(cluster.connectTimeout), tls: tls, signIn: signIn, logger: logger)
        }
        let reachable = Dictionary(
            clusters.map { ($0.name, $0 as any ClusterAccess) }, uniquingKeysWith: { first, _ in first })
        let limits = ConnectionLimits(loaded.configuration.limits)
        var replaced: Set<String> = []
        var listeners: [Listener] = []
        for listener in loaded.configuration.listeners {
            guard let cluster = clusters.first(where: { $0.name == listener.cluster }) else { continue }
            let former = running?.listener(listener.name)
            let change = diff?.listeners.first { $0.name == listener.name }
            if change?.drains == true { replaced.insert(listener.name) }
            var basis: ChainBuilder.Former?
            if let running, let former {
                // A filter holds on to its clusters: with others it is another filter.
                var kept =
                    former.cluster === cluster
                    ? ConfigurationDiff.keptFilters(
                        from: running.loaded.outline, to: loaded.outline, listener: listener.name) : []
                for filter in listener.filters where !filter.clusters.isDisjoint(with: otherClusters) {
                    kept.remove(filter.name)
                }
                basis = ChainBuilder.Former(chain: former.chain, kept: kept)
            }
            var chain = FilterChain.empty
            let built = chains.build(
                listener.filters, listener: listener.name, cluster: cluster, clusters: reachable, former: basis)
            switch built {
            case .success(let built): chain = built
            case .failure(let error): errors += error.failures
            }
            var signIn = change?.drains == true ? nil : former?.signIn
            if signIn == nil {
                do throws(SettingProblem) {
                    signIn = try ClientSignIn(listener, cluster: cluster, logger: logger)
                } catch {
                    errors.append("listener '\(listener.name)': \(error.message)")
                }
            }
            var tls = change?.drains == true ? nil : former?.tls
            if tls == nil, let settings = listener.tls {
                do throws(TLSError) {
                    tls = try ListenerTLS(settings, listener: listener.name, counts: counts, logger: logger)
                } catch {
                    errors.append("listener '\(listener.name)': \(error)")
                }
            }
            listeners.append(
                Listener(
                    configuration: listener, cluster: cluster, limits: limits, budget: budget, chain: chain,
                    tls: tls, signIn: signIn ?? .refuses, logger: logger))
        }
        self.errors = errors
        self.replaced = replaced
        next = RunningConfiguration(
            loaded: loaded, clusters: clusters, listeners: listeners, generation: (running?.generation ?? 0) + 1)
    }
}
