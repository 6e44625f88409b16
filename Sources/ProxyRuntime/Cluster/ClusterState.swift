import FilterAPI
package import KafkaWire
package import Logging
package import NIOCore
import Synchronization

/// One upstream cluster as the whole process knows it: written by loops, read as immutable snapshots.
package final class ClusterState: ClusterView {
    /// Whether a bootstrap server can be reached.
    package enum Reachability: Sendable, Equatable {
        /// Nobody has tried yet.
        case untried
        case reachable
        /// Why not.
        case unreachable(String)
    }

    private struct State {
        var connectTimeout: TimeAmount
        var topology = Topology()
        var reachability: [Reachability]
        var nextBootstrap = 0
        /// Why a broker could not be reached when it was last tried, by ID.
        var failures: [Int32: String] = [:]
        /// Where connections of Sluice's own live; nil until the cluster is watched.
        var group: (any EventLoopGroup)?
    }

    package let name: String
    /// The addresses in the configuration.
    package let bootstrapServers: [Broker]
    private let state: Mutex<State>
    private static let topicsAtOnce = 256
    let logger: Logger
    /// TLS with the brokers; nil where they speak without.
    package let tls: ClusterTLS?
    /// What Sluice signs in to the brokers with; nil where clients do that themselves, or nobody has to.
    let signIn: ClusterSignIn?

    package init(
        name: String, bootstrapServers: [(host: String, port: Int)], connectTimeout: TimeAmount,
        tls: ClusterTLS? = nil, signIn: ClusterSignIn? = nil, logger: Logger
    ) {
        self.name = name
        self.bootstrapServers = bootstrapServers.map { Broker(id: -1, host: $0.host, port: $0.port) }
        self.logger = logger
        self.tls = tls
        self.signIn = signIn
        self.state = Mutex(
            State(connectTimeout: connectTimeout, reachability: bootstrapServers.map { _ in .untried }))
    }

    /// How long a connection may take to come about. A reload may change it.
    package var connectTimeout: TimeAmount {
        get { state.withLock { $0.connectTimeout } }
        set { state.withLock { $0.connectTimeout = newValue } }
    }

    /// The latest snapshot.
    package var topology: Topology { state.withLock { $0.topology } }

    /// The bootstrap servers with what is known of each.
    package var reachability: [Reachability] { state.withLock { $0.reachability } }

    /// Why brokers could not be reached when they were last tried.
    package var failures: [Int32: String] { state.withLock { $0.failures } }

    package func topicName(_ id: KafkaUUID) -> String? {
        state.withLock { $0.topology.topicNames[id] }
    }

    package func topicID(_ name: String) -> KafkaUUID? {
        state.withLock { $0.topology.topicIDs[name] }
    }

    package func partitions(of topic: String) -> Int? {
        state.withLock { $0.topology.partitions[topic] }
    }

    /// Where connections of Sluice's own live; nil until the cluster is watched.
    var group: (any EventLoopGroup)? { state.withLock { $0.group } }

    /// Whoever watches the cluster lends it its event loops for questions.
    func lend(_ group: any EventLoopGroup) {
        state.withLock { $0.group = group }
    }

    /// Where to ask, those first that are likely to answer: bootstrap servers, then brokers that are known.
    func serversToAsk() -> [Broker] {
        state.withLock { state in
            let servers = zip(bootstrapServers, state.reachability).map { server, reachability in
                if case .unreachable = reachability { (server, false) } else { (server, true) }
            }
            let brokers = state.topology.brokers.values.sorted { $0.id < $1.id }.map { broker in
                (broker, state.failures[broker.id] == nil)
            }
            let all = servers + brokers
            return all.filter(\.1).map(\.0) + all.filter { !$0.1 }.map(\.0)
        }
    }

    /// The address of a broker; nil if it is not known.
    func broker(_ id: Int32) -> Broker? {
        state.withLock { $0.topology.brokers[id] }
    }

    /// The bootstrap server to try next: those that answer in turn, and if none does, all in turn.
    func nextBootstrapServer() -> (index: Int, server: Broker) {
        state.withLock { state in
            let count = bootstrapServers.count
            for step in 0..<count {
                let index = (state.nextBootstrap + step) % count
                if case .unreachable = state.reachability[index] { continue }
                state.nextBootstrap = index + 1
                return (index, bootstrapServers[index])
            }
            let index = state.nextBootstrap % count
            state.nextBootstrap = index + 1
            return (index, bootstrapServers[index])
        }
    }

    /// Notes whether a bootstrap server answers.
    func note(bootstrap index: Int, _ reachability: Reachability) {
        let before = state.withLock { state in
            let before = state.reachability[index]
            state.reachability[index] = reachability
            return before
        }
        guard before != reachability else { return }
        let server = bootstrapServers[index]
        switch reachability {
        case .unreachable(let reason):
            logger.warning(
                "bootstrap server cannot be reached",
                metadata: ["cluster": "\(name)", "server": "\(server.host):\(server.port)", "reason": "\(reason)"])
        case .reachable:
            logger.info(
                "bootstrap server reached", metadata: ["cluster": "\(name)", "server": "\(server.host):\(server.port)"])
        case .untried: break
        }
    }

    /// Notes whether a broker could be reached; nil for yes.
    func note(broker id: Int32, failure: String?) {
        state.withLock { $0.failures[id] = failure }
    }

    /// Takes over the brokers of a Metadata or DescribeCluster response: all that there are.
    func learn(brokers: [Broker]) {
        guard !brokers.isEmpty else { return }
        let byID = Dictionary(brokers.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let changed = state.withLock { state in
            guard state.topology.brokers != byID else { return false }
            state.topology.brokers = byID
            state.failures = state.failures.filter { byID[$0.key] != nil }
            return true
        }
        guard changed else { return }
        let listed = brokers.sorted { $0.id < $1.id }.map { "\($0.id)=\($0.host):\($0.port)" }.joined(separator: " ")
        logger.info("brokers changed", metadata: ["cluster": "\(name)", "brokers": "\(listed)"])
    }

    /// Takes over one broker that a response named: others stay.
    func learn(broker: Broker) {
        state.withLock { state in
            guard state.topology.brokers[broker.id] != broker else { return }
            state.topology.brokers[broker.id] = broker
        }
    }

    /// Takes over topics: their IDs, and how many partitions they have.
    func learn(topics: [SeenTopic]) {
        // A few at a time, so that nobody waits long for a name while a large cluster is learned.
        for start in stride(from: 0, to: topics.count, by: Self.topicsAtOnce) {
            state.withLock { state in
                for topic in topics[start..<min(start + Self.topicsAtOnce, topics.count)] {
                    state.topology.learn(topic)
                }
            }
        }
    }

    /// Takes over what a Metadata answer of Sluice's own says of the cluster.
    func learn(clusterID: String?, controllerID: Int32, racks: [Int32: String]) {
        state.withLock { state in
            state.topology.clusterID = clusterID
            state.topology.controllerID = controllerID
            state.topology.racks = racks
        }
    }
}
