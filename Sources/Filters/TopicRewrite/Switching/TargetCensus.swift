/// Counts the connections and the clients that use a target of a rule at this moment.
struct TargetCensus {
    /// A target of a rule, by their names in the configuration.
    struct Place: Hashable, Sendable {
        let rule: String
        let target: String
    }

    /// How many there are.
    struct Count: Equatable {
        /// Open connections.
        var connections = 0
        /// Combinations of client ID and address.
        var clients = 0
    }

    private var connections: [Place: [ClientKey: Int]] = [:]

    /// A connection begins to use a target.
    mutating func enter(_ place: Place, _ client: ClientKey) {
        connections[place, default: [:]][client, default: 0] += 1
    }

    /// A connection no longer uses a target.
    mutating func leave(_ place: Place, _ client: ClientKey) {
        guard let count = connections[place]?[client] else { return }
        connections[place]?[client] = count > 1 ? count - 1 : nil
        if connections[place]?.isEmpty == true { connections[place] = nil }
    }

    /// How many use a target.
    func count(_ place: Place) -> Count {
        let clients = connections[place] ?? [:]
        return Count(connections: clients.values.reduce(0, +), clients: clients.count)
    }
}
