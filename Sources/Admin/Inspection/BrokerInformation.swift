/// One broker of an upstream cluster, and where clients find it.
package struct BrokerInformation: Sendable, Encodable {
    /// What is known of a broker.
    package enum Health: String, Sendable, Encodable {
        /// The last connection to it succeeded.
        case ok
        /// Nobody has connected to it yet.
        case unknown
        /// The last connection to it failed.
        case unreachable
        /// Its ID has no port in the plan, so clients are not told of it.
        case outOfRange = "out_of_range"
    }

    /// The address of a broker on one listener.
    package struct LocalAddress: Sendable, Encodable {
        /// The listener.
        package var listener: String
        /// As `host:port`.
        package var address: String

        /// Makes a description.
        ///
        /// - Parameters:
        ///   - listener: the listener.
        ///   - address: as `host:port`.
        package init(listener: String, address: String) {
            self.listener = listener
            self.address = address
        }
    }

    /// The broker's ID.
    package var id: Int32
    /// Its real host.
    package var host: String
    /// Its real port.
    package var port: Int
    /// Its rack; `nil` if it has none.
    package var rack: String?
    /// Where clients find it, by listener.
    package var localAddresses: [LocalAddress]
    /// How many connections to it are open.
    package var connections: Int
    /// What is known of it.
    package var health: Health
    /// Why it is not well; `nil` if it is.
    package var reason: String?

    /// Makes a description.
    ///
    /// - Parameters:
    ///   - id: the broker's ID.
    ///   - host: its real host.
    ///   - port: its real port.
    ///   - rack: its rack.
    ///   - localAddresses: where clients find it.
    ///   - connections: how many connections to it are open.
    ///   - health: what is known of it.
    ///   - reason: why it is not well.
    package init(
        id: Int32, host: String, port: Int, rack: String? = nil, localAddresses: [LocalAddress] = [],
        connections: Int = 0, health: Health, reason: String? = nil
    ) {
        self.id = id
        self.host = host
        self.port = port
        self.rack = rack
        self.localAddresses = localAddresses
        self.connections = connections
        self.health = health
        self.reason = reason
    }
}
