import KafkaMessages
import KafkaWire
package import Settings

/// The settings of one limit.
package struct LimitConfiguration: Sendable, Hashable {
    /// What becomes of a request that is over the limit.
    package enum Action: String, Sendable, CaseIterable {
        /// It passes, and the client is slowed.
        case throttle
        /// It is answered with an error, where its API has one that clients take well; else the client is slowed.
        case reject
    }

    /// The limit's name, for metrics; unique among those of the filter.
    package var name: String
    /// What is told apart: there is a bucket for each combination.
    package var per: [LimitKey]
    /// Which requests it is for; nil for all.
    package var when: WhenCondition?
    /// Requests.
    package var requests: Rate?
    /// Bytes of Produce requests.
    package var produceBytes: ByteRate?
    /// Bytes of responses that bring records.
    package var fetchBytes: ByteRate?
    /// Produced records.
    package var records: Rate?
    /// The time whose rate may be saved up.
    package var burst: Duration
    /// What becomes of a request that is over the limit.
    package var action: Action

    /// Makes settings.
    package init(
        name: String = "", per: [LimitKey] = [], when: WhenCondition? = nil, requests: Rate? = nil,
        produceBytes: ByteRate? = nil, fetchBytes: ByteRate? = nil, records: Rate? = nil,
        burst: Duration = .seconds(1), action: Action = .throttle
    ) {
        self.name = name
        self.per = per
        self.when = when
        self.requests = requests
        self.produceBytes = produceBytes
        self.fetchBytes = fetchBytes
        self.records = records
        self.burst = burst
        self.action = action
    }

    /// The names of Kafka's APIs.
    private static let apis = (0..<Int16(LimitedAPIs.most)).compactMap { APIKey(rawValue: $0).name }

    /// Reads the settings.
    static func read(_ reader: inout SettingsReader) -> LimitConfiguration? {
        var limit = LimitConfiguration()
        limit.name =
            reader.optional("name", .name, "The limit's name in metrics. By default what it tells apart.") ?? ""
        limit.per =
            reader.optional(
                "per", .list(of: .choice(), count: 0...LimitKey.allCases.count).checked(Self.repetition),
                "What is told apart: each combination has the whole rate for itself. By default nothing.") ?? []
        limit.when = reader.optional(
            "when", .when(apis: apis), "Which requests the limit is for; by default all.")
        // From a token an hour, so that a time never is more than a number holds.
        limit.requests = reader.optional("requests", .rate(1 / 3600.0...1e9), "Requests, as 1000/s.")
        limit.produceBytes = reader.optional(
            "produce_bytes", .byteRate(.bytes(1)...(.gibibytes(1024))), "Bytes of Produce requests, as 20MiB/s.")
        limit.fetchBytes = reader.optional(
            "fetch_bytes", .byteRate(.bytes(1)...(.gibibytes(1024))),
            "Bytes of responses to Fetch and ShareFetch, as 50MiB/s.")
        limit.records = reader.optional("records", .rate(1 / 3600.0...1e9), "Produced records, as 10000/s.")
        limit.burst = reader.value(
            "burst", .duration(.milliseconds(1)...(.seconds(3600))), default: limit.burst,
            "How much of the rate may be saved up, as the time in which it comes.")
        limit.action = reader.value(
            "action", .choice(), default: limit.action,
            "What becomes of a request that is over the limit: the client is slowed, or it is answered with an error.")
        limit.check(&reader)
        return limit
    }

    private func check(_ reader: inout SettingsReader) {
        let amounts = ["requests", "produce_bytes", "fetch_bytes", "records"]
        if !amounts.contains(where: { reader.contains($0) }) {
            reader.report("limits nothing: it needs one of \(amounts.joined(separator: ", "))")
        }
        guard per.contains(.group) else { return }
        for amount in amounts.dropFirst() where reader.contains(amount) {
            reader.report("has no meaning with 'per: [group]': Produce and Fetch requests name no group", at: amount)
        }
    }

    private static func repetition(in keys: [LimitKey]) -> SettingProblem? {
        var seen: Set<LimitKey> = []
        guard let twice = keys.first(where: { !seen.insert($0).inserted }) else { return nil }
        return SettingProblem("'\(twice.rawValue)' is listed twice")
    }

    /// The rates, as the buckets count.
    var rates: LimitRates {
        LimitRates(
            requests: requests.map { TokenRate($0, burst: burst) },
            produceBytes: produceBytes.map { TokenRate($0, burst: burst) },
            fetchBytes: fetchBytes.map { TokenRate($0, burst: burst) },
            records: records.map { TokenRate($0, burst: burst) })
    }
}
