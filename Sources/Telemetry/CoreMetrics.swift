/// The families that the proxy's core counts in, whatever filters are configured. `docs/metrics.md` is their page.
public struct CoreMetrics: Sendable {
    /// The values of the label `direction`.
    public enum Direction {
        /// From the client towards the broker.
        public static let request = "request"
        /// From the broker towards the client.
        public static let response = "response"
        /// Records that are written to a topic.
        public static let produce = "produce"
        /// Records that are read from a topic.
        public static let fetch = "fetch"
    }

    /// Upper bounds for the time from a request to its response, 0.5 ms to 60 s: consumers wait at the broker for seconds.
    public static let requestDurationBounds: [UInt64] = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000,
        500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000, 30_000_000_000, 60_000_000_000,
    ]
    /// Upper bounds for the time spent in the proxy itself, 1 µs to 100 ms.
    public static let proxyDurationBounds: [UInt64] = [
        1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 25_000_000, 50_000_000, 100_000_000,
    ]

    /// `{listener}`: connections of clients that are open.
    public let downstreamConnections: GaugeFamily
    /// `{listener}`: connections of clients that were accepted.
    public let downstreamConnectionsTotal: CounterFamily
    /// `{listener,reason}`: connections of clients that were closed.
    public let downstreamConnectionsClosedTotal: CounterFamily
    /// `{listener,direction}`: bytes on clients' connections.
    public let downstreamBytesTotal: CounterFamily
    /// `{listener,api,version}`: requests.
    public let requestsTotal: CounterFamily
    /// `{listener,api,error}`: responses.
    public let responsesTotal: CounterFamily
    /// `{listener,api}`: from the whole request to the whole response, in nanoseconds.
    public let requestDuration: HistogramFamily
    /// `{listener,direction}`: time spent in the proxy, in nanoseconds.
    public let proxyDuration: HistogramFamily
    /// `{listener}`: requests that wait for their response.
    public let requestsInFlight: GaugeFamily
    /// `{api_key,api_version}`: requests of an API or version that is not known.
    public let unknownRequestsTotal: CounterFamily
    /// `{reason}`: frames that could not be decoded.
    public let decodeErrorsTotal: CounterFamily
    /// `{listener,direction}`: bytes that went on as they arrived.
    public let cutThroughBytesTotal: CounterFamily
    /// No labels: bytes that are held in memory.
    public let bufferedBytes: GaugeFamily
    /// `{topic,direction}`: bytes of record batches.
    public let topicBytesTotal: CounterFamily
    /// `{topic,direction}`: records.
    public let topicRecordsTotal: CounterFamily
    /// `{client_id,software_name,software_version}`: requests of a client.
    public let clientRequestsTotal: CounterFamily
    /// `{client_id,direction}`: bytes of a client.
    public let clientBytesTotal: CounterFamily
    /// `{cluster,broker}`: connections to brokers that are open.
    public let upstreamConnections: GaugeFamily
    /// `{cluster,reason}`: connections to brokers that could not be opened.
    public let upstreamConnectFailuresTotal: CounterFamily
    /// `{listener,mechanism,result}`: clients that have signed in, or have not.
    public let saslAuthenticationsTotal: CounterFamily
    /// `{cluster,mechanism,result}`: connections on which Sluice has signed in to a broker, or has not.
    public let upstreamSASLAuthenticationsTotal: CounterFamily
    /// What is counted of TLS.
    public let tls: TLSMetrics
    /// `{listener,filter,action}`: what filters did.
    public let filterActionsTotal: CounterFamily
    /// `{listener,filter,result}`: changes of rules that an operator asked for.
    public let filterRuleChangesTotal: CounterFamily

    /// Declares the core's families.
    ///
    /// - Parameters:
    ///   - registry: where to declare them.
    ///   - cap: how many client-chosen label values each family keeps apart.
    public init(registry: MetricsRegistry, cap: Int = MetricsRegistry.defaultCap) {
        downstreamConnections = registry.gauge(
            "sluice_downstream_connections", help: "Open connections of clients.", labels: ["listener"])
        downstreamConnectionsTotal = registry.counter(
            "sluice_downstream_connections_total", help: "Accepted connections of clients.", labels: ["listener"])
        downstreamConnectionsClosedTotal = registry.counter(
            "sluice_downstream_connections_closed_total", help: "Closed connections of clients, by reason.",
            labels: ["listener", "reason"])
        downstreamBytesTotal = registry.counter(
            "sluice_downstream_bytes_total", help: "Bytes received from clients (request) and sent to them (response).",
            labels: ["listener", "direction"])
        requestsTotal = registry.counter(
            "sluice_requests_total", help: "Requests, by API and API version.", labels: ["listener", "api", "version"])
        responsesTotal = registry.counter(
            "sluice_responses_total",
            help:
                "Responses, by API and the name of the first error code in them that is not 0 (NONE if there is none).",
            labels: ["listener", "api", "error"])
        requestDuration = registry.histogram(
            "sluice_request_duration_seconds",
            help: "Time from the arrival of a request to its response being sent, in seconds.",
            labels: ["listener", "api"], unit: .nanoseconds, upperBounds: Self.requestDurationBounds)
        proxyDuration = registry.histogram(
            "sluice_proxy_duration_seconds",
            help: "Time that a request or a response spent inside Sluice, waiting for brokers excluded, in seconds.",
            labels: ["listener", "direction"], unit: .nanoseconds, upperBounds: Self.proxyDurationBounds)
        requestsInFlight = registry.gauge(
            "sluice_requests_in_flight", help: "Requests whose response has not been sent yet.", labels: ["listener"])
        unknownRequestsTotal = registry.counter(
            "sluice_unknown_requests_total", help: "Requests of an API or an API version that Sluice does not know.",
            labels: ["api_key", "api_version"], clientChosen: ["api_key", "api_version"], cap: cap)
        decodeErrorsTotal = registry.counter(
            "sluice_decode_errors_total", help: "Frames that could not be decoded, by reason.", labels: ["reason"])
        cutThroughBytesTotal = registry.counter(
            "sluice_cut_through_bytes_total",
            help: "Bytes of frames that were passed on as they arrived, without being held.",
            labels: ["listener", "direction"])
        bufferedBytes = registry.gauge(
            "sluice_buffered_bytes", help: "Bytes of frames held in memory, out of the configured budget.")
        topicBytesTotal = registry.counter(
            "sluice_topic_bytes_total",
            help: "Bytes of record batches written to (produce) and read from (fetch) a topic.",
            labels: ["topic", "direction"], clientChosen: ["topic"], cap: cap)
        topicRecordsTotal = registry.counter(
            "sluice_topic_records_total", help: "Records written to (produce) and read from (fetch) a topic.",
            labels: ["topic", "direction"], clientChosen: ["topic"], cap: cap)
        clientRequestsTotal = registry.counter(
            "sluice_client_requests_total", help: "Requests, by client ID and the client software that was announced.",
            labels: ["client_id", "software_name", "software_version"],
            clientChosen: ["client_id", "software_name", "software_version"], cap: cap)
        clientBytesTotal = registry.counter(
            "sluice_client_bytes_total", help: "Bytes received from (request) and sent to (response) a client ID.",
            labels: ["client_id", "direction"], clientChosen: ["client_id"], cap: cap)
        upstreamConnections = registry.gauge(
            "sluice_upstream_connections", help: "Open connections to brokers.", labels: ["cluster", "broker"])
        upstreamConnectFailuresTotal = registry.counter(
            "sluice_upstream_connect_failures_total",
            help: "Connections to brokers that could not be opened, by reason.",
            labels: ["cluster", "reason"])
        saslAuthenticationsTotal = registry.counter(
            "sluice_sasl_authentications_total",
            help:
                "Sign-ins of clients by SASL, at Sluice or seen passing to a broker: accepted, or why not; by mechanism.",
            labels: ["listener", "mechanism", "result"])
        upstreamSASLAuthenticationsTotal = registry.counter(
            "sluice_upstream_sasl_authentications_total",
            help: "Sign-ins of Sluice's own to brokers by SASL: accepted, or why not; by mechanism.",
            labels: ["cluster", "mechanism", "result"])
        tls = TLSMetrics(registry: registry)
        filterActionsTotal = registry.counter(
            "sluice_filter_actions_total",
            help: "What filters did with requests and responses; what a dry run would have done starts with would_.",
            labels: ["listener", "filter", "action"])
        filterRuleChangesTotal = registry.counter(
            "sluice_filter_rule_changes_total",
            help: "Changes of filters' rules that an operator asked for: changed or refused.",
            labels: ["listener", "filter", "result"])
    }
}
