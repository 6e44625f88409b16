public import Logging
public import Settings
public import Telemetry

/// What a filter is made with.
public struct FilterContext: Sendable {
    /// The filter's name in the configuration.
    public let name: String
    /// The listener that the chain belongs to.
    public let listener: String
    /// Where the filter declares metrics of its own.
    public let metrics: MetricsRegistry
    /// Where the filter logs; never payloads or secrets.
    public let logger: Logger
    /// True if the filter is to do all but act.
    public let isDryRun: Bool
    /// Which requests the filter is for; nil for all. All of it but `topic`, which selects inside a request, is decided
    /// before the filter is called.
    public let when: WhenCondition?
    /// The cluster behind the listener.
    public let cluster: any ClusterView
    /// The clusters of the configuration by name, to open connections of the filter's own to. Those that its settings name
    /// as `.clusterName` are there; with another cluster by that name, the filter is made anew.
    public let clusters: [String: any ClusterAccess]
    /// The filter of the same name and type on the same listener whose place this one takes at a reload; nil at start.
    public let predecessor: (any Filter)?

    /// A context.
    public init(
        name: String, listener: String, metrics: MetricsRegistry, logger: Logger, isDryRun: Bool,
        when: WhenCondition? = nil, cluster: any ClusterView, clusters: [String: any ClusterAccess] = [:],
        predecessor: (any Filter)? = nil
    ) {
        self.name = name
        self.listener = listener
        self.metrics = metrics
        self.logger = logger
        self.isDryRun = isDryRun
        self.when = when
        self.cluster = cluster
        self.clusters = clusters
        self.predecessor = predecessor
    }
}
