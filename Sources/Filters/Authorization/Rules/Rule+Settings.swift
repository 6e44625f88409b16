import Settings

/// The words for operations in settings.
private enum OperationWord {
    static let all = "All"

    static var words: [String] { Operation.allCases.map(\.name) + [all] }

    static func operations(_ word: String) -> OperationSet {
        word == all ? .all : OperationSet(Operation.allCases.filter { $0.name == word }.map { OperationSet($0) })
    }
}

extension SettingType where Value == Rule {
    /// A rule; its name is empty if it has none.
    static var rule: SettingType {
        let word = SettingType<String>.string(1...64).checked { word in
            guard !OperationWord.words.contains(word) else { return nil }
            return SettingProblem(
                "there is no operation '\(word)': expected one of \(OperationWord.words.joined(separator: ", "))",
                suggestion: NearestName.of(word, among: OperationWord.words))
        }
        let operations = SettingType<[String]>.oneOrMore(of: word, atMost: 20)
        let names = SettingType<[StringMatcher]>.oneOrMore(of: .matcher, atMost: 10_000)
        return structure { reader in
            let name = reader.optional("name", .string(1...128), "What the rule is called in logs.")
            let allowed = reader.optional("allow", operations, "What may be done, as [Read, Describe], or All.")
            let denied = reader.optional("deny", operations, "What may not be done, whatever other rules allow.")
            let principals = reader.required(
                "principal", names, "Who the rule is for, as User:alice; 'User:*' is everybody.")
            let hosts = reader.value(
                "host", .oneOrMore(of: .ruleHost), default: [.any],
                "Where clients connect from: addresses, networks, or '*' for anywhere.")
            var resources: [Rule.Resources] = []
            var isNamed = false
            for type in ResourceType.allCases where type != .cluster {
                isNamed = reader.contains(type.key) || isNamed
                let own = reader.optional(
                    type.key, names, "Resources of type \(type.name): literal names, { prefix: … }, … ; '*' is all.")
                resources += (own ?? []).map { Rule.Resources(type, $0) }
            }
            isNamed = reader.contains(ResourceType.cluster.key) || isNamed
            if reader.value("cluster", .boolean, default: false, "True for a rule that is for the cluster itself.") {
                resources.append(Rule.Resources(.cluster, .exact("*")))
            }
            let known = resources.reduce(into: OperationSet()) { $0.formUnion($1.type.operations) }
            for (key, words) in [("allow", allowed), ("deny", denied)] where !resources.isEmpty {
                for word in words ?? [] where word != OperationWord.all {
                    guard known.isDisjoint(with: OperationWord.operations(word)) else { continue }
                    let types = Set(resources.map(\.type)).map(\.name).sorted().joined(separator: ", ")
                    reader.report("the operation \(word) is not one for \(types)", at: key)
                }
            }
            if !isNamed {
                reader.report(
                    "names no resources: give it topic, group, transactional_id, cluster, delegation_token or user")
            }
            let permissions = [reader.contains("allow"), reader.contains("deny")].filter { $0 }.count
            if permissions != 1 {
                reader.report(permissions == 0 ? "neither allows nor denies anything" : "must not both allow and deny")
            }
            guard let principals, let words = allowed ?? denied, permissions == 1 else { return nil }
            return Rule(
                name: name ?? "", allowed == nil ? .deny : .allow, principals: principals, hosts: hosts,
                operations: words.reduce(into: []) { $0.formUnion(OperationWord.operations($1)) }, resources: resources)
        }.named("authorization_rule")
    }
}

extension SettingType where Value == Rule.Host {
    fileprivate static var ruleHost: SettingType {
        scalar(
            expected: "'*', an address such as 10.0.0.1, or a network such as 10.0.0.0/8",
            schema: ["type": "string", "minLength": 1],
            parse: { text throws(SettingProblem) in
                text == "*" ? .any : .network(try NetworkPrefix(parsing: text))
            },
            render: { host in
                switch host {
                case .any: .string("*")
                case .network(let network): .string("\(network)")
                }
            }
        )
    }
}
