import TLS
import Telemetry

/// Counts of TLS what happens on no event loop, or seldom enough for a lock.
struct TLSCounts: Sendable {
    /// Whose certificates they are.
    enum Owner: Sendable, Hashable {
        case listener(String)
        case cluster(String)

        /// `listener` or `cluster`.
        var kind: String {
            switch self {
            case .listener: "listener"
            case .cluster: "cluster"
            }
        }

        /// Its name in the configuration.
        var name: String {
            switch self {
            case .listener(let name), .cluster(let name): name
            }
        }

        /// The values of the labels `listener` and `cluster`.
        var labels: [String] {
            switch self {
            case .listener(let name): [name, ""]
            case .cluster(let name): ["", name]
            }
        }
    }

    private let families: TLSMetrics
    private let shared: SharedMetrics

    init(_ families: TLSMetrics, in registry: MetricsRegistry) {
        self.families = families
        shared = registry.shared
    }

    /// Shows zeros, so that the first reload can be seen as one.
    func declareReloads(of owner: Owner) {
        for result in ["applied", "refused"] {
            shared.increment(families.certificateReloadsTotal, owner.labels + [result], by: 0)
        }
    }

    /// Files have changed.
    func reloaded(_ owner: Owner, _ result: String) {
        shared.increment(families.certificateReloadsTotal, owner.labels + [result])
    }

    /// A handshake with a broker has come to its end.
    func upstreamHandshake(_ cluster: String, _ completed: TLSHandshakeCompleted, nanoseconds: UInt64) {
        shared.increment(families.upstreamHandshakesTotal, [cluster, TLSMetrics.accepted])
        shared.observe(families.upstreamHandshakeDuration, [cluster], nanoseconds)
        shared.increment(
            families.upstreamSessionsTotal,
            [cluster, completed.version.rawValue, completed.cipher, completed.isResumed ? "true" : "false"])
    }

    /// A handshake with a broker has failed.
    func upstreamHandshake(_ cluster: String, failed result: String) {
        shared.increment(families.upstreamHandshakesTotal, [cluster, result])
    }
}
