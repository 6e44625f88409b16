import FilterAPI
import KafkaMessages
import KafkaWire
import NIOCore

/// A question whose answer is to come, and those behind it.
struct OpenQuestion {
    let take: Take
    let answer: EventLoopFuture<RateLimitDecision>
    var rest: ArraySlice<Take>
}

/// How limits are asked about a request.
extension RateLimitConnection {
    /// Asks limits in order, until one refuses, or, where the first counts, has something to say.
    ///
    /// - Returns: nil if all is decided; else the question at which an answer is to come.
    func ask(
        _ limits: [Int], _ request: FilteredRequest, _ ruling: inout Ruling, at now: Int64
    ) -> OpenQuestion? {
        for position in limits.indices {
            if ruling.isMatched, filter.match == .first { return nil }
            switch questions(limits[position], request, &ruling, at: now) {
            case .none:
                continue
            case .one(let take):
                if let answer = ask(take, &ruling, at: now) {
                    let rest = questions(behind: position, of: limits, request, &ruling, at: now)
                    return OpenQuestion(take: take, answer: answer, rest: rest[...])
                }
            case .many(let takes):
                for (index, take) in takes.enumerated() where ruling.refusal == nil {
                    if let answer = ask(take, &ruling, at: now) {
                        let rest = questions(behind: position, of: limits, request, &ruling, at: now)
                        return OpenQuestion(take: take, answer: answer, rest: takes[(index + 1)...] + rest)
                    }
                }
            }
            if ruling.refusal != nil { return nil }
        }
        return nil
    }

    /// Goes on when an answer has come, to the end.
    func goOn(_ open: OpenQuestion, _ ruling: Ruling, then finish: @escaping (Ruling) -> Void) {
        open.answer.hop(to: connection.eventLoop).assumeIsolated().whenComplete { result in
            var ruling = ruling
            // A limiter that fails has no say.
            self.apply((try? result.get()) ?? RateLimitDecision(), open.take, &ruling)
            var rest = open.rest
            while ruling.refusal == nil, let take = rest.popFirst() {
                if let answer = self.ask(take, &ruling, at: self.filter.clock()) {
                    return self.goOn(OpenQuestion(take: take, answer: answer, rest: rest), ruling, then: finish)
                }
            }
            finish(ruling)
        }
    }

    private func ask(_ take: Take, _ ruling: inout Ruling, at now: Int64) -> EventLoopFuture<RateLimitDecision>? {
        switch take.lease.take(take.cost, mayRefuse: take.mayRefuse, at: now) {
        case .decided(let decision):
            apply(decision, take, &ruling)
            return nil
        case .later(let answer):
            return answer
        }
    }

    private func apply(_ decision: RateLimitDecision, _ take: Take, _ ruling: inout Ruling) {
        if decision.isRefused {
            ruling.refusal = (take, decision.wait)
            return
        }
        ruling.isMatched = true
        ruling.wait = max(ruling.wait, decision.wait)
        ruling.standing = max(ruling.standing, decision.standing)
        ruling.waitOfLimit = max(ruling.waitOfLimit, decision.wait)
        // Most need not be known again, and to keep them costs memory of its own.
        if take.cost.fetches || take.isOfMany || filter.match == .all
            || decision.standing > filter.longestWait
        {
            ruling.charges.append(Charge(take: take, reserved: decision.reserved))
        }
        guard take.isLast else { return }
        counters.limits[take.limit].countPassed(slowedFor: slowing(by: ruling.waitOfLimit))
        ruling.waitOfLimit = 0
    }

    // MARK: Questions

    private enum Questions {
        case none
        case one(Take)
        case many([Take])
    }

    private func questions(
        behind position: Int, of limits: [Int], _ request: FilteredRequest, _ ruling: inout Ruling, at now: Int64
    ) -> [Take] {
        guard filter.match == .all else { return [] }
        return limits[(position + 1)...].flatMap { index -> [Take] in
            switch questions(index, request, &ruling, at: now) {
            case .none: []
            case .one(let take): [take]
            case .many(let takes): takes
            }
        }
    }

    private func questions(
        _ index: Int, _ request: FilteredRequest, _ ruling: inout Ruling, at now: Int64
    ) -> Questions {
        guard leases[index].isConcerned else { return .none }
        let limit = leases[index].limit
        let record = request.record
        let amounts = limit.amounts(Int(record.apiKey.rawValue))
        if limit.wantsTopics || limit.wantsGroups {
            return questions(inside: request, limit, amounts, &ruling, at: now)
        }
        var cost = RateLimitCost()
        if amounts.contains(.requests) { cost.requests = 1 }
        if amounts.contains(.produceBytes) { cost.produceBytes = record.requestBytes + Self.sizePrefix }
        if amounts.contains(.records) { cost.records = record.facts.records }
        cost.fetches = amounts.contains(.fetchBytes)
        cost.canWait = record.apiKey == .fetch
        if cost.isNothing { return .none }
        let lease = leases[index].theOnly() ?? leases[index].lease(api: record.apiKey, topic: nil, group: nil, at: now)
        return .one(Take(limit: index, lease: lease, cost: cost, mayRefuse: limit.refuses(record.apiKey)))
    }

    /// What a frame has before it, in bytes: it passes too.
    static let sizePrefix = 4

    // MARK: Topics and groups

    private func questions(
        inside request: FilteredRequest, _ limit: Limit, _ amounts: Limit.Amounts, _ ruling: inout Ruling, at now: Int64
    ) -> Questions {
        let costs = costs(of: request, limit, amounts)
        // Which topics a Fetch is for may be known only when its response comes, which then is paid by the next.
        if limit.wantsTopics, request.record.apiKey == .fetch || request.record.apiKey == .shareFetch {
            ruling.topicLimits.append(limit.index)
            if amounts.contains(.fetchBytes) { ruling.isMatched = true }
        }
        let groups = limit.wantsGroups ? request.groups() : []
        if limit.wantsGroups, groups.isEmpty { return .none }
        var takes: [Take] = []
        for (topic, cost) in costs where !cost.isNothing {
            for group in limit.wantsGroups ? groups.map(Optional.some) : [nil] {
                let lease = leases[limit.index].lease(api: request.record.apiKey, topic: topic, group: group, at: now)
                takes.append(
                    Take(
                        limit: limit.index, topic: topic, lease: lease, cost: cost,
                        mayRefuse: limit.refuses(request.record.apiKey), isOfMany: true, isLast: false))
            }
        }
        guard let last = takes.indices.last else { return .none }
        takes[last].isLast = true
        return .many(takes)
    }

    /// What a request costs, for each topic that the limit tells apart; at least one place, without a topic, for one
    /// that tells none apart.
    private func costs(
        of request: FilteredRequest, _ limit: Limit, _ amounts: Limit.Amounts
    ) -> [(topic: String?, cost: RateLimitCost)] {
        let record = request.record
        guard limit.wantsTopics else {
            return [(nil, RateLimitCost(requests: amounts.contains(.requests) ? 1 : 0))]
        }
        let tellsApart = limit.configuration.per.contains(.topic)
        var costs: [(topic: String?, cost: RateLimitCost)] = []
        func add(_ topic: String, _ change: (inout RateLimitCost) -> Void) {
            guard limit.covers(topic: topic) else { return }
            let place = costs.firstIndex { !tellsApart || $0.topic == topic } ?? costs.count
            if place == costs.count {
                costs.append((tellsApart ? topic : nil, RateLimitCost(canWait: record.apiKey == .fetch)))
            }
            change(&costs[place].cost)
        }
        for (topic, share) in record.facts.topicShares {
            add(topic) { cost in
                if amounts.contains(.requests) { cost.requests = 1 }
                if amounts.contains(.produceBytes) { cost.produceBytes += share.recordBytes }
                if amounts.contains(.records) { cost.records += share.records }
            }
        }
        guard record.apiKey == .fetch || record.apiKey == .shareFetch else { return costs }
        for topic in leases[limit.index].fetched {
            add(topic) { cost in
                if amounts.contains(.requests) { cost.requests = 1 }
                cost.fetches = amounts.contains(.fetchBytes)
            }
        }
        return costs
    }

    // MARK: What responses brought

    /// The size of what came for a request is known.
    func settle(_ reservation: Reservation, _ request: CompletedRequest, at now: Int64) {
        var actual = request.responseBytes > 0 ? request.responseBytes + Self.sizePrefix : 0
        // What has begun to pass when the client went away has come from the broker.
        if case .closed = request.result { actual = request.record.facts.recordBytes }
        for charge in reservation.charges where charge.take.cost.fetches {
            guard !leases[charge.take.limit].limit.wantsTopics else { continue }
            charge.take.lease.settle(reserved: charge.reserved, actual: actual, at: now)
        }
        for limit in reservation.topicLimits { settle(limit, reservation, request.record, at: now) }
    }

    private func settle(_ index: Int, _ reservation: Reservation, _ record: RequestRecord, at now: Int64) {
        let limit = leases[index].limit
        let tellsApart = limit.configuration.per.contains(.topic)
        let shares = record.facts.topicShares.filter { $0.share.recordBytes > 0 && limit.covers(topic: $0.topic) }
        var brought: [(topic: String?, bytes: Int)] = shares.map { ($0.topic, $0.share.recordBytes) }
        if !tellsApart, !brought.isEmpty { brought = [(nil, brought.reduce(0) { $0 + $1.bytes })] }
        for charge in reservation.charges where charge.take.limit == index && charge.take.cost.fetches {
            let place = brought.firstIndex { $0.topic == charge.take.topic }
            let actual = place.map { brought.remove(at: $0).bytes } ?? 0
            charge.take.lease.settle(reserved: charge.reserved, actual: actual, at: now)
        }
        for (topic, bytes) in brought {
            let lease = leases[index].lease(api: record.apiKey, topic: topic, group: nil, at: now)
            lease.settle(reserved: 0, actual: bytes, at: now)
        }
        leases[index].note(fetched: shares.map(\.topic))
    }
}

extension RequestFacts {
    /// Stands for the topics that are too many to be kept: no topic has this name.
    private static let otherTopics = "…"

    /// The topics, each with what passed of it.
    var topicShares: [(topic: String, share: RecordShare)] {
        var shares = topics.enumerated().map { ($1, share(ofTopic: $0)) }
        if hasMoreTopics { shares.append((Self.otherTopics, share(ofTopic: topics.count))) }
        return shares
    }
}

extension FilteredRequest {
    /// The groups that the request names, each once, at most as many as topics are kept.
    func groups() -> [String] {
        var names: [String?]
        if record.apiKey == .findCoordinator {
            guard let body = try? frame.body(FindCoordinatorRequest.self), body.keyType == 0 else { return [] }
            names = body.coordinatorKeys + (body.coordinatorKeys.isEmpty ? [body.key] : [])
        } else {
            let fields = (try? frame.fields()) ?? []
            names = fields.filter { $0.role == .groupID }.map { frame.string($0) }
        }
        var seen: Set<String> = []
        return names.compactMap(\.self).filter { seen.count < RequestFacts.mostTopics && seen.insert($0).inserted }
    }
}
