import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// The part of a rate limit in one connection.
///
/// What the limits say of a request is a ``Ruling``; how it comes about is in `+Takes`, how requests are refused in
/// ``RefusalAnswer``.
final class RateLimitConnection: ConnectionFilter {
    let filter: RateLimitFilter
    let connection: ConnectionContext
    let counters: LoopCounters
    /// What the connection has with each limit, by the limits' places.
    @exclusivity(unchecked) var leases: [LimitLeases]
    /// Fetch sessions of which requests were answered here.
    @exclusivity(unchecked) var continuity: FetchContinuity
    /// The state of the client's identity that the leases are for.
    @exclusivity(unchecked) private var identity: UInt64?
    /// The request whose header was seen and of which more is to come, and whether a limit had something to say.
    @exclusivity(unchecked) private var headed: (record: RequestRecord, isMatched: Bool)?
    /// The request that is refused as soon as its body is there.
    @exclusivity(unchecked) private var refused: (record: RequestRecord, take: Take, wait: Int64)?
    /// True once nothing more is to be decided.
    @exclusivity(unchecked) private var isClosed = false
    /// The request that is held until it may go on.
    @exclusivity(unchecked) private var held: (promise: EventLoopPromise<RequestAction>, timer: Scheduled<Void>)?

    init(
        _ filter: RateLimitFilter, _ connection: ConnectionContext, _ counters: LoopCounters,
        continuity: FetchContinuity = FetchContinuity()
    ) {
        self.filter = filter
        self.connection = connection
        self.counters = counters
        self.continuity = continuity
        leases = filter.limits.map { LimitLeases($0, filter.domain, on: connection.eventLoop) }
    }

    // MARK: Requests

    func request(_ request: FilteredRequest) -> RequestAction {
        let record = request.record
        let key = Int(record.apiKey.rawValue)
        guard filter.plans.indices.contains(key), !filter.plans[key].all.isEmpty else { return .forward }
        if let refused, refused.record === record {
            self.refused = nil
            return refuse(request, refused.take, wait: refused.wait)
        }
        let now = filter.clock()
        if identity != connection.identityVersion { meet(at: now) }
        if let headed, headed.record === record {
            self.headed = nil
            return decide(request, .rest, isMatched: headed.isMatched, at: now)
        }
        let isAtHeader = !request.frame.isWhole && !filter.plans[key].early.isEmpty
        return decide(request, isAtHeader ? .header : .whole, at: now)
    }

    /// What is known of a request when it is decided on.
    enum Stage {
        /// Its header.
        case header
        /// All of it, and its header was decided on before.
        case rest
        /// All of it.
        case whole
    }

    private func limits(_ request: FilteredRequest, _ stage: Stage) -> [Int] {
        let plan = filter.plans[Int(request.record.apiKey.rawValue)]
        return switch stage {
        case .header: plan.early
        case .rest: plan.late
        case .whole: plan.all
        }
    }

    /// Has the limits decide.
    private func decide(_ request: FilteredRequest, _ stage: Stage, isMatched: Bool = false, at now: Int64)
        -> RequestAction
    {
        var ruling = Ruling()
        ruling.isMatched = isMatched
        guard let open = ask(limits(request, stage), request, &ruling, at: now) else {
            return finish(request, ruling, stage, at: now)
        }
        // In a dry run nothing waits: what limiters say later is counted.
        if filter.isDryRun {
            let counters = counters
            goOn(open, ruling) { ruling in
                if let take = ruling.refusal?.take { counters.limits[take.limit].countRejected() }
            }
            return .forward
        }
        let promise = connection.eventLoop.makePromise(of: RequestAction.self)
        goOn(open, ruling) { ruling in
            guard !self.isClosed else {
                for charge in ruling.charges { charge.giveBack(at: self.filter.clock()) }
                return promise.succeed(.forward)
            }
            promise.succeed(self.finish(request, ruling, stage, at: self.filter.clock()))
        }
        return .hold(promise.futureResult)
    }

    /// Does what the limits have said.
    private func finish(_ request: FilteredRequest, _ ruling: Ruling, _ stage: Stage, at now: Int64) -> RequestAction {
        let record = request.record
        if let refusal = ruling.refusal {
            for charge in ruling.charges { charge.giveBack(at: now) }
            (request.note as? Reservation)?.giveBack(at: now)
            request.note = nil
            return refuse(request, refusal.take, wait: refusal.wait)
        }
        let isWhole = request.frame.isWhole
        let isFetch = record.apiKey == .fetch
        let mustSeeAll = isFetch && continuity.isAhead && !isWhole
        if mustSeeAll || (stage == .header && !filter.plans[Int(record.apiKey.rawValue)].late.isEmpty) {
            headed = (record, ruling.isMatched)
        }
        if isFetch, isWhole { bringUpToDate(request) }
        let action: RequestAction = mustSeeAll ? .inspect : .forward
        let isNoted = !ruling.topicLimits.isEmpty || ruling.charges.contains { $0.take.cost.fetches }
        guard ruling.wait >= Self.leastWait || isNoted else { return action }
        // What meets more debt than can be paid at once waits here, before it goes on: one frame, and for no longer.
        let hold = min(ruling.standing - filter.longestWait, filter.longestWait)
        guard hold >= Self.leastWait, !filter.isDryRun, !isFetch, isWhole || stage == .header else {
            slow(request, ruling.wait)
            if isNoted { note(ruling, request) }
            return action
        }
        let reservation = Reservation(ruling, isForwarded: false)
        request.note = reservation
        return .hold(
            wait(for: hold) {
                reservation.isForwarded = true
                self.slow(request, ruling.wait - hold)
                return action
            })
    }

    private func note(_ ruling: Ruling, _ request: FilteredRequest) {
        if let reservation = request.note as? Reservation { return reservation.add(ruling) }
        request.note = Reservation(ruling, isForwarded: true)
    }

    /// Slows the client, if it is worth it.
    private func slow(_ request: FilteredRequest, _ nanoseconds: Int64) {
        guard nanoseconds >= Self.leastWait else { return }
        request.throttle(for: .nanoseconds(min(nanoseconds, filter.longestWait)))
    }

    /// How long a client is slowed to whom a limit said so, in nanoseconds; 0 if it is not.
    func slowing(by wait: Int64) -> Int64 {
        wait >= Self.leastWait ? min(wait, filter.longestWait) : 0
    }

    /// Clients are not slowed for less, in nanoseconds.
    static let leastWait = TokenRate.nanoseconds(DebtPolicy.tolerance)

    private func wait(for nanoseconds: Int64, then act: @escaping () -> RequestAction) -> EventLoopFuture<RequestAction>
    {
        let promise = connection.eventLoop.makePromise(of: RequestAction.self)
        let timer = connection.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(nanoseconds)) {
            self.held = nil
            promise.succeed(act())
        }
        held = (promise, timer)
        return promise.futureResult
    }

    /// The client has another name.
    private func meet(at now: Int64) {
        identity = connection.identityVersion
        let client = connection.identity
        for index in leases.indices { leases[index].become(client, at: now) }
    }

    // MARK: Refusals

    private func refuse(_ request: FilteredRequest, _ take: Take, wait: Int64) -> RequestAction {
        let counters = counters.limits[take.limit]
        let slowed = min(max(wait, 1), filter.longestWait)
        if filter.isDryRun {
            take.mayRefuse ? counters.countRejected() : counters.countSlowed(slowed)
            return .forward
        }
        guard request.frame.isWhole else {
            refused = (request.record, take, wait)
            return .inspect
        }
        switch RefusalAnswer.to(request, limit: filter.limits[take.limit].configuration.name, &continuity) {
        case .answer(let answer):
            if take.mayRefuse { counters.countRejected() } else { counters.countSlowed(slowed) }
            if request.record.apiKey != .produce { request.throttle(for: .nanoseconds(slowed)) }
            return .answer(answer)
        case .endOfSession:
            bringUpToDate(request)
            return .forward
        case .impossible:
            // It passes, and the client is slowed: as a broker's quota does.
            let now = filter.clock()
            var owed = wait
            if case .decided(let decision) = take.lease.take(take.cost, mayRefuse: false, at: now) {
                owed = decision.wait
            }
            counters.countPassed(slowedFor: slowing(by: owed))
            slow(request, owed)
            return .forward
        }
    }

    /// Makes a Fetch what the broker expects where those before it were answered here.
    private func bringUpToDate(_ request: FilteredRequest) {
        guard continuity.isAhead, var body = try? request.frame.body(FetchRequest.self) else { return }
        if continuity.bringUpToDate(&body, version: request.record.apiVersion) { request.frame.setBody(body) }
    }

    // MARK: Ends

    func completed(_ request: CompletedRequest) {
        guard let reservation = request.note as? Reservation else { return }
        let now = filter.clock()
        guard reservation.isForwarded else {
            reservation.giveBack(at: now)
            return
        }
        settle(reservation, request, at: now)
    }

    func connectionClosed() {
        isClosed = true
        let now = filter.clock()
        for index in leases.indices { leases[index].end(at: now) }
        headed = nil
        refused = nil
        guard let held else { return }
        self.held = nil
        held.timer.cancel()
        held.promise.succeed(.forward)
    }
}
