import Schemas
package import Settings

/// The settings of a schema validation.
package struct SchemaValidationConfiguration: Sendable {
    /// The schema registries that rules name.
    package var registries: [RegistryConfiguration]
    /// The rules, in order: the first whose topics match is for a topic.
    package var rules: [RuleConfiguration]
    /// How many records of a batch are named in an answer.
    package var maxRecordErrors: Int
    /// How many steps it may take to check one record with a JSON Schema; see ``StepBudget`` for all of a request.
    package var maxSteps = 1_000_000

    /// Makes settings.
    package init(
        registries: [RegistryConfiguration] = [], rules: [RuleConfiguration] = [], maxRecordErrors: Int = 100
    ) {
        self.registries = registries
        self.rules = rules
        self.maxRecordErrors = maxRecordErrors
    }

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> SchemaValidationConfiguration? {
        let registries = reader.value(
            "registries", .list(of: .structure { RegistryConfiguration.read(&$0) }, count: 0...100), default: [],
            "The schema registries that rules may name.")
        let rules = reader.required(
            "rules", .list(of: .structure { RuleConfiguration.read(&$0) }, count: 1...1000),
            "What records must be. The first rule whose topics match is for a topic; topics that no rule is for pass.")
        let maxRecordErrors = reader.value(
            "max_record_errors", .integer(1...10_000), default: 100,
            "How many bad records of a batch are looked for, and named in the answer, before the others are left unread."
        )
        let maxSteps = reader.value(
            "max_steps", .integer(1000...100_000_000), default: 1_000_000,
            "How many steps it may take to check a record with a JSON Schema; all records of a request may take ten times as many, and one for each of their bytes."
        )
        for name in repetitions(in: registries.map(\.name)) {
            reader.report("two registries are called '\(name)'", at: "registries")
        }
        guard let rules else { return nil }
        var configuration = SchemaValidationConfiguration(
            registries: registries, rules: rules, maxRecordErrors: maxRecordErrors)
        configuration.maxSteps = maxSteps
        configuration.nameRules()
        for name in repetitions(in: configuration.rules.map(\.name)) {
            reader.report("two rules are called '\(name)'", at: "rules")
        }
        let known = registries.map(\.name)
        for rule in configuration.rules {
            for name in rule.registries where !known.contains(name) {
                reader.report(
                    "rule '\(rule.name)' names the registry '\(name)', which there is not", at: "rules",
                    suggestion: NearestName.of(name, among: known))
            }
        }
        for problem in configuration.schemaProblems() { reader.report(problem, at: "rules") }
        for problem in configuration.chooseFraming() { reader.report(problem, at: "rules") }
        return configuration
    }

    /// What is wrong with the schemas that are here.
    private func schemaProblems() -> [String] {
        rules.flatMap { rule in
            [rule.key, rule.value].compactMap { data in
                guard let data, data.registry == nil else { return nil }
                do throws(SchemaError) {
                    _ = try FormatEngines.validator(data)
                    return nil
                } catch {
                    return "rule '\(rule.name)': \(error)"
                }
            }
        }
    }

    /// Has the data of registries' schemas framed as goes with these.
    ///
    /// - Returns: what is wrong with framing that is written.
    private mutating func chooseFraming() -> [String] {
        let kinds = Dictionary(registries.map { ($0.name, $0.kind) }) { first, _ in first }
        var problems: [String] = []
        for index in rules.indices {
            for part in [\RuleConfiguration.key, \.value] {
                guard let name = rules[index][keyPath: part]?.registry?.name, let kind = kinds[name] else { continue }
                let framing = rules[index][keyPath: part]?.framing ?? .none
                guard rules[index][keyPath: part]?.isFramingGiven == true else {
                    rules[index][keyPath: part]?.framing = kind == .confluent ? .confluent : .apicurio
                    continue
                }
                let fits = kind == .confluent ? [.confluent] : [DataConfiguration.Framing.apicurio, .apicurio2]
                if !fits.contains(framing) {
                    problems.append(
                        "rule '\(rules[index].name)': framing '\(framing.rawValue)' names no schema of the registry '\(name)', which is of the kind \(kind.rawValue)"
                    )
                }
            }
        }
        return problems
    }

    /// Gives rules without a name one: their place.
    private mutating func nameRules() {
        for index in rules.indices where rules[index].name.isEmpty { rules[index].name = "rule\(index + 1)" }
    }

    private static func repetitions(in names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { !seen.insert($0).inserted }
    }
}
