import Schemas
import Settings

/// All rules, and which of them is for a topic.
struct RuleBook: Sendable {
    let rules: [Rule]
    /// `when.topic` of the filter: topics that it is for at all; nil for all.
    private let filterTopics: [StringMatcher]?

    /// Compiles rules.
    ///
    /// - Throws: ``RuleError`` for a schema that cannot be used.
    init(_ configuration: SchemaValidationConfiguration, filterTopics: [StringMatcher]?) throws(RuleError) {
        let names = configuration.registries.map(\.name)
        let registries = Dictionary(zip(names, names.indices)) { first, _ in first }
        var rules: [Rule] = []
        for (index, rule) in configuration.rules.enumerated() {
            do throws(SchemaError) {
                rules.append(try Rule(rule, index: index, registries: registries))
            } catch {
                throw RuleError(rule: rule.name, problem: error)
            }
        }
        self.rules = rules
        self.filterTopics = filterTopics
    }

    /// The first rule whose topics match; nil if there is none.
    func rule(for topic: String) -> Rule? {
        if let filterTopics, !filterTopics.contains(where: { $0.matches(topic) }) { return nil }
        return rules.first { $0.configuration.covers(topic) }
    }
}

/// A rule that cannot be used.
struct RuleError: Error, CustomStringConvertible {
    let rule: String
    let problem: SchemaError

    var description: String { "rule '\(rule)': \(problem)" }
}

/// Which rule is for a topic, remembered on one event loop.
final class RuleTable {
    /// How many topics are remembered; beyond that it begins anew.
    static let mostTopics = 10_000

    private let book: RuleBook
    private var places: [String: Int?] = [:]

    init(_ book: RuleBook) {
        self.book = book
    }

    /// The rule for a topic.
    func rule(for topic: String) -> Rule? {
        if let place = places[topic] { return place.map { book.rules[$0] } }
        let rule = book.rule(for: topic)
        if places.count >= Self.mostTopics { places.removeAll() }
        places[topic] = .some(rule?.index)
        return rule
    }
}
