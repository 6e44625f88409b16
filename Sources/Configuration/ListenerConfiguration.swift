package import Settings

/// One entry of `listeners:`, an address that Kafka connections are accepted on.
package struct ListenerConfiguration: Sendable {
    /// What happens to an API or version that nothing has to read.
    package enum OnUnknown: String, Sendable, CaseIterable {
        /// It is passed on unread, and counted.
        case forward
        /// Its connection is closed.
        case close
    }

    /// Its name, unique among listeners.
    package var name: String
    /// The bootstrap address for clients.
    package var address: NetworkAddress
    /// The name of the cluster behind it, which exists.
    package var cluster: String
    /// What happens to an API or version that nothing has to read. Default ``OnUnknown/forward``.
    package var onUnknown: OnUnknown
    /// Whether connections begin with a header of the PROXY protocol, v1 or v2. Default false.
    package var proxyProtocol: Bool
    /// The networks whose PROXY headers are believed; not empty when ``proxyProtocol`` is true.
    package var proxyProtocolTrusted: [NetworkPrefix]
    /// What clients see of the brokers.
    package var brokers: BrokersConfiguration
    /// How TLS with clients is terminated; nil if they speak without.
    package var tls: ListenerTLSConfiguration?
    /// How clients sign in.
    package var sasl: ListenerSASLConfiguration
    /// The filter chain, in order.
    package var filters: [FilterEntry]

    /// Makes a configuration.
    package init(
        name: String,
        address: NetworkAddress,
        cluster: String,
        onUnknown: OnUnknown = .forward,
        proxyProtocol: Bool = false,
        proxyProtocolTrusted: [NetworkPrefix] = [],
        brokers: BrokersConfiguration,
        tls: ListenerTLSConfiguration? = nil,
        sasl: ListenerSASLConfiguration = .passThrough(principalClaim: "sub"),
        filters: [FilterEntry] = []
    ) {
        self.name = name
        self.address = address
        self.cluster = cluster
        self.onUnknown = onUnknown
        self.proxyProtocol = proxyProtocol
        self.proxyProtocolTrusted = proxyProtocolTrusted
        self.brokers = brokers
        self.tls = tls
        self.sasl = sasl
        self.filters = filters
    }
}

/// What was read of one listener, as far as it could be.
struct ListenerSettings: Sendable {
    var name: Located<String>?
    var cluster: Located<String>?
    var brokers: BrokersSettings?
    var sasl: Located<ListenerSASLConfiguration>?
    var claims: [AddressClaim] = []
    var configuration: ListenerConfiguration?

    static func settingType(_ filterTypes: [FilterType], apis: [String]) -> SettingType<ListenerSettings> {
        let filters = SettingType<[FilterSettings]>.list(
            of: FilterSettings.settingType(filterTypes, apis: apis),
            count: 0...100
        )
        return .structure { read(&$0, filters) }
    }

    private static func read(
        _ reader: inout SettingsReader,
        _ filterType: SettingType<[FilterSettings]>
    ) -> ListenerSettings? {
        let name = reader.required("name", .located(.name), "Its name in metrics and in the admin.")
        let address = reader.required(
            "address",
            .located(.address(ports: 0...65_535)),
            "The bootstrap address for clients; port 0 for any that is free."
        )
        let cluster = reader.required("cluster", .located(.name), "The name of the cluster behind it.")
        let onUnknown = reader.value(
            "on_unknown",
            .choice(),
            default: ListenerConfiguration.OnUnknown.forward,
            "What happens to an API or version that no filter and no address rewriting must read."
        )
        let proxyProtocol = reader.value(
            "proxy_protocol",
            .boolean,
            default: false,
            "Whether connections begin with a header of the PROXY protocol, v1 or v2."
        )
        let trusted = reader.value(
            "proxy_protocol_trusted",
            .list(of: .network),
            default: loopback,
            "The addresses and networks whose PROXY headers are believed; a connection from another is refused."
        )
        let brokers = reader.required("brokers", BrokersSettings.settingType, "What clients see of the brokers.")
        let filters = reader.value("filters", filterType, default: [], "The filter chain, in this order.")
        let tls = reader.optional(
            "tls", ListenerTLSConfiguration.settingType,
            "How TLS with clients is terminated. By default they speak without.")
        let sasl = reader.optional(
            "sasl", .located(ListenerSASLConfiguration.settingType),
            "How clients sign in. By default their exchange with the broker passes, and is watched for who they are.")

        if reader.contains("proxy_protocol_trusted"), !proxyProtocol {
            reader.report("has no meaning unless proxy_protocol is true", at: "proxy_protocol_trusted")
        } else if proxyProtocol, trusted.isEmpty {
            reader.report("must not be empty when proxy_protocol is true", at: "proxy_protocol_trusted")
        }
        if case .names? = brokers?.mode, let brokers, !reader.contains("tls") {
            let message = "sni needs tls on the listener: brokers are told apart by the server name in its handshake"
            reader.report(SettingsIssue(at: brokers.mark, path: brokers.path, message: message))
        }
        reportRepeatedNames(filters.map(\.name), "filter of this listener", &reader)

        var settings = ListenerSettings(name: name, cluster: cluster, brokers: brokers, sasl: sasl)
        if let address { settings.claims.append(AddressClaim(address.value, mark: address.mark, path: address.path)) }
        let brokersConfiguration = settings.readBrokers(address, &reader)
        guard let name, let address, let cluster, let brokersConfiguration else { return settings }
        settings.configuration = ListenerConfiguration(
            name: name.value,
            address: address.value,
            cluster: cluster.value,
            onUnknown: onUnknown,
            proxyProtocol: proxyProtocol,
            proxyProtocolTrusted: trusted,
            brokers: brokersConfiguration,
            tls: tls,
            sasl: sasl?.value ?? .passThrough(principalClaim: "sub"),
            filters: filters.compactMap(\.entry)
        )
        return settings
    }

    /// Fills in what `brokers:` takes from the listener's address, and notes which ports it wants.
    private mutating func readBrokers(
        _ address: Located<NetworkAddress>?,
        _ reader: inout SettingsReader
    ) -> BrokersConfiguration? {
        guard let mode = brokers?.mode else { return nil }
        switch mode {
        case .passThrough: return .passThrough
        case .names(let bootstrapHost, let pattern, let advertisedPort):
            guard let bootstrapHost, let pattern, let address else { return nil }
            let port = advertisedPort ?? address.value.port
            if port == 0 {
                let path = SettingsNode.path(reader.path(of: "brokers"), key: "advertised_port")
                let message = "missing: the listener has whatever port is free (0)"
                reader.report(SettingsIssue(at: reader.mark(of: "brokers"), path: path, message: message))
                return nil
            }
            return .names(
                BrokerNamesConfiguration(bootstrapHost: bootstrapHost, brokerHost: pattern, advertisedPort: port))
        case .ports(let advertisedHost, let plan, let firstBrokerID, let bindHost):
            return readPorts(address, advertisedHost, plan, firstBrokerID, bindHost, &reader)
        }
    }

    private mutating func readPorts(
        _ address: Located<NetworkAddress>?, _ advertisedHost: String?, _ plan: PortPlanSettings?,
        _ firstBrokerID: Int32, _ bindHost: String?, _ reader: inout SettingsReader
    ) -> BrokersConfiguration? {
        guard let plan, let address else { return nil }
        let host = bindHost ?? address.value.host
        claims += plan.claims(host: host)
        if advertisedHost == nil, address.value.isWildcard {
            let path = SettingsNode.path(reader.path(of: "brokers"), key: "advertised_host")
            let message = "missing: clients cannot connect to \(address.value.host), where the listener is"
            reader.report(SettingsIssue(at: reader.mark(of: "brokers"), path: path, message: message))
            return nil
        }
        return .ports(
            BrokerPortsConfiguration(
                advertisedHost: advertisedHost ?? address.value.host,
                plan: plan.plan,
                firstBrokerID: firstBrokerID,
                bindHost: host
            )
        )
    }

    private static let loopback: [NetworkPrefix] = ["127.0.0.0/8", "::1"].compactMap { try? NetworkPrefix(parsing: $0) }
}

/// Records each name that stands before it already.
func reportRepeatedNames(_ names: [Located<String>?], _ what: String, _ reader: inout SettingsReader) {
    var seen: [String: SettingsMark] = [:]
    for case let name? in names {
        if let first = seen[name.value] {
            let message = "'\(name.value)' is the name of another \(what), on line \(first.line)"
            reader.report(SettingsIssue(at: name.mark, path: name.path, message: message))
        } else {
            seen[name.value] = name.mark
        }
    }
}
