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

    var onUnknown: ListenerConfiguration.OnUnknown { configuration.onUnknown }

    init(
        configuration: ListenerConfiguration, cluster: ClusterState, limits: ConnectionLimits, budget: HoldBudget,
        chain: FilterChain, logger: Logger
    ) {
        self.name = configuration.name
        self.configuration = configuration
        self.cluster = cluster
        switch configuration.brokers {
        case .ports(let brokers): virtual = VirtualCluster(brokers)
        case .passThrough: virtual = nil
        }
        self.limits = limits
        self.budget = budget
        self.chain = chain
        self.logger = logger
    }

    /// An address that is bound, and which broker a client that comes there wants.
    struct Binding: Sendable {
        let host: String
        let port: Int
        let target: DownstreamConnection.Target
    }

    /// All addresses of the listener: its own first. The ports of all brokers that there may be are open from the
    /// start, since clients come back to them after a restart before anybody has asked for the brokers.
    var bindings: [Binding] {
        let own = Binding(host: configuration.address.host, port: configuration.address.port, target: .bootstrap)
        guard let virtual else { return [own] }
        return [own]
            + virtual.ports.map {
                Binding(host: virtual.brokers.bindHost, port: $0.port, target: .broker($0.broker))
            }
    }
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
