import NIOCore

/// Decides by buckets in this process.
final class LocalRateLimiter: RateLimiter {
    /// The buckets of each limit, by its name.
    let tables: [String: BucketTable]
    private let policy: DebtPolicy
    private let clock: RateLimitClock

    init(tables: [String: BucketTable], policy: DebtPolicy, clock: @escaping RateLimitClock) {
        self.tables = tables
        self.policy = policy
        self.clock = clock
    }

    func lease(_ descriptor: RateLimitDescriptor, on loop: any EventLoop) -> any RateLimitLease {
        guard let table = tables[descriptor.limit] else { preconditionFailure("no limit \(descriptor.limit)") }
        return LocalLease(table, descriptor.entries.map(\.value), policy, at: clock())
    }

    /// Lets idle buckets go.
    func sweep() {
        let now = clock()
        for table in tables.values { table.sweep(at: now, most: Self.sweepSize) }
    }

    /// How many buckets of a limit are looked at in one sweep: a fraction of a millisecond's work.
    static let sweepSize = 4096
}

/// Tells the time in nanoseconds, from whatever moment on.
package typealias RateLimitClock = @Sendable () -> Int64

/// One connection's part in a bucket of this process.
final class LocalLease: RateLimitLease {
    private let table: BucketTable
    private let key: BucketTable.Key
    private let policy: DebtPolicy
    @exclusivity(unchecked) private var bucket: SharedBucket
    /// The size of the responses that this connection gets, in bytes: a moving average.
    @exclusivity(unchecked) private var expected: Int?
    /// When the Fetch that was put off may come, and what was taken for it.
    @exclusivity(unchecked) private var turn: (at: Int64, reserved: Int)?

    init(_ table: BucketTable, _ key: BucketTable.Key, _ policy: DebtPolicy, at now: Int64) {
        self.table = table
        self.key = key
        self.policy = policy
        bucket = table.bucket(for: key, at: now)
    }

    func take(_ cost: RateLimitCost, mayRefuse: Bool, at now: Int64) -> RateLimitVerdict {
        var fetch = SharedBucket.Fetch()
        if cost.fetches {
            fetch.expected = expected
            if cost.canWait, let turn {
                let early = turn.at - now
                if early > Self.tolerance {
                    return .decided(RateLimitDecision(isRefused: true, wait: early, standing: early))
                }
                // Who does not come for long has lost it, else many could come at once.
                fetch.isItsTurn = -early <= TokenRate.nanoseconds(policy.longestWait)
                if !fetch.isItsTurn { self.turn = nil }
            }
        }
        while true {
            switch bucket.take(cost, fetch, table.rates, policy, mayRefuse: mayRefuse, at: now) {
            case .retired:
                bucket = table.bucket(for: key, at: now)
            case .decided(var decision, let hasNewTurn):
                if hasNewTurn {
                    turn = (now + decision.wait, decision.reserved)
                    decision.reserved = 0
                } else if fetch.isItsTurn, !decision.isRefused, let turn {
                    decision.reserved = turn.reserved
                    self.turn = nil
                }
                return .decided(decision)
            }
        }
    }

    private static let tolerance = TokenRate.nanoseconds(DebtPolicy.tolerance)

    func giveBack(_ cost: RateLimitCost, reserved: Int, at now: Int64) {
        bucket.giveBack(cost, reserved: reserved, table.rates)
    }

    func settle(reserved: Int, actual: Int, at now: Int64) {
        guard let rate = table.rates.fetchBytes else { return }
        expected = expected.map { $0 + (actual - $0) / 2 } ?? actual
        while !bucket.settle(reserved: reserved, actual: actual, rate, policy, at: now) {
            bucket = table.bucket(for: key, at: now)
        }
    }

    func end(at now: Int64) {
        guard let turn else { return }
        self.turn = nil
        // The time of one that did not come for long has gone by.
        if now <= turn.at { bucket.giveBack(RateLimitCost(), reserved: turn.reserved, table.rates) }
    }
}
