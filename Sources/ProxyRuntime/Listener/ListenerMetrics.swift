import KafkaMessages
import KafkaWire
import SASL
import TLS
import Telemetry

/// What is counted for one client ID with its library.
struct ClientCounters {
    struct Key: Hashable {
        let clientID: String
        let softwareName: String
        let softwareVersion: String
    }

    /// How many are kept at hand on a loop.
    static let most = 10_000

    let requests: Counter
    let requestBytes: Counter
    let responseBytes: Counter
}

/// Counts connections to one broker while they are open.
struct ConnectionGauge {
    private let gauge: Gauge

    init(_ gauge: Gauge) {
        self.gauge = gauge
    }

    func increment() { gauge.increment() }
    func decrement() { gauge.decrement() }
}

/// What one listener counts on one event loop: the handles are at hand, so that counting is an addition.
final class ListenerMetrics {
    private static let keys = 128
    private static let versions = 32

    let connections: Gauge
    let connectionsTotal: Counter
    let bytesIn: Counter
    let bytesOut: Counter
    let inFlight: Gauge
    let bufferedBytes: Gauge
    let cutThroughRequests: Counter
    let cutThroughResponses: Counter
    /// Time from bytes of requests coming to their leaving, in nanoseconds.
    let requestTime: Histogram
    /// The same for responses.
    let responseTime: Histogram

    private let listener: String
    private let cluster: String
    private let shard: MetricsShard
    private let metrics: CoreMetrics
    private var requests: ContiguousArray<Counter?>
    private var responses: ContiguousArray<Counter?>
    private var durations: ContiguousArray<Histogram?>

    init(listener: String, cluster: String, shard: MetricsShard, metrics: CoreMetrics) {
        self.listener = listener
        self.cluster = cluster
        self.shard = shard
        self.metrics = metrics
        connections = shard.gauge(metrics.downstreamConnections, [listener])
        connectionsTotal = shard.counter(metrics.downstreamConnectionsTotal, [listener])
        bytesIn = shard.counter(metrics.downstreamBytesTotal, [listener, CoreMetrics.Direction.request])
        bytesOut = shard.counter(metrics.downstreamBytesTotal, [listener, CoreMetrics.Direction.response])
        bufferedBytes = shard.gauge(metrics.bufferedBytes)
        inFlight = shard.gauge(metrics.requestsInFlight, [listener])
        cutThroughRequests = shard.counter(metrics.cutThroughBytesTotal, [listener, CoreMetrics.Direction.request])
        cutThroughResponses = shard.counter(metrics.cutThroughBytesTotal, [listener, CoreMetrics.Direction.response])
        requestTime = shard.histogram(metrics.proxyDuration, [listener, CoreMetrics.Direction.request])
        responseTime = shard.histogram(metrics.proxyDuration, [listener, CoreMetrics.Direction.response])
        requests = ContiguousArray(repeating: nil, count: Self.keys * Self.versions)
        responses = ContiguousArray(repeating: nil, count: Self.keys)
        durations = ContiguousArray(repeating: nil, count: Self.keys)
    }

    /// Counts a request of a known API.
    func countRequest(_ key: APIKey, _ version: Int16) {
        let index = Int(key.rawValue) * Self.versions + Int(version)
        guard requests.indices.contains(index), (0..<Int16(Self.versions)).contains(version) else { return }
        if let counter = requests[index] { return counter.increment() }
        let counter = shard.counter(metrics.requestsTotal, [listener, key.description, String(version)])
        requests[index] = counter
        counter.increment()
    }

    /// Counts a request of an API or version that is not known.
    func countUnknown(_ key: APIKey, _ version: Int16) {
        shard.counter(metrics.unknownRequestsTotal, [String(key.rawValue), String(version)]).increment()
    }

    /// Counts a response, and how long it took.
    func countResponse(_ key: APIKey, errorCode: Int16, nanoseconds: UInt64) {
        let index = Int(key.rawValue)
        guard responses.indices.contains(index) else { return }
        if let duration = durations[index] {
            duration.observe(nanoseconds)
        } else {
            let duration = shard.histogram(metrics.requestDuration, [listener, key.description])
            durations[index] = duration
            duration.observe(nanoseconds)
        }
        guard errorCode == 0 else {
            let error = ErrorCode(rawValue: errorCode)
            shard.counter(metrics.responsesTotal, [listener, key.description, error.name ?? "OTHER"]).increment()
            return
        }
        if let counter = responses[index] { return counter.increment() }
        let counter = shard.counter(metrics.responsesTotal, [listener, key.description, "NONE"])
        responses[index] = counter
        counter.increment()
    }

    /// Counts a connection that has closed.
    func countClosed(_ reason: String) {
        shard.counter(metrics.downstreamConnectionsClosedTotal, [listener, reason]).increment()
    }

    /// Counts bytes that could not be read.
    func countDecodeError(_ reason: String) {
        shard.counter(metrics.decodeErrorsTotal, [reason]).increment()
    }

    /// Counts a connection to a broker that could not be had.
    func countConnectFailure(_ reason: String) {
        shard.counter(metrics.upstreamConnectFailuresTotal, [cluster, reason]).increment()
    }

    /// Counts a client that has signed in, or has not.
    ///
    /// - Parameters:
    ///   - mechanism: nil where none was agreed on.
    ///   - result: `accepted`, or why not: a word of a small set.
    func countSignIn(_ mechanism: SASLMechanism?, _ result: String) {
        shard.counter(metrics.saslAuthenticationsTotal, [listener, mechanism?.rawValue ?? "none", result]).increment()
    }

    /// Counts a sign-in of Sluice's own to a broker.
    func countUpstreamSignIn(_ mechanism: SASLMechanism, _ result: String) {
        shard.counter(metrics.upstreamSASLAuthenticationsTotal, [cluster, mechanism.rawValue, result]).increment()
    }

    /// Counts a TLS handshake with a client that has come to its end.
    func countHandshake(_ completed: TLSHandshakeCompleted, nanoseconds: UInt64) {
        countHandshake(TLSMetrics.accepted)
        shard.histogram(metrics.tls.handshakeDuration, [listener]).observe(nanoseconds)
        shard.counter(
            metrics.tls.sessionsTotal,
            [listener, completed.version.rawValue, completed.cipher, completed.isResumed ? "true" : "false"]
        ).increment()
    }

    /// Counts a TLS handshake with a client.
    ///
    /// - Parameter result: `accepted`, or why not: a word of a small set.
    func countHandshake(_ result: String) {
        shard.counter(metrics.tls.handshakesTotal, [listener, result]).increment()
    }

    /// The gauge of open connections to a broker.
    func upstreamGauge(broker: String) -> ConnectionGauge {
        ConnectionGauge(shard.gauge(metrics.upstreamConnections, [cluster, broker]))
    }

    /// The counters of a client.
    func client(_ key: ClientCounters.Key) -> ClientCounters {
        ClientCounters(
            requests: shard.counter(
                metrics.clientRequestsTotal, [key.clientID, key.softwareName, key.softwareVersion]),
            requestBytes: shard.counter(metrics.clientBytesTotal, [key.clientID, CoreMetrics.Direction.request]),
            responseBytes: shard.counter(metrics.clientBytesTotal, [key.clientID, CoreMetrics.Direction.response]))
    }
}
