/// One listener.
package struct ListenerInformation: Sendable, Encodable {
    /// One filter of a listener's chain.
    package struct Filter: Sendable, Encodable {
        /// What it is, such as `access_log`.
        package var type: String
        /// What the configuration calls it.
        package var name: String
        /// Whether it only counts what it would do.
        package var dryRun: Bool

        /// Makes a description.
        ///
        /// - Parameters:
        ///   - type: what it is.
        ///   - name: what the configuration calls it.
        ///   - dryRun: whether it only counts what it would do.
        package init(type: String, name: String, dryRun: Bool) {
            self.type = type
            self.name = name
            self.dryRun = dryRun
        }
    }

    /// What the configuration calls it.
    package var name: String
    /// Where it accepts connections, as `host:port`.
    package var address: String
    /// How brokers are shown to clients: `ports`, `sni` or `pass_through`.
    package var mode: String
    /// The cluster behind it.
    package var cluster: String
    /// How many connections are open, those on brokers' ports included.
    package var connections: Int
    /// How many of them were accepted under former settings and are being drained.
    package var draining: Int
    /// What happens to APIs and versions that are not known: `forward` or `close`.
    package var onUnknown: String
    /// `none`, `tls` or `mtls`.
    package var tls: String
    /// The filter chain, in its order.
    package var filters: [Filter]

    /// Makes a description.
    ///
    /// - Parameters:
    ///   - name: what the configuration calls it.
    ///   - address: where it accepts connections.
    ///   - mode: how brokers are shown to clients.
    ///   - cluster: the cluster behind it.
    ///   - connections: how many connections are open.
    ///   - draining: how many of them are being drained.
    ///   - onUnknown: what happens to APIs and versions that are not known.
    ///   - tls: `none`, `tls` or `mtls`.
    ///   - filters: the filter chain.
    package init(
        name: String, address: String, mode: String, cluster: String, connections: Int, draining: Int = 0,
        onUnknown: String,
        tls: String = "none", filters: [Filter] = []
    ) {
        self.name = name
        self.address = address
        self.mode = mode
        self.cluster = cluster
        self.connections = connections
        self.draining = draining
        self.onUnknown = onUnknown
        self.tls = tls
        self.filters = filters
    }
}
