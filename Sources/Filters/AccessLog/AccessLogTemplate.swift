package import Settings

/// The text of a line with named fields in it: `%{time} %{client_id} %{api}`.
package struct AccessLogTemplate: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case literal(String)
        case field(AccessLogField)
    }

    let pieces: [Piece]

    /// Reads a template.
    ///
    /// - Throws: what is wrong with it: a field that there is not, a brace that does not close, a percent sign on its
    ///   own, a line break.
    package init(_ text: String) throws(SettingProblem) {
        var pieces: [Piece] = []
        var literal = ""
        var rest = text[...]
        while let percent = rest.firstIndex(of: "%") {
            literal += rest[..<percent]
            rest = rest[percent...].dropFirst()
            if rest.first == "%" {
                literal += "%"
                rest = rest.dropFirst()
                continue
            }
            guard rest.first == "{" else {
                throw SettingProblem("a field is written '%{name}', and a percent sign '%%'")
            }
            guard let brace = rest.firstIndex(of: "}") else {
                throw SettingProblem("a '%{' has no '}' after it")
            }
            let name = String(rest.dropFirst()[..<brace])
            guard let field = AccessLogField(rawValue: name) else {
                throw SettingProblem("there is no field '\(name)'", suggestion: Self.suggestion(for: name))
            }
            if !literal.isEmpty { pieces.append(.literal(literal)) }
            literal = ""
            pieces.append(.field(field))
            rest = rest[brace...].dropFirst()
        }
        literal += rest
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) else {
            throw SettingProblem("a template is one line, without control characters")
        }
        guard pieces.contains(where: { if case .field = $0 { true } else { false } }) else {
            throw SettingProblem("names no field: write one as '%{client_id}'")
        }
        self.pieces = pieces
    }

    private static func suggestion(for name: String) -> String? {
        NearestName.of(name, among: AccessLogField.allCases.map(\.rawValue))
    }
}
