package import Settings

/// One entry of `clusters:`, an upstream Kafka cluster.
package struct ClusterConfiguration: Sendable, Hashable {
    /// Its name, unique among clusters.
    package var name: String
    /// The addresses to begin with; at least one.
    package var bootstrapServers: [NetworkAddress]
    /// How long a connection to a broker may take to be made. Default 5 s.
    package var connectTimeout: Duration
    /// How often the topology is asked for where no client's Metadata shows it. Default 30 s.
    package var metadataRefresh: Duration
    /// How TLS is spoken to the brokers; nil if it is not.
    package var tls: ClusterTLSConfiguration?
    /// How Sluice signs in to the brokers; nil if it does not.
    package var sasl: ClusterSASLConfiguration?

    /// Makes a configuration.
    package init(
        name: String,
        bootstrapServers: [NetworkAddress],
        connectTimeout: Duration = .seconds(5),
        metadataRefresh: Duration = .seconds(30),
        tls: ClusterTLSConfiguration? = nil,
        sasl: ClusterSASLConfiguration? = nil
    ) {
        self.name = name
        self.bootstrapServers = bootstrapServers
        self.connectTimeout = connectTimeout
        self.metadataRefresh = metadataRefresh
        self.tls = tls
        self.sasl = sasl
    }
}

/// What was read of one cluster, as far as it could be.
struct ClusterSettings: Sendable {
    var name: Located<String>?
    var bootstrapServers: Located<[NetworkAddress]>?
    var configuration: ClusterConfiguration?

    static func read(_ reader: inout SettingsReader) -> ClusterSettings? {
        let name = reader.required("name", .located(.name), "The name that listeners call it by.")
        let servers = reader.required(
            "bootstrap_servers",
            .located(.bootstrapServers),
            "The addresses to begin with: a list, or text with commas between them."
        )
        let connectTimeout = reader.value(
            "connect_timeout",
            .duration(.milliseconds(1)...(.seconds(300))),
            default: .seconds(5),
            "How long a connection to a broker may take to be made."
        )
        let metadataRefresh = reader.value(
            "metadata_refresh",
            .duration(.seconds(1)...(.seconds(3600))),
            default: .seconds(30),
            "How often the brokers are asked for the topology when no client's request shows it."
        )
        let tls = reader.optional(
            "tls", ClusterTLSConfiguration.settingType, "How TLS is spoken to the brokers. By default it is not.")
        let sasl = reader.optional(
            "sasl", ClusterSASLConfiguration.settingType,
            "How Sluice signs in to the brokers, for clients that do not. By default it does not.")
        var settings = ClusterSettings(name: name, bootstrapServers: servers)
        if let name, let servers {
            settings.configuration = ClusterConfiguration(
                name: name.value,
                bootstrapServers: servers.value,
                connectTimeout: connectTimeout,
                metadataRefresh: metadataRefresh,
                tls: tls,
                sasl: sasl
            )
        }
        return settings
    }
}

extension SettingType where Value == [NetworkAddress] {
    /// Addresses of brokers: a list of them, or text with commas between them, as Kafka's own clients take it.
    ///
    /// A list's element may have commas too, so that one variable of the environment can hold them all.
    static var bootstrapServers: SettingType {
        let servers = SettingType<[NetworkAddress]>.scalar(
            expected: "an address such as 127.0.0.1:9092",
            schema: ["type": "string", "minLength": 1],
            parse: { text throws(SettingProblem) in
                var addresses: [NetworkAddress] = []
                for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                    let trimmed = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
                    let address = try NetworkAddress(parsing: String(trimmed))
                    if address.port == 0 { throw SettingProblem("the port of a broker cannot be 0") }
                    addresses.append(address)
                }
                return addresses
            },
            render: { .array($0.map { .string($0.description) }) }
        )
        return SettingType<[[NetworkAddress]]>.oneOrMore(of: servers).mapped(
            { $0.flatMap(\.self) },
            show: { .array($0.map { .string($0.description) }) }
        )
    }
}
