public import Settings

/// What an operator sees of a filter and may change on it while it runs, through the admin server.
public protocol FilterControl: Sendable {
    /// What the filter does at this moment: an object, shown at `/filters` beside name and type.
    func status() async -> JSONValue

    /// Checks a change of one rule, without making it.
    ///
    /// - Parameters:
    ///   - rule: the rule's name in the path `/filters/NAME/rules/RULE`.
    ///   - settings: what is asked for, as `active` = `green`, in the order given.
    /// - Returns: the change, to be made once every listener that has the filter has agreed.
    /// - Throws: ``FilterControlError`` if it cannot be made, and why.
    func prepare(rule: String, settings: [FilterSetting]) async throws(FilterControlError) -> FilterChange
}

/// One thing that is asked of a rule.
public struct FilterSetting: Sendable, Hashable {
    /// What it is called.
    public var name: String
    /// What it is to be.
    public var value: String

    /// A setting.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A change that was checked.
public struct FilterChange: Sendable {
    /// One line that says what becomes of it.
    public let summary: String
    /// Makes the change.
    public let apply: @Sendable () -> Void

    /// A change.
    public init(summary: String, apply: @escaping @Sendable () -> Void) {
        self.summary = summary
        self.apply = apply
    }
}

/// Why a change cannot be made.
public enum FilterControlError: Error, Sendable, Equatable {
    /// There is no such rule; the names of those that there are.
    case unknownRule([String])
    /// What is asked for makes no sense: an unknown setting, a target that the rule does not have.
    case invalid(String)
    /// It makes sense, but must not be done now: for instance since the target is missing.
    case refused(String)
}
