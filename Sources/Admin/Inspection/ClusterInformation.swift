/// One upstream cluster: what was configured, what was learned of it, and how clients see its brokers.
package struct ClusterInformation: Sendable, Encodable {
    /// A server that is asked for the topology.
    package struct BootstrapServer: Sendable, Encodable {
        /// As `host:port`.
        package var address: String
        /// Whether the last attempt to connect succeeded; `nil` if there was none yet.
        package var reachable: Bool?
        /// What the last attempt failed with.
        package var error: String?

        /// Makes a description.
        ///
        /// - Parameters:
        ///   - address: as `host:port`.
        ///   - reachable: whether the last attempt to connect succeeded.
        ///   - error: what the last attempt failed with.
        package init(address: String, reachable: Bool?, error: String? = nil) {
            self.address = address
            self.reachable = reachable
            self.error = error
        }
    }

    /// Which local ports stand for brokers on one listener.
    package struct PortPlan: Sendable, Encodable {
        /// The listener.
        package var listener: String
        /// The host that clients are told.
        package var advertisedHost: String
        /// The ports, as in the configuration: `9093-9192`.
        package var ports: String
        /// The ID of the broker at the first port.
        package var firstBrokerID: Int32

        /// Makes a description.
        ///
        /// - Parameters:
        ///   - listener: the listener.
        ///   - advertisedHost: the host that clients are told.
        ///   - ports: the ports.
        ///   - firstBrokerID: the ID of the broker at the first port.
        package init(listener: String, advertisedHost: String, ports: String, firstBrokerID: Int32) {
            self.listener = listener
            self.advertisedHost = advertisedHost
            self.ports = ports
            self.firstBrokerID = firstBrokerID
        }
    }

    /// Which names stand for brokers on one listener.
    package struct NamePlan: Sendable, Encodable {
        /// The listener.
        package var listener: String
        /// The name that clients begin with.
        package var bootstrapHost: String
        /// The names of brokers, with `{id}` in the place of the ID.
        package var brokerHost: String
        /// The port that clients are told.
        package var advertisedPort: Int

        /// Makes a description.
        ///
        /// - Parameters:
        ///   - listener: the listener.
        ///   - bootstrapHost: the name that clients begin with.
        ///   - brokerHost: the names of brokers.
        ///   - advertisedPort: the port that clients are told.
        package init(listener: String, bootstrapHost: String, brokerHost: String, advertisedPort: Int) {
            self.listener = listener
            self.bootstrapHost = bootstrapHost
            self.brokerHost = brokerHost
            self.advertisedPort = advertisedPort
        }
    }

    /// What the configuration calls it.
    package var name: String
    /// The servers that are asked for the topology.
    package var bootstrapServers: [BootstrapServer]
    /// What the cluster calls itself; `nil` until it is known.
    package var clusterID: String?
    /// The broker ID of the controller; `nil` until it is known.
    package var controllerID: Int32?
    /// The brokers, by ID.
    package var brokers: [BrokerInformation]
    /// The port plans of the listeners before this cluster.
    package var portPlans: [PortPlan]
    /// The names that the listeners before this cluster give its brokers.
    package var namePlans: [NamePlan]

    /// Makes a description.
    ///
    /// - Parameters:
    ///   - name: what the configuration calls it.
    ///   - bootstrapServers: the servers that are asked for the topology.
    ///   - clusterID: what the cluster calls itself.
    ///   - controllerID: the broker ID of the controller.
    ///   - brokers: the brokers, by ID.
    ///   - portPlans: the port plans of the listeners before this cluster.
    ///   - namePlans: the names that these listeners give its brokers.
    package init(
        name: String, bootstrapServers: [BootstrapServer], clusterID: String? = nil, controllerID: Int32? = nil,
        brokers: [BrokerInformation] = [], portPlans: [PortPlan] = [],
        namePlans: [NamePlan] = []
    ) {
        self.name = name
        self.bootstrapServers = bootstrapServers
        self.clusterID = clusterID
        self.controllerID = controllerID
        self.brokers = brokers
        self.portPlans = portPlans
        self.namePlans = namePlans
    }
}
