import Settings

/// Expands variables of the environment in the text of one value: `${NAME}` and `${NAME:-default}`.
///
/// The default is taken when the variable is not set or empty, as a shell does. `$${` stands for `${` itself; a `$` before
/// anything else is just that. Expansion follows parsing, so a value can never become YAML of its own.
struct VariableExpansion {
    /// The text with variables expanded.
    let text: String
    /// Whether there was a variable in it.
    let hasVariables: Bool

    init(_ written: String, environment: SettingsEnvironment) throws(SettingProblem) {
        guard written.utf8.contains(UInt8(ascii: "$")) else {
            text = written
            hasVariables = false
            return
        }
        var text = ""
        var hasVariables = false
        var rest = Substring(written)
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                text += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else { throw SettingProblem("'${' without '}'") }
                let inner = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
                text += try Self.value(of: inner, environment)
                hasVariables = true
                rest = rest[rest.index(after: end)...]
            } else {
                text += "$"
                rest = rest.dropFirst()
            }
        }
        self.text = text + rest
        self.hasVariables = hasVariables
    }

    /// The value of what stands between the braces.
    private static func value(
        of inner: Substring,
        _ environment: SettingsEnvironment
    ) throws(SettingProblem) -> String {
        let name = inner.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let rest = inner[name.endIndex...]
        guard let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-") else {
            throw SettingProblem("expected ${NAME} or ${NAME:-default}, found '${\(inner)}' (write $${ for ${ itself)")
        }
        let value = environment.variable(String(name))
        if rest.isEmpty {
            guard let value else {
                throw SettingProblem("the environment has no variable '\(name)', and ${\(name)} has no default")
            }
            return value
        }
        if let value, !value.isEmpty { return value }
        return String(rest.dropFirst(2))
    }
}
