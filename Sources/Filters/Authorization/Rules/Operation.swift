/// What a client does with a resource, in Kafka's words; the number is Kafka's.
package enum Operation: UInt8, Sendable, CaseIterable {
    case read = 3
    case write
    case create
    case delete
    case alter
    case describe
    case clusterAction
    case describeConfigs
    case alterConfigs
    case idempotentWrite
    case createTokens
    case describeTokens
    case twoPhaseCommit

    /// The word in settings, logs and metrics.
    package var name: String {
        switch self {
        case .read: "Read"
        case .write: "Write"
        case .create: "Create"
        case .delete: "Delete"
        case .alter: "Alter"
        case .describe: "Describe"
        case .clusterAction: "ClusterAction"
        case .describeConfigs: "DescribeConfigs"
        case .alterConfigs: "AlterConfigs"
        case .idempotentWrite: "IdempotentWrite"
        case .createTokens: "CreateTokens"
        case .describeTokens: "DescribeTokens"
        case .twoPhaseCommit: "TwoPhaseCommit"
        }
    }
}

/// A set of operations, with the bits that Kafka's `authorized operations` fields have.
package struct OperationSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// One operation.
    package init(_ operation: Operation) {
        rawValue = 1 << UInt32(operation.rawValue)
    }

    /// All operations: Kafka's `All`.
    package static let all = OperationSet(Operation.allCases.map { OperationSet($0) })

    /// True if the operation is among them.
    package func contains(_ operation: Operation) -> Bool { contains(OperationSet(operation)) }

    /// These, and what is allowed with them: Describe with Read, Write, Delete and Alter, DescribeConfigs with AlterConfigs.
    /// A denial implies nothing.
    var withImplied: OperationSet {
        var set = self
        if !isDisjoint(with: [.init(.read), .init(.write), .init(.delete), .init(.alter)]) {
            set.insert(.init(.describe))
        }
        if contains(.alterConfigs) { set.insert(.init(.describeConfigs)) }
        return set
    }

    /// The operations in Kafka's order.
    var operations: [Operation] { Operation.allCases.filter { contains($0) } }
}
