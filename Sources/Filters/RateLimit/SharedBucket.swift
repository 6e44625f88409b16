import Synchronization

/// The bucket of one descriptor: what has been used of each rate of its limit, by the connections of all event loops.
final class SharedBucket: Sendable {
    private struct State {
        var requests = TokenBucket()
        var produceBytes = TokenBucket()
        var fetchBytes = TokenBucket()
        var records = TokenBucket()
        /// A moving average of the sizes of responses that brought records, in bytes; nil before the first.
        var usualFetch: Int?
        /// True once the table has let it go: whoever still has it must look for another.
        var isRetired = false
    }

    private let state = Mutex(State())

    /// What becomes of a question.
    enum Outcome {
        /// The bucket is not in use any more.
        case retired
        /// It is decided. A Fetch that was refused may have a turn, for which its bytes are taken already.
        case decided(RateLimitDecision, hasNewTurn: Bool)
    }

    /// A Fetch, as its connection knows it.
    struct Fetch {
        /// The size of the response that is to be expected, in bytes; nil if the connection has seen none.
        var expected: Int?
        /// True if it comes in its turn: its bytes were taken when it was refused.
        var isItsTurn = false
    }

    /// Takes what a request costs, or refuses it.
    func take(
        _ cost: RateLimitCost, _ fetch: Fetch, _ rates: LimitRates, _ policy: DebtPolicy, mayRefuse: Bool, at now: Int64
    ) -> Outcome {
        let now = TokenRate.time(nanoseconds: now)
        return state.withLock { state in
            if state.isRetired { return .retired }
            var account = Account(now: now, policy: policy, mayRefuse: mayRefuse)
            account.look(at: &state.requests, rates.requests, cost.requests, isWhole: true)
            account.look(at: &state.produceBytes, rates.produceBytes, cost.produceBytes, isWhole: false)
            account.look(at: &state.records, rates.records, cost.records, isWhole: false)
            var decision = RateLimitDecision()
            if cost.fetches, let rate = rates.fetchBytes {
                state.fetchBytes.settle(rate, at: now)
                let debt = state.fetchBytes.debt(at: now)
                decision.reserved = fetch.isItsTurn ? 0 : fetch.expected ?? state.usualFetch ?? DebtPolicy.guess(rate)
                if !cost.canWait {
                    account.standing = max(account.standing, debt)
                } else if !fetch.isItsTurn, debt > DebtPolicy.tolerance {
                    let isKnown = fetch.expected != nil || state.usualFetch != nil
                    return account.queue(&state.fetchBytes, rate, decision.reserved, debt: debt, isKnown: isKnown)
                }
            }
            if account.lack > 0 { return account.refusal(wait: account.lack) }
            // What can be put off is, rather than to go deeper into debt than is paid at once.
            if cost.canWait, account.standing > policy.longestWait {
                return account.refusal(wait: account.standing)
            }
            account.take(cost.requests, rates.requests, from: &state.requests)
            account.take(cost.produceBytes, rates.produceBytes, from: &state.produceBytes)
            account.take(cost.records, rates.records, from: &state.records)
            if decision.reserved > 0, let rate = rates.fetchBytes {
                let wait = account.wait
                let isTaken = account.take(decision.reserved, rate, from: &state.fetchBytes)
                if !isTaken { decision.reserved = 0 }
                // A Fetch does not pay for itself: the next one does.
                if cost.canWait { account.wait = wait }
            }
            decision.wait = TokenRate.nanoseconds(max(0, account.wait))
            decision.standing = TokenRate.nanoseconds(max(0, account.standing))
            return .decided(decision, hasNewTurn: false)
        }
    }

    /// Gives back what was taken.
    func giveBack(_ cost: RateLimitCost, reserved: Int, _ rates: LimitRates) {
        state.withLock { state in
            if let rate = rates.requests { state.requests.take(-cost.requests, rate) }
            if let rate = rates.produceBytes { state.produceBytes.take(-cost.produceBytes, rate) }
            if let rate = rates.records { state.records.take(-cost.records, rate) }
            if let rate = rates.fetchBytes { state.fetchBytes.take(-reserved, rate) }
        }
    }

    /// Takes what a response was larger than expected, or gives back what it was smaller.
    ///
    /// - Returns: false if the bucket is not in use any more.
    func settle(reserved: Int, actual: Int, _ rate: TokenRate, _ policy: DebtPolicy, at now: Int64) -> Bool {
        let now = TokenRate.time(nanoseconds: now)
        return state.withLock { state in
            if state.isRetired { return false }
            state.usualFetch = state.usualFetch.map { $0 + (actual - $0) / 8 } ?? actual
            state.fetchBytes.settle(rate, at: now)
            if actual <= reserved || state.fetchBytes.debt(at: now) <= policy.deepestDebt {
                state.fetchBytes.take(actual - reserved, rate)
            }
            return true
        }
    }

    /// Retires the bucket if a new one would be no different.
    ///
    /// - Returns: true if it is retired.
    func retireIfIdle(_ rates: LimitRates, at now: Int64) -> Bool {
        let now = TokenRate.time(nanoseconds: now)
        return state.withLock { state in
            if let rate = rates.requests, !state.requests.isFull(rate, at: now) { return false }
            if let rate = rates.produceBytes, !state.produceBytes.isFull(rate, at: now) { return false }
            if let rate = rates.fetchBytes, !state.fetchBytes.isFull(rate, at: now) { return false }
            if let rate = rates.records, !state.records.isFull(rate, at: now) { return false }
            state.isRetired = true
            return true
        }
    }
}

/// What is found out about one request.
private struct Account {
    let now: TokenRate.Time
    let policy: DebtPolicy
    let mayRefuse: Bool
    /// The debt that there is; negative for credit.
    var standing: TokenRate.Time = -.max
    /// How long until a request that may be refused need not be.
    var lack: TokenRate.Time = 0
    /// The debt with what was taken.
    var wait: TokenRate.Time = -.max

    init(now: TokenRate.Time, policy: DebtPolicy, mayRefuse: Bool) {
        self.now = now
        self.policy = policy
        self.mayRefuse = mayRefuse
    }

    /// Sees what a bucket has to say.
    ///
    /// - Parameters:
    ///   - bucket: the bucket, which is settled.
    ///   - rate: its rate; nil if there is none to be looked at.
    ///   - tokens: what the request takes.
    ///   - isWhole: true if all tokens must be there before a request passes that may be refused; else it passes where
    ///     there is no debt, as it may be larger than all that can be saved up.
    @inline(__always)
    mutating func look(at bucket: inout TokenBucket, _ rate: TokenRate?, _ tokens: Int, isWhole: Bool) {
        guard tokens > 0, let rate else { return }
        bucket.settle(rate, at: now)
        let debt = bucket.debt(at: now)
        standing = max(standing, debt)
        if mayRefuse { lack = max(lack, isWhole ? bucket.lack(of: tokens, rate, at: now) : debt) }
    }

    /// Takes tokens of a bucket that was looked at; not from one that is deep in debt already, so that debt has an end.
    ///
    /// - Returns: true if they were taken.
    @inline(__always)
    @discardableResult
    mutating func take(_ tokens: Int, _ rate: TokenRate?, from bucket: inout TokenBucket) -> Bool {
        guard tokens > 0, let rate else { return false }
        let isTaken = bucket.debt(at: now) <= policy.deepestDebt
        if isTaken { bucket.take(tokens, rate) }
        wait = max(wait, bucket.debt(at: now))
        return isTaken
    }

    /// Refuses a Fetch, and gives it a turn behind those that came before it. Its bytes are taken now: so nobody comes in
    /// between, and those that wait do not all come at once.
    func queue(
        _ bucket: inout TokenBucket, _ rate: TokenRate, _ bytes: Int, debt: TokenRate.Time, isKnown: Bool
    ) -> SharedBucket.Outcome {
        guard isKnown else { return refusal(wait: min(debt, DebtPolicy.firstWait)) }
        guard debt <= policy.deepestDebt else { return refusal(wait: debt) }
        bucket.take(bytes, rate)
        return refusal(wait: debt, reserved: bytes, hasNewTurn: true)
    }

    func refusal(wait: TokenRate.Time, reserved: Int = 0, hasNewTurn: Bool = false) -> SharedBucket.Outcome {
        let wait = TokenRate.nanoseconds(wait)
        return .decided(
            RateLimitDecision(isRefused: true, wait: wait, standing: wait, reserved: reserved), hasNewTurn: hasNewTurn)
    }
}
