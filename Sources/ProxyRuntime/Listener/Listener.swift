import Logging
import NIOCore
import NIOPosix
import Settings
package import SluiceConfiguration

/// A listener as configured and resolved: what its part on each event loop is made from.
package struct Listener: Sendable {
    package let name: String
    package let cluster: ClusterState
    /// Nil in `pass_through`.
    package let virtual: VirtualCluster?
    package let configuration: ListenerConfiguration
    let limits: ConnectionLimits
    let budget: HoldBudget
    let logger: Logger
    package let chain: FilterChain
    /// TLS with clients; nil where they speak without.
    package let tls: ListenerTLS?
    /// What becomes of clients' SASL.
    let signIn: ClientSignIn

    var onUnknown: ListenerConfiguration.OnUnknown { configuration.onUnknown }

    init(
        configuration: ListenerConfiguration, cluster: ClusterState, limits: ConnectionLimits, budget: HoldBudget,
        chain: FilterChain, tls: ListenerTLS? = nil, signIn: ClientSignIn = .passes(principalClaim: "sub"),
        logger: Logger
    ) {
        self.name = configuration.name
        self.configuration = configuration
        self.cluster = cluster
        switch configuration.brokers {
        case .ports(let brokers): virtual = VirtualCluster(brokers)
        case .names(let brokers): virtual = VirtualCluster(brokers)
        case .passThrough: virtual = nil
        }
        self.limits = limits
        self.budget = budget
        self.chain = chain
        self.tls = tls
        self.signIn = signIn
        self.logger = logger
    }

    /// An address that is bound, and which broker a client that comes there wants.
    struct Binding: Sendable {
        let address: BoundAddress
        let target: DownstreamConnection.Target
    }

    /// All addresses of the listener: its own first. The ports of all brokers that there may be are open from the
    /// start, since clients come back to them after a restart before anybody has asked for the brokers.
    var bindings: [Binding] {
        let own = configuration.address
        var target = DownstreamConnection.Target.bootstrap
        if case .names? = virtual?.addressing { target = .unnamed }
        let first = Binding(address: BoundAddress(own.host, own.port, of: name), target: target)
        guard let virtual, let bindHost = virtual.bindHost else { return [first] }
        return [first]
            + virtual.ports.map {
                Binding(address: BoundAddress(bindHost, $0.port, of: name), target: .broker($0.broker))
            }
    }
}

/// An address that is listened on: it stays the same one when another listener, or another of its targets, stands behind it.
struct BoundAddress: Sendable, Hashable, CustomStringConvertible {
    let host: String
    let port: Int
    /// The listener's name where the system chooses the port (0), which makes every such address one of its own.
    private let owner: String?

    init(_ host: String, _ port: Int, of listener: String) {
        self.host = host
        self.port = port
        owner = port == 0 ? listener : nil
    }

    /// True if both cannot be listened on at once, though they are not the same.
    func clashes(with other: BoundAddress) -> Bool {
        self != other && port == other.port && port != 0 && NetworkAddress.overlap(host, other.host)
    }

    var description: String { NetworkAddress(host: host, port: port).description }
}

/// An address that could not be bound.
package struct BindError: Error, Sendable, CustomStringConvertible {
    /// The address.
    package let address: String
    /// What asked for it: the path in the configuration.
    package let owner: String
    /// Why not.
    package let reason: String

    package init(address: String, owner: String, reason: String) {
        self.address = address
        self.owner = owner
        self.reason = reason
    }

    /// Why an address could not be bound, in words.
    static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        switch error.errnoCode {
        case EADDRINUSE: return "the address is in use by another process"
        case EADDRNOTAVAIL: return "this machine has no such address"
        case EACCES: return "permission denied"
        default: return "\(error)"
        }
    }

    package var description: String { "\(owner): cannot listen on \(address): \(reason)" }
}
