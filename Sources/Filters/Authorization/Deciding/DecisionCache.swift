/// What the rights of one client come to for the resources that its connection has named lately.
struct DecisionCache {
    /// How many resources are kept; when there are more, all are forgotten.
    static let most = 1_000

    private struct Key: Hashable {
        let type: ResourceType
        let name: ExactName
    }

    private var known: [Key: OperationSet] = [:]

    /// What may be done with a resource.
    mutating func operations(_ rights: Rights, _ type: ResourceType, _ name: String) -> OperationSet {
        let key = Key(type: type, name: ExactName(name))
        if let operations = known[key] { return operations }
        let operations = rights.operations(on: type, name)
        if known.count >= Self.most { known.removeAll(keepingCapacity: true) }
        known[key] = operations
        return operations
    }

    /// How many resources are known.
    var count: Int { known.count }
}
