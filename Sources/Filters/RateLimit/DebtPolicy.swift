/// How debt is dealt with.
struct DebtPolicy: Sendable, Hashable {
    /// The longest that a client is slowed at once (`max_throttle`).
    let longestWait: TokenRate.Time
    /// Debt that is not added to any more. Where each client sends no sooner than it may, debt does not come near it.
    let deepestDebt: TokenRate.Time

    init(maxThrottle: Duration) {
        longestWait = TokenRate.time(maxThrottle)
        deepestDebt = longestWait * 10
    }

    /// Debt that is as good as none: Kafka's times are in milliseconds, and to slow a client for less costs more than it
    /// is worth.
    static let tolerance = TokenRate.time(.milliseconds(1))

    /// How long a Fetch is put off while nobody knows how large responses are.
    static let firstWait = TokenRate.time(.milliseconds(100))

    /// What is expected of the first response, in bytes: what a partition's share usually is
    /// (`max.partition.fetch.bytes`), but so little that a few may be under way.
    static func guess(_ rate: TokenRate) -> Int {
        min(1 << 20, max(1, rate.capacity / 2))
    }
}
