import Settings

/// A whole configuration, checked: what the proxy is built of.
package struct ProxyConfiguration: Sendable {
    /// Where the admin server listens.
    package var admin: AdminConfiguration
    /// Every bound on what is held and waited for.
    package var limits: LimitsConfiguration
    /// When the file is read again.
    package var reload: ReloadConfiguration
    /// At least one; names are unique, addresses do not clash.
    package var listeners: [ListenerConfiguration]
    /// At least one; names are unique.
    package var clusters: [ClusterConfiguration]

    /// Makes a configuration.
    package init(
        admin: AdminConfiguration = AdminConfiguration(),
        limits: LimitsConfiguration = LimitsConfiguration(),
        reload: ReloadConfiguration = ReloadConfiguration(),
        listeners: [ListenerConfiguration],
        clusters: [ClusterConfiguration]
    ) {
        self.admin = admin
        self.limits = limits
        self.reload = reload
        self.listeners = listeners
        self.clusters = clusters
    }

    /// What a configuration file may hold.
    ///
    /// - Parameters:
    ///   - filterTypes: The filters that exist.
    ///   - apis: The names of Kafka's APIs, to find slips in `when`; empty to take any.
    /// - Returns: The type of the setting.
    static func settingType(_ filterTypes: [FilterType], apis: [String]) -> SettingType<ProxyConfiguration> {
        let listeners = SettingType<[ListenerSettings]>.list(
            of: ListenerSettings.settingType(filterTypes, apis: apis),
            count: 1...1000
        )
        let clusters = SettingType<[ClusterSettings]>.list(
            of: .structure { ClusterSettings.read(&$0) },
            count: 1...1000
        )
        return .structure { read(&$0, listeners, clusters) }
    }

    private static func read(
        _ reader: inout SettingsReader,
        _ listenerType: SettingType<[ListenerSettings]>,
        _ clusterType: SettingType<[ClusterSettings]>
    ) -> ProxyConfiguration? {
        reader.ignoreKeys(withPrefix: "x-")
        let admin = reader.section("admin", "The admin server: metrics, health, what the proxy is doing.") {
            AdminSettings.read(&$0)
        }
        let limits = reader.section("limits", "Every bound on what the proxy holds and waits for.") {
            LimitsConfiguration.read(&$0)
        }
        let reload = reader.section("reload", "When a changed configuration is taken up without being told to.") {
            ReloadConfiguration.read(&$0)
        }
        let listeners = reader.required("listeners", listenerType, "Where Kafka connections are accepted.")
        let clusters = reader.required("clusters", clusterType, "The Kafka clusters upstream.")

        reportRepeatedNames((listeners ?? []).map(\.name), "listener", &reader)
        reportRepeatedNames((clusters ?? []).map(\.name), "cluster", &reader)
        for listener in listeners ?? [] { check(listener, against: clusters ?? [], &reader) }
        for wanted in reader.clusterNames { _ = find(wanted, among: clusters ?? [], &reader) }
        let claims = (admin?.claims ?? []) + (listeners ?? []).flatMap(\.claims)
        for issue in AddressClaim.clashes(among: claims) { reader.report(issue) }

        guard let admin, let limits, let reload, let listeners, let clusters else { return nil }
        return ProxyConfiguration(
            admin: admin.configuration,
            limits: limits,
            reload: reload,
            listeners: listeners.compactMap(\.configuration),
            clusters: clusters.compactMap(\.configuration)
        )
    }

    /// The cluster that is meant; what is wrong with its name is recorded.
    private static func find(
        _ wanted: Located<String>, among clusters: [ClusterSettings], _ reader: inout SettingsReader
    ) -> ClusterSettings? {
        if let cluster = clusters.first(where: { $0.name?.value == wanted.value }) { return cluster }
        let names = clusters.compactMap { $0.name?.value }
        // With a cluster whose name could not be read, nobody knows whether it is the one.
        guard !names.isEmpty, names.count == clusters.count else { return nil }
        let near = NearestName.of(wanted.value, among: names)
        let message = "there is no cluster '\(wanted.value)'"
        reader.report(SettingsIssue(at: wanted.mark, path: wanted.path, message: message, suggestion: near))
        return nil
    }

    /// Checks what a listener says of its cluster.
    private static func check(
        _ listener: ListenerSettings,
        against clusters: [ClusterSettings],
        _ reader: inout SettingsReader
    ) {
        guard let wanted = listener.cluster else { return }
        guard let cluster = find(wanted, among: clusters, &reader) else { return }
        if let sasl = listener.sasl, case .passThrough = sasl.value, cluster.configuration?.sasl != nil {
            let message =
                "pass_through has no meaning: Sluice signs in to '\(wanted.value)' itself; terminate, or leave sasl out"
            reader.report(SettingsIssue(at: sasl.mark, path: sasl.path, message: message))
        }
        guard case .passThrough? = listener.brokers?.mode, let brokers = listener.brokers,
            let servers = cluster.bootstrapServers, servers.value.count != 1
        else { return }
        let message =
            "pass_through needs a cluster with exactly one bootstrap server; "
            + "'\(wanted.value)' has \(servers.value.count) (\(servers.mark))"
        reader.report(SettingsIssue(at: brokers.mark, path: brokers.path, message: message))
    }
}
