import FilterAPI
import Settings

/// What an operator asks for: other targets of a rule.
struct SwitchRequest: Equatable {
    /// How the targets are to be chosen.
    let choice: RuleTargets.Choice

    /// Reads it: `active=green`, or `weights=blue:50,green:50`; targets that are not named have no weight.
    ///
    /// - Parameters:
    ///   - settings: what was given.
    ///   - targets: the targets of the rule.
    /// - Throws: ``FilterControlError/invalid(_:)``, with what is wrong.
    init(_ settings: [FilterSetting], of targets: RuleTargets) throws(FilterControlError) {
        guard let setting = settings.first else {
            throw .invalid("say what it is to be: active=TARGET, or weights=TARGET:WEIGHT,TARGET:WEIGHT")
        }
        guard settings.count == 1 else { throw .invalid("one setting at a time: active, or weights") }
        switch setting.name {
        case "active": choice = .active(try Self.index(of: setting.value, in: targets))
        case "weights": choice = .weights(try Self.weights(setting.value, of: targets))
        default: throw .invalid("there is no setting '\(setting.name)': expected active, or weights")
        }
    }

    private static func index(of name: String, in targets: RuleTargets) throws(FilterControlError) -> Int {
        guard let index = targets.targets.firstIndex(where: { $0.name == name }) else {
            let names = targets.targets.map(\.name).joined(separator: ", ")
            throw .invalid("there is no target '\(name)': expected one of \(names)")
        }
        return index
    }

    private static func weights(_ text: String, of targets: RuleTargets) throws(FilterControlError) -> [Int] {
        var weights = targets.targets.map { _ in 0 }
        var named: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: ":", omittingEmptySubsequences: false)
            guard pair.count == 2, let weight = Int(pair[1]), (0...1_000_000).contains(weight) else {
                throw .invalid("'\(part)' is no weight: expected TARGET:WEIGHT, the weight from 0 to 1000000")
            }
            let index = try index(of: String(pair[0]), in: targets)
            guard named.insert(index).inserted else { throw .invalid("'\(pair[0])' has two weights") }
            weights[index] = weight
        }
        guard weights.contains(where: { $0 > 0 }) else { throw .invalid("one weight must be more than 0") }
        return weights
    }
}

extension RuleTargets.Choice {
    /// How large a part of the clients a target has, from 0 to 1.
    func share(of target: Int) -> Double {
        switch self {
        case .active(let active): return active == target ? 1 : 0
        case .weights(let weights):
            guard weights.indices.contains(target) else { return 0 }
            return Double(weights[target]) / Double(max(1, weights.reduce(0, +)))
        }
    }

    /// For people: `active=green`, or `weights=blue:50,green:50`.
    func text(_ targets: RuleTargets) -> String {
        switch self {
        case .active(let active):
            return "active=\(targets.targets.indices.contains(active) ? targets.targets[active].name : "?")"
        case .weights(let weights):
            return "weights=" + zip(targets.targets, weights).map { "\($0.name):\($1)" }.joined(separator: ",")
        }
    }
}
