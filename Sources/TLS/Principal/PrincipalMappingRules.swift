package import Settings

/// How the subject of a certificate becomes the name of who shows it: Kafka's `ssl.principal.mapping.rules` (KIP-371).
///
/// Rules have `,` between them: `RULE:pattern/replacement/[LU]` or `DEFAULT`, which takes the subject as it is. The first
/// whose pattern describes the whole subject counts. In the replacement, `$1` stands for the first group; `L` and `U` make
/// the result lower or upper case. `/` is written `\/` in a rule.
///
/// Patterns take time that is linear in the subject's length whatever they are, so references back (`\1`) and looking ahead
/// or behind are not known.
package struct PrincipalMappingRules: Sendable, Hashable {
    /// The rules as they were written.
    package let text: String
    private let rules: [PrincipalMappingRule]

    /// `DEFAULT`: the subject as it is.
    package static let `default` = PrincipalMappingRules()

    /// The longest subject that rules are tried on, in Unicode scalars; no rule describes a longer one.
    package static let maxSubjectLength = 4096

    private init() {
        text = "DEFAULT"
        rules = [.default]
    }

    /// Reads rules.
    ///
    /// - Throws: which rule is wrong, and why.
    package init(parsing text: String) throws(SettingProblem) {
        self.text = text
        var reader = PrincipalMappingReader(text)
        rules = try reader.rules()
    }

    /// The name for a subject; `nil` when no rule describes it, for which Kafka refuses the connection.
    package func name(for subject: String) -> String? {
        guard subject.unicodeScalars.count <= Self.maxSubjectLength else { return nil }
        for rule in rules {
            if let name = rule.name(for: subject) { return name }
        }
        return nil
    }
}

/// Reads the text of ``PrincipalMappingRules``.
struct PrincipalMappingReader {
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
    }

    mutating func rules() throws(SettingProblem) -> [PrincipalMappingRule] {
        var rules: [PrincipalMappingRule] = []
        repeat {
            skipBlanks()
            rules.append(try rule())
            skipBlanks()
        } while take(",")
        guard rest.isEmpty else { throw SettingProblem("'\(rest)' stands behind a rule; rules have ',' between them") }
        return rules
    }

    private mutating func rule() throws(SettingProblem) -> PrincipalMappingRule {
        let start = rest
        if take("DEFAULT") { return .default }
        guard take("RULE:") else {
            throw SettingProblem("'\(start)': expected 'RULE:pattern/replacement/' or 'DEFAULT'")
        }
        guard let pattern = part(), let replacement = part() else {
            throw SettingProblem("'\(start)': expected 'RULE:pattern/replacement/', with all three '/' and ':'")
        }
        let letterCase: PrincipalMappingRule.LetterCase = take("L") ? .lower : take("U") ? .upper : .kept
        do {
            return try PrincipalMappingRule(pattern: pattern, replacement: replacement, letterCase: letterCase)
        } catch {
            throw SettingProblem("'RULE:\(pattern)/…': \(error.message)")
        }
    }

    /// Reads up to the next '/' that has no '\' before it, and takes that too.
    private mutating func part() -> String? {
        var text = ""
        while let character = rest.popFirst() {
            switch character {
            case "/": return text
            case "\\":
                guard let next = rest.popFirst() else { return nil }
                text.append("\\")
                text.append(next)
            default: text.append(character)
            }
        }
        return nil
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0.isWhitespace }
    }

    private mutating func take(_ word: String) -> Bool {
        guard rest.hasPrefix(word) else { return false }
        rest.removeFirst(word.count)
        return true
    }
}
