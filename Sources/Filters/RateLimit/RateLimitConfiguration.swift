import KafkaWire
package import Settings

/// The settings of a rate limit.
package struct RateLimitConfiguration: Sendable, Hashable {
    /// Which of the limits a request meets.
    package enum Match: String, Sendable, CaseIterable {
        /// The first that limits something of it.
        case first
        /// All that do.
        case all
    }

    /// The limits, in order.
    package var limits: [LimitConfiguration]
    /// Which of them a request meets.
    package var match: Match
    /// The longest that a client is slowed at once.
    package var maxThrottle: Duration
    /// How many buckets each limit may have.
    package var maxBuckets: Int
    /// What connections there may be.
    var connections: ConnectionLimitConfiguration?

    /// Makes settings.
    init(
        limits: [LimitConfiguration] = [], match: Match = .first, maxThrottle: Duration = .seconds(10),
        maxBuckets: Int = 100_000, connections: ConnectionLimitConfiguration? = nil
    ) {
        self.limits = limits
        self.match = match
        self.maxThrottle = maxThrottle
        self.maxBuckets = maxBuckets
        self.connections = connections
    }

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> RateLimitConfiguration? {
        var configuration = RateLimitConfiguration()
        configuration.connections = reader.optional(
            "connections", .structure { ConnectionLimitConfiguration.read(&$0) },
            "What connections there may be. Those that are refused are closed before anything is read.")
        let limits = reader.optional(
            "limits", .list(of: .structure { LimitConfiguration.read(&$0) }, count: 1...100),
            "The limits of what clients send and receive, in order.")
        configuration.match = reader.value(
            "match", .choice(), default: configuration.match,
            "Whether the first limit counts that limits something of a request, or all of them.")
        configuration.maxThrottle = reader.value(
            "max_throttle", .duration(.milliseconds(10)...(.seconds(3600))), default: configuration.maxThrottle,
            "The longest that a client is slowed at once. What it owes besides stays, and is met by what it sends next."
        )
        configuration.maxBuckets = reader.value(
            "max_buckets", .integer(1...10_000_000), default: configuration.maxBuckets,
            "How many buckets each limit has at most; clients beyond that share one. Idle buckets go by themselves.")
        configuration.limits = named(limits ?? [])
        for name in repetitions(in: configuration.limits.map(\.name)) {
            reader.report("two limits are called '\(name)'", at: "limits")
        }
        if limits == nil, !reader.contains("limits"), !reader.contains("connections") {
            reader.report("limits nothing: it needs 'limits', 'connections' or both")
        }
        return configuration
    }

    /// Gives names to limits that have none: what they tell apart, with a number where that is not enough.
    private static func named(_ limits: [LimitConfiguration]) -> [LimitConfiguration] {
        var taken = Set(limits.map(\.name))
        return limits.map { limit in
            guard limit.name.isEmpty else { return limit }
            var limit = limit
            let usual = limit.per.isEmpty ? "all" : limit.per.map(\.rawValue).joined(separator: "-")
            limit.name = usual
            var number = 2
            while !taken.insert(limit.name).inserted {
                limit.name = "\(usual)-\(number)"
                number += 1
            }
            return limit
        }
    }

    private static func repetitions(in names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { !seen.insert($0).inserted }
    }
}
