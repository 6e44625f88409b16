import FilterAPI
import KafkaMessages
import KafkaWire

/// Which limits requests of an API meet, and when.
struct LimitPlan: Sendable {
    /// Those that decide by the header, by their places; in order.
    var early: [Int] = []
    /// Those that have to see more; in order, and behind the others where the first counts.
    var late: [Int] = []
    /// All of them.
    private(set) var all: [Int] = []

    /// The plans of all APIs, by key.
    static func plans(_ limits: [Limit], match: RateLimitConfiguration.Match) -> [LimitPlan] {
        (0..<LimitedAPIs.most).map { key in
            var plan = LimitPlan()
            for limit in limits where !limit.amounts(key).isEmpty {
                // Where the first counts, those behind one that decides late cannot decide before it.
                if limit.looksInside(key) || (match == .first && !plan.late.isEmpty) {
                    plan.late.append(limit.index)
                } else {
                    plan.early.append(limit.index)
                }
            }
            plan.all = plan.early + plan.late
            return plan
        }
    }

    /// What a filter with these plans wants to see.
    static func interests(_ plans: [LimitPlan], _ limits: [Limit]) -> [Interest] {
        let known = APIKey.known.filter { plans.indices.contains(Int($0.rawValue)) }
        func keys(_ isWanted: (APIKey, LimitPlan) -> Bool) -> Set<APIKey> {
            Set(known.filter { isWanted($0, plans[Int($0.rawValue)]) })
        }
        let early = keys { !$1.early.isEmpty }
        // Once it has passed, a Produce request cannot be refused.
        let held = keys { key, plan in key == .produce && plan.late.contains { limits[$0].refuses(key) } }
        let late = keys { !$1.late.isEmpty }.subtracting(held)
        var interests: [Interest] = []
        if !early.isEmpty {
            interests.append(Interest(early.count == known.count ? nil : early, .request, depth: .header))
        }
        if !late.isEmpty { interests.append(Interest(late, .request, depth: .fields, topics: true)) }
        if !held.isEmpty { interests.append(Interest(held, .request, depth: .body, topics: true)) }
        return interests
    }
}
