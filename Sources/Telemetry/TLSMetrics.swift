/// What is counted of TLS, with clients and with brokers. `docs/metrics.md` is its page.
public struct TLSMetrics: Sendable {
    /// Upper bounds for the time of a handshake, 0.25 ms to 10 s.
    public static let handshakeBounds: [UInt64] = [
        250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000,
        250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]
    /// The result of a handshake that was completed.
    public static let accepted = "accepted"

    /// `{listener,result}`: handshakes with clients.
    public let handshakesTotal: CounterFamily
    /// `{listener}`: how long completed handshakes with clients took, in nanoseconds.
    public let handshakeDuration: HistogramFamily
    /// `{listener,version,cipher,resumed}`: what completed handshakes with clients have agreed on.
    public let sessionsTotal: CounterFamily
    /// `{cluster,result}`: handshakes with brokers.
    public let upstreamHandshakesTotal: CounterFamily
    /// `{cluster}`: how long completed handshakes with brokers took, in nanoseconds.
    public let upstreamHandshakeDuration: HistogramFamily
    /// `{cluster,version,cipher,resumed}`: what completed handshakes with brokers have agreed on.
    public let upstreamSessionsTotal: CounterFamily
    /// `{listener,cluster,result}`: changed files of certificates; the one of the two labels is empty.
    public let certificateReloadsTotal: CounterFamily

    private static let expiryLabels = ["listener", "cluster", "role", "file", "serial"]

    /// Declares when certificates expire.
    ///
    /// - Parameters:
    ///   - registry: where to declare it.
    ///   - sample: gives a series a certificate, with the labels `listener`, `cluster` (of which one is empty), `role`, `file`
    ///     and `serial`.
    public static func declareCertificateExpiry(
        in registry: MetricsRegistry, sample: @escaping MetricsRegistry.Sampler
    ) {
        registry.sampled(
            "sluice_certificate_expiry_timestamp_seconds",
            help: "When a certificate in use expires, since the Unix epoch; by its file, and its serial number there.",
            labels: expiryLabels, sample: sample)
    }

    /// Declares the families.
    public init(registry: MetricsRegistry) {
        Self.declareCertificateExpiry(in: registry) { [] }
        handshakesTotal = registry.counter(
            "sluice_tls_handshakes_total", help: "TLS handshakes with clients: accepted, or why not.",
            labels: ["listener", "result"])
        handshakeDuration = registry.histogram(
            "sluice_tls_handshake_duration_seconds",
            help: "Time that completed TLS handshakes with clients took, in seconds.", labels: ["listener"],
            unit: .nanoseconds, upperBounds: Self.handshakeBounds)
        sessionsTotal = registry.counter(
            "sluice_tls_sessions_total",
            help: "Completed TLS handshakes with clients, by version, cipher, and whether a session was resumed.",
            labels: ["listener", "version", "cipher", "resumed"])
        upstreamHandshakesTotal = registry.counter(
            "sluice_upstream_tls_handshakes_total", help: "TLS handshakes with brokers: accepted, or why not.",
            labels: ["cluster", "result"])
        upstreamHandshakeDuration = registry.histogram(
            "sluice_upstream_tls_handshake_duration_seconds",
            help: "Time that completed TLS handshakes with brokers took, in seconds.", labels: ["cluster"],
            unit: .nanoseconds, upperBounds: Self.handshakeBounds)
        upstreamSessionsTotal = registry.counter(
            "sluice_upstream_tls_sessions_total",
            help: "Completed TLS handshakes with brokers, by version, cipher, and whether a session was resumed.",
            labels: ["cluster", "version", "cipher", "resumed"])
        certificateReloadsTotal = registry.counter(
            "sluice_certificate_reloads_total",
            help: "Changed files of certificates, keys and CAs: applied, or refused while the former stay in force.",
            labels: ["listener", "cluster", "result"])
    }
}
