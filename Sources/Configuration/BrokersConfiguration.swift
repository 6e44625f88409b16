package import Settings

/// The `brokers:` block of a listener: what its clients see of the brokers behind it.
package enum BrokersConfiguration: Sendable, Hashable {
    /// Each broker has a port of its own on the proxy; addresses in answers are rewritten.
    case ports(BrokerPortsConfiguration)
    /// Each broker has a name of its own, and all share the listener's port; addresses in answers are rewritten.
    case names(BrokerNamesConfiguration)
    /// Nothing is rewritten: clients see the one broker as it is.
    case passThrough
}

/// How brokers are given ports (`mode: ports`).
package struct BrokerPortsConfiguration: Sendable, Hashable {
    /// Which broker has which port.
    package enum Plan: Sendable, Hashable {
        /// The broker with the ID `first_broker_id` has the first port, the next ID the next.
        case range(PortRange)
        /// Each broker ID has the port that is written.
        case explicit([Int32: Int])
    }

    /// The host that clients are told to connect to.
    package var advertisedHost: String
    /// Which broker has which port.
    package var plan: Plan
    /// The broker ID that the first port of a range belongs to. Default 0.
    package var firstBrokerID: Int32
    /// The host that the ports are bound to; the listener's when not written.
    package var bindHost: String

    /// Makes a configuration.
    package init(advertisedHost: String, plan: Plan, firstBrokerID: Int32 = 0, bindHost: String) {
        self.advertisedHost = advertisedHost
        self.plan = plan
        self.firstBrokerID = firstBrokerID
        self.bindHost = bindHost
    }

    /// The port of the broker with the ID `brokerID`; `nil` when the plan has none for it.
    package func port(ofBroker brokerID: Int32) -> Int? {
        switch plan {
        case .explicit(let ports): return ports[brokerID]
        case .range(let range):
            let offset = Int(brokerID) - Int(firstBrokerID)
            return (0..<range.count).contains(offset) ? range.first + offset : nil
        }
    }
}

/// What was read of `brokers:`, as far as it could be; hosts that were left out are the listener's.
struct BrokersSettings: Sendable {
    enum Mode: Sendable {
        case ports(advertisedHost: String?, plan: PortPlanSettings?, firstBrokerID: Int32, bindHost: String?)
        case names(bootstrapHost: String?, pattern: BrokerHostPattern?, advertisedPort: Int?)
        case passThrough
    }

    var mode: Mode
    var mark: SettingsMark
    var path: String

    static var settingType: SettingType<BrokersSettings> {
        .selected(
            by: "mode",
            "How clients reach each broker.",
            [
                SettingVariant("ports", "Each broker has a port of its own on the proxy.") { readPorts(&$0) },
                SettingVariant("pass_through", "Nothing is rewritten; the cluster has one bootstrap server.") {
                    reader in
                    BrokersSettings(mode: .passThrough, mark: reader.mark(of: "mode"), path: reader.path(of: "mode"))
                },
                SettingVariant("sni", "Brokers share a port, and are told apart by the server name in TLS.") {
                    readNames(&$0)
                },
            ]
        )
    }

    private static func readPorts(_ reader: inout SettingsReader) -> BrokersSettings? {
        let advertisedHost = reader.optional(
            "advertised_host",
            .host,
            "The host that clients are told to connect to. By default the listener's, unless that is all addresses."
        )
        let plan = reader.required(
            "ports",
            .portPlan,
            "Which broker has which port: a range (9093-9192), or a mapping of broker IDs to ports."
        )
        let firstBrokerID = reader.value(
            "first_broker_id",
            .integer(0...Int(Int32.max)),
            default: 0,
            "The broker ID that the first port of a range belongs to."
        )
        let bindHost = reader.optional(
            "bind_host",
            .host,
            "The host that the brokers' ports are bound to. By default the listener's."
        )
        if case .explicit? = plan, reader.contains("first_broker_id") {
            reader.report("has no meaning where ports is a mapping", at: "first_broker_id")
        }
        return BrokersSettings(
            mode: .ports(
                advertisedHost: advertisedHost,
                plan: plan,
                firstBrokerID: Int32(clamping: firstBrokerID),
                bindHost: bindHost
            ),
            mark: reader.mark(of: "mode"),
            path: reader.path(of: "mode")
        )
    }
}

extension BrokersSettings {
    private static func readNames(_ reader: inout SettingsReader) -> BrokersSettings? {
        let bootstrapHost = reader.required(
            "bootstrap_host", .hostName, "The name that clients begin with. It must lead to the listener's address.")
        let pattern = reader.required(
            "broker_host", .brokerHostPattern,
            "The names of the brokers, with {id} in the place of the broker ID. They must lead to the listener's address."
        )
        let port = reader.optional(
            "advertised_port", .integer(1...65_535),
            "The port that clients are told to connect to. By default the listener's.")
        if let bootstrapHost, let pattern, pattern.brokerID(in: bootstrapHost) != nil {
            reader.report("'\(bootstrapHost)' is the name of a broker by broker_host", at: "bootstrap_host")
        }
        return BrokersSettings(
            mode: .names(bootstrapHost: bootstrapHost, pattern: pattern, advertisedPort: port),
            mark: reader.mark(of: "mode"), path: reader.path(of: "mode"))
    }
}

/// What was read of `ports:`, with the places of its ports.
enum PortPlanSettings: Sendable {
    case range(Located<PortRange>)
    case explicit([Int: Located<Int>])

    /// The plan that the runtime goes by.
    var plan: BrokerPortsConfiguration.Plan {
        switch self {
        case .range(let range): .range(range.value)
        case .explicit(let ports):
            .explicit(
                Dictionary(uniqueKeysWithValues: ports.map { (Int32(clamping: $0.key), $0.value.value) })
            )
        }
    }

    /// The ports that are to be bound to `host`.
    func claims(host: String) -> [AddressClaim] {
        switch self {
        case .range(let range):
            return [AddressClaim(host: host, ports: range.value, mark: range.mark, path: range.path)]
        case .explicit(let ports):
            return ports.values.map { port in
                AddressClaim(NetworkAddress(host: host, port: port.value), mark: port.mark, path: port.path)
            }
        }
    }
}

extension SettingType where Value == PortPlanSettings {
    /// A range of ports, or a mapping of broker IDs to ports.
    static var portPlan: SettingType {
        .either(
            SettingType<Located<PortRange>>.located(.portRange).mapped { .range($0) },
            or: SettingType<[Int: Located<Int>]>.dictionary(
                keys: .integer(0...Int(Int32.max)),
                of: .located(.integer(1...65_535)),
                count: 1...2000
            ).mapped { .explicit($0) }
        )
    }
}
