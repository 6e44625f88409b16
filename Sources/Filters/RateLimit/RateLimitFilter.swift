package import FilterAPI
import KafkaMessages
import Logging
import NIOCore
import Settings
import Synchronization
import Telemetry

/// Slows or refuses clients that are over a limit, as a broker's quotas do.
package final class RateLimitFilter: Filter {
    let limits: [Limit]
    /// The limits of each API, by its key.
    let plans: [LimitPlan]
    let match: RateLimitConfiguration.Match
    /// The longest that a client is slowed at once, in nanoseconds.
    let longestWait: Int64
    let isDryRun: Bool
    let clock: RateLimitClock
    let domain: RateLimitDomain
    let configuration: RateLimitConfiguration
    let connections: ConnectionLimiter
    /// Nil where another limiter decides.
    let local: LocalRateLimiter?
    package let interests: [Interest]
    private let families: RateLimitFamilies
    /// The counters of each event loop, by the loop.
    private let counters = Mutex<[ObjectIdentifier: LoopCounters]>([:])
    private let isSweeping = Atomic<Bool>(false)

    /// How often idle buckets are looked for.
    static let sweepInterval = TimeAmount.seconds(1)

    /// Makes a filter.
    ///
    /// - Parameters:
    ///   - configuration: the settings.
    ///   - context: the filter's name, its metrics, and the filter whose place it takes.
    ///   - limiter: who decides; nil for buckets in this process.
    ///   - clock: the time.
    package init(
        _ configuration: RateLimitConfiguration, context: FilterContext, limiter: (any RateLimiter)? = nil,
        clock: @escaping @Sendable () -> Int64 = { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }
    ) {
        let limits = configuration.limits.enumerated().map { index, limit in
            Limit(limit, index: index, filterTopics: context.when?.topic)
        }
        let former = context.predecessor as? RateLimitFilter
        let families = RateLimitFamilies(context.metrics)
        self.configuration = configuration
        self.limits = limits
        self.families = families
        self.clock = clock
        match = configuration.match
        isDryRun = context.isDryRun
        longestWait = TokenRate.nanoseconds(TokenRate.time(configuration.maxThrottle))
        plans = LimitPlan.plans(limits, match: configuration.match)
        interests = LimitPlan.interests(plans, limits)
        if let limiter {
            local = nil
            domain = RateLimitDomain(listener: context.listener, filter: context.name, limiter: limiter)
        } else {
            let made = LocalRateLimiter(
                tables: Self.tables(configuration, context, families, former),
                policy: DebtPolicy(maxThrottle: configuration.maxThrottle), clock: clock)
            local = made
            domain = RateLimitDomain(listener: context.listener, filter: context.name, limiter: made)
        }
        connections = Self.connections(configuration, context, families, former, clock)
        warnOfUnreachable(context)
    }

    /// The buckets of each limit: those of the former filter where they count the same.
    private static func tables(
        _ configuration: RateLimitConfiguration, _ context: FilterContext, _ families: RateLimitFamilies,
        _ former: RateLimitFilter?
    ) -> [String: BucketTable] {
        var tables: [String: BucketTable] = [:]
        for limit in configuration.limits {
            let old = former?.configuration.limits.first { $0.name == limit.name }
            if let old, old.per == limit.per, old.rates == limit.rates, let table = former?.local?.tables[limit.name] {
                table.allow(configuration.maxBuckets)
                tables[limit.name] = table
                continue
            }
            tables[limit.name] = BucketTable(
                rates: limit.rates, mostBuckets: configuration.maxBuckets,
                gauge: BucketGauge(
                    metrics: context.metrics, family: families.buckets,
                    labels: [context.listener, context.name, limit.name]))
        }
        return tables
    }

    private static func connections(
        _ configuration: RateLimitConfiguration, _ context: FilterContext, _ families: RateLimitFamilies,
        _ former: RateLimitFilter?, _ clock: @escaping RateLimitClock
    ) -> ConnectionLimiter {
        let labels = [context.listener, context.name]
        let metrics = context.metrics
        for reason in ConnectionLimiter.Reason.allCases {
            metrics.shared.increment(families.refusedConnections, labels + [reason.rawValue], by: 0)
        }
        return ConnectionLimiter(
            configuration.connections ?? ConnectionLimitConfiguration(),
            former?.connections.counts ?? ConnectionCounts(),
            isDryRun: context.isDryRun, clock: clock
        ) { event in
            switch event {
            case .opened: metrics.shared.add(families.openConnections, labels, 1)
            case .closed: metrics.shared.add(families.openConnections, labels, -1)
            case .refused(let reason):
                metrics.shared.increment(families.refusedConnections, labels + [reason.rawValue])
            }
        }
    }

    /// Says so where a limit can have no effect: not an error, as it may be kept for later.
    private func warnOfUnreachable(_ context: FilterContext) {
        guard match == .first else { return }
        for limit in limits {
            let isReached = plans.indices.contains { key in
                guard !limit.amounts(key).isEmpty else { return false }
                return !limits[..<limit.index].contains { !$0.amounts(key).isEmpty && $0.takesAll }
            }
            if isReached { continue }
            context.logger.warning(
                "rate limit is never reached: those before it take all its requests; 'match: all' would apply them all",
                metadata: [
                    "filter": "\(context.name)", "listener": "\(context.listener)",
                    "limit": "\(limit.configuration.name)",
                ])
        }
    }

    /// Counts connections also where it does not limit them, so that a reload that does knows of all.
    package var gate: (any ConnectionGate)? { connections }

    package var control: (any FilterControl)? { RateLimitControl(filter: self) }

    package func concerns(_ client: ClientIdentity) -> Bool {
        limits.contains { $0.concerns(client) }
    }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        startSweeping(on: connection.eventLoop)
        return RateLimitConnection(self, connection, counters(on: connection))
    }

    package func makeConnectionFilter(
        _ connection: ConnectionContext, replacing old: any ConnectionFilter
    ) -> any ConnectionFilter {
        startSweeping(on: connection.eventLoop)
        let former = (old as? RateLimitConnection)?.continuity
        return RateLimitConnection(self, connection, counters(on: connection), continuity: former ?? FetchContinuity())
    }

    private func counters(on connection: ConnectionContext) -> LoopCounters {
        let key = ObjectIdentifier(connection.eventLoop)
        return counters.withLock { counters in
            if let known = counters[key] { return known }
            let made = LoopCounters(
                limits.map {
                    LimitCounters(
                        families, [domain.listener, domain.filter, $0.configuration.name], connection.metrics)
                })
            counters[key] = made
            return made
        }
    }

    /// Looks for idle buckets from time to time; on the loop of the first connection, as one is enough.
    private func startSweeping(on loop: any EventLoop) {
        guard let local, !isSweeping.exchange(true, ordering: .relaxed) else { return }
        loop.scheduleRepeatedTask(initialDelay: Self.sweepInterval, delay: Self.sweepInterval) { [weak local] task in
            guard let local else { return task.cancel() }
            local.sweep()
        }
    }
}

/// The counters of the limits on one event loop, by the limits' places.
final class LoopCounters: @unchecked Sendable {
    // Safety: the counters are touched on their loop only.
    let limits: [LimitCounters]

    init(_ limits: [LimitCounters]) {
        self.limits = limits
    }
}
