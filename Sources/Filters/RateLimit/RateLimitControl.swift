import FilterAPI
import Settings
import Synchronization

/// What an operator sees of a rate limit.
struct RateLimitControl: FilterControl {
    let filter: RateLimitFilter

    func status() async -> JSONValue {
        let configuration = filter.configuration
        return [
            "match": .string(configuration.match.rawValue),
            "max_throttle": .string(configuration.maxThrottle.settingsText),
            "connections": connections(configuration.connections ?? ConnectionLimitConfiguration()),
            "limits": .array(configuration.limits.map { limit($0) }),
        ]
    }

    private func connections(_ limits: ConnectionLimitConfiguration) -> JSONValue {
        let (open, addresses) = filter.connections.counts.state.withLock { ($0.open, $0.byAddress.count) }
        return JSONValue.object([.init("open", .integer(open)), .init("addresses", .integer(addresses))]).merging(
            [
                limits.max.map { .init("max", .integer($0)) },
                limits.maxPerAddress.map { .init("max_per_address", .integer($0)) },
                limits.newPerSecond.map { .init("new_per_second", .integer($0)) },
                limits.newPerSecond.map { _ in .init("burst", .integer(limits.burst)) },
            ].compactMap(\.self))
    }

    private func limit(_ limit: LimitConfiguration) -> JSONValue {
        let amounts: [JSONValue.Member?] = [
            limit.requests.map { .init("requests", .string($0.description)) },
            limit.produceBytes.map { .init("produce_bytes", .string($0.description)) },
            limit.fetchBytes.map { .init("fetch_bytes", .string($0.description)) },
            limit.records.map { .init("records", .string($0.description)) },
            .init("burst", .string(limit.burst.settingsText)),
            .init("action", .string(limit.action.rawValue)),
            filter.local?.tables[limit.name].map { .init("buckets", .integer($0.count)) },
        ]
        return JSONValue.object([
            .init("name", .string(limit.name)),
            .init("per", .array(limit.per.map { .string($0.rawValue) })),
        ]).merging(amounts.compactMap(\.self))
    }

    func prepare(rule: String, settings: [FilterSetting]) async throws(FilterControlError) -> FilterChange {
        guard filter.limits.contains(where: { $0.configuration.name == rule }) else {
            throw .unknownRule(filter.limits.map(\.configuration.name))
        }
        throw .invalid("limits are changed in the configuration, by a reload")
    }
}
