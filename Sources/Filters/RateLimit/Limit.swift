import FilterAPI
import KafkaMessages
import KafkaWire
import Settings

/// One limit, as requests meet it.
final class Limit: Sendable {
    /// What a limit limits of an API's requests.
    struct Amounts: OptionSet {
        let rawValue: UInt8

        static let requests = Amounts(rawValue: 1)
        static let produceBytes = Amounts(rawValue: 2)
        static let fetchBytes = Amounts(rawValue: 4)
        static let records = Amounts(rawValue: 8)
    }

    let configuration: LimitConfiguration
    /// Its place among the limits.
    let index: Int
    /// Conditions on topics, each of which one must meet: that of the limit, and that of the filter.
    let topicConditions: [[StringMatcher]]
    /// What it limits of each API, by key.
    private let amounts: [Amounts]

    init(_ configuration: LimitConfiguration, index: Int, filterTopics: [StringMatcher]?) {
        self.configuration = configuration
        self.index = index
        let topicConditions = [configuration.when?.topic, filterTopics].compactMap(\.self)
        self.topicConditions = topicConditions
        var amounts = [Amounts](repeating: [], count: LimitedAPIs.most)
        for key in APIKey.known where amounts.indices.contains(Int(key.rawValue)) {
            amounts[Int(key.rawValue)] = Self.amounts(configuration, key, limitsTopics: !topicConditions.isEmpty)
        }
        self.amounts = amounts
    }

    private static func amounts(_ limit: LimitConfiguration, _ key: APIKey, limitsTopics: Bool) -> Amounts {
        if LimitedAPIs.unlimited.contains(key) { return [] }
        if let api = limit.when?.api, !api.contains(where: { $0.matches(key.description) }) { return [] }
        var amounts: Amounts = []
        if limit.requests != nil { amounts.insert(.requests) }
        if limit.produceBytes != nil, key == .produce { amounts.insert(.produceBytes) }
        if limit.records != nil, key == .produce { amounts.insert(.records) }
        if limit.fetchBytes != nil, key == .fetch || key == .shareFetch { amounts.insert(.fetchBytes) }
        // What is not in a request cannot be told apart.
        if limitsTopics || limit.per.contains(.topic), !LimitedAPIs.namesTopics(key) { return [] }
        if limit.per.contains(.group), !LimitedAPIs.namesGroups(key) { return [] }
        return amounts
    }

    /// What it limits of an API; empty if nothing.
    func amounts(_ key: Int) -> Amounts { amounts[key] }

    /// True if topics have to be known.
    var wantsTopics: Bool { configuration.per.contains(.topic) || !topicConditions.isEmpty }

    /// True if groups have to be known.
    var wantsGroups: Bool { configuration.per.contains(.group) }

    /// True if more has to be known than the header.
    ///
    /// A Fetch often names no topics, as it has a session that does: only its response shows whose bytes they are.
    func looksInside(_ key: Int) -> Bool {
        let amounts = amounts(key)
        if amounts.isEmpty { return false }
        if amounts.contains(.records) || wantsGroups { return true }
        return wantsTopics && amounts != .fetchBytes
    }

    /// True if requests that are over the limit are answered with an error.
    func refuses(_ key: APIKey) -> Bool {
        configuration.action == .reject && LimitedAPIs.canBeRefused(key)
    }

    /// True if no request of an API that it has amounts for goes past it.
    var takesAll: Bool {
        let when = configuration.when
        return when?.clientID == nil && when?.principal == nil && when?.clientAddress == nil && !wantsTopics
            && !wantsGroups
    }

    /// True if it counts topics of this name.
    func covers(topic: String) -> Bool {
        topicConditions.allSatisfy { $0.contains { $0.matches(topic) } }
    }

    /// True if it may have something to say about a client.
    func concerns(_ client: ClientIdentity) -> Bool {
        guard let when = configuration.when else { return true }
        if let clientID = when.clientID, !clientID.contains(where: { $0.matches(client.clientID ?? "") }) {
            return false
        }
        if let principal = when.principal, !principal.contains(where: { $0.matches(client.principal) }) {
            return false
        }
        guard let clientAddress = when.clientAddress else { return true }
        guard let address = IPAddress(client.address) else { return false }
        return clientAddress.contains { $0.matches(address) }
    }
}
