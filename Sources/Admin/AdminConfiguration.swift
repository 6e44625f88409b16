/// Where the admin server listens.
package struct AdminConfiguration: Sendable {
    /// An address to listen on.
    package struct Address: Sendable, CustomStringConvertible {
        /// An IP address or a name.
        package var host: String
        /// 0 to 65535; 0 lets the system choose.
        package var port: Int

        /// Makes an address.
        ///
        /// - Parameters:
        ///   - host: an IP address (an IPv6 one without brackets) or a name.
        ///   - port: 0 to 65535; 0 lets the system choose.
        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        /// As `host:port`, IPv6 addresses in brackets.
        package var description: String {
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// Where everything is served: `admin.address`.
    package var address: Address
    /// Where only `GET /ready`, `/livez` and `/stats` are served: `admin.public_address`; `nil` for nowhere.
    package var publicAddress: Address?
    /// The most connections of each address at once; more wait in the backlog. 256 by default.
    package var maxConnections: Int

    /// Makes a configuration.
    ///
    /// - Parameters:
    ///   - address: where everything is served.
    ///   - publicAddress: where only what probes and Prometheus need is served.
    ///   - maxConnections: the most connections of each address at once.
    package init(
        address: Address, publicAddress: Address? = nil, maxConnections: Int = 256
    ) {
        self.address = address
        self.publicAddress = publicAddress
        self.maxConnections = maxConnections
    }
}
