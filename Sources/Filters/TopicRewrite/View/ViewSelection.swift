/// Which rules apply to a client, and which target each has: all that a view depends on.
package struct ViewSelection: Sendable, Hashable {
    /// For each rule the index of its target; −1 if the rule does not apply.
    private var targets: [Int16]

    /// A selection of as many rules as there are targets.
    ///
    /// - Parameter targets: for each rule the index of its target, 0 for a rule with only one; nil if the rule does not
    ///   apply.
    package init(_ targets: [Int?]) {
        self.targets = targets.map { $0.map { Int16(clamping: $0) } ?? -1 }
    }

    /// The index of the target that a rule has; nil if it does not apply.
    package func target(of rule: Int) -> Int? {
        guard targets.indices.contains(rule), targets[rule] >= 0 else { return nil }
        return Int(targets[rule])
    }

    /// True if no rule applies.
    package var isEmpty: Bool { targets.allSatisfy { $0 < 0 } }
}
