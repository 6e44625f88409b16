import FilterAPI
import Settings
import Synchronization

/// All rules, to be looked up by client.
final class RuleBook: Sendable {
    /// How many clients' rights are kept, for the next connection of the same principal and address.
    static let mostKept = 1_000

    private struct Key: Hashable {
        let principal: ExactName
        let address: ExactName
    }

    private let configuration: AuthorizationConfiguration
    private let superUsers: Set<ExactName>
    /// The rules of principals that are written out, by their places.
    private let exact: [ExactName: [Int]]
    /// The rules of principals that are described, by their places.
    private let described: [Int]
    /// What each API of each version needs, the same for all clients.
    let table: CheckTable
    /// Taken when a connection begins or its principal changes, never for a request.
    private let kept = Mutex<[Key: Rights]>([:])

    init(_ configuration: AuthorizationConfiguration, table: CheckTable = .kafka) {
        self.configuration = configuration
        self.table = table
        superUsers = Set(configuration.superUsers.map { ExactName($0) })
        var exact: [ExactName: [Int]] = [:]
        var described: [Int] = []
        for (place, rule) in (configuration.rules ?? []).enumerated() {
            for principal in rule.principals {
                if case .exact(let name) = principal, !name.hasSuffix(":*") {
                    exact[ExactName(name), default: []].append(place)
                } else {
                    described.append(place)
                }
            }
        }
        self.exact = exact
        self.described = described
    }

    /// True if a principal may do everything, whatever the rules say.
    func isSuperUser(_ principal: String) -> Bool {
        superUsers.contains(ExactName(principal))
    }

    /// The rights of a client.
    func rights(principal: String, address: String) -> Rights {
        let key = Key(principal: ExactName(principal), address: ExactName(address))
        if let known = kept.withLock({ $0[key] }) { return known }
        let rights = makeRights(principal, address)
        kept.withLock { kept in
            if kept.count >= Self.mostKept { kept.removeAll() }
            kept[key] = rights
        }
        return rights
    }

    private func makeRights(_ principal: String, _ address: String) -> Rights {
        if isSuperUser(principal) { return Rights(superUserWith: table) }
        let rules = configuration.rules ?? []
        var places = Set(exact[ExactName(principal)] ?? [])
        for place in described where rules[place].principals.contains(where: { Rule.matches($0, principal) }) {
            places.insert(place)
        }
        let host = IPAddress(address)
        let own = places.sorted().map { rules[$0] }.filter { $0.covers(host) }
        return Rights(
            rules: configuration.rules == nil ? nil : own, apis: configuration.apis, table: table)
    }
}
