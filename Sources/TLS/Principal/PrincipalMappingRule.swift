import Settings

/// One of ``PrincipalMappingRules``.
struct PrincipalMappingRule: Sendable, Hashable {
    /// A part of a replacement.
    enum Part: Sendable, Hashable {
        case text(String)
        case group(Int)
    }

    /// What becomes of the letters.
    enum LetterCase: Sendable, Hashable {
        case kept
        case lower
        case upper
    }

    /// `nil` for `DEFAULT`.
    let pattern: CapturingExpression?
    let replacement: [Part]
    let letterCase: LetterCase

    static let `default` = PrincipalMappingRule()

    private init() {
        pattern = nil
        replacement = []
        letterCase = .kept
    }

    init(pattern: String, replacement: String, letterCase: LetterCase) throws(SettingProblem) {
        let expression = try CapturingExpression(parsing: pattern)
        self.pattern = expression
        self.replacement = try Self.parts(of: replacement, groups: expression.groups)
        self.letterCase = letterCase
    }

    /// The name for a subject; `nil` when the pattern does not describe all of it.
    func name(for subject: String) -> String? {
        guard let pattern else { return subject }
        let scalars = Array(subject.unicodeScalars)
        guard pattern.wholeMatch(of: scalars) != nil else { return nil }
        let result = replaced(scalars, pattern)
        switch letterCase {
        case .kept: return result
        case .lower: return result.lowercased()
        case .upper: return result.uppercased()
        }
    }

    /// Replaces all that the pattern describes. Kafka does so, though it asks for a pattern that describes the whole: one
    /// that ends with `.*?` then takes less, and what it leaves stays.
    private func replaced(_ scalars: [Unicode.Scalar], _ pattern: CapturingExpression) -> String {
        var result = String.UnicodeScalarView()
        var position = 0
        var copied = 0
        while position <= scalars.count, let match = pattern.firstMatch(in: scalars, from: position),
            let whole = match.first.flatMap({ $0 })
        {
            result.append(contentsOf: scalars[copied..<whole.lowerBound])
            for part in replacement {
                switch part {
                case .text(let text): result.append(contentsOf: text.unicodeScalars)
                case .group(let number):
                    if number < match.count, let range = match[number] { result.append(contentsOf: scalars[range]) }
                }
            }
            copied = whole.upperBound
            position = whole.isEmpty ? whole.upperBound + 1 : whole.upperBound
        }
        result.append(contentsOf: scalars[copied...])
        return String(result)
    }

    /// Reads a replacement: `$1` is what the first group holds, `$0` all; of a number without a group as many digits count as
    /// make one, or it stays as it is; `\` takes the meaning from what follows.
    private static func parts(of text: String, groups: Int) throws(SettingProblem) -> [Part] {
        var parts: [Part] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "\\":
                guard let next = rest.popFirst() else {
                    throw SettingProblem("the replacement '\(text)' ends with '\\'")
                }
                literal.append(next)
            case "$":
                guard let number = Self.number(&rest, groups: groups) else {
                    guard rest.first?.isASCIIDigit == true, groups > 0 else {
                        throw SettingProblem(
                            groups == 0
                                ? "the replacement '\(text)' names a group, and the pattern has none"
                                : "the replacement '\(text)' has '$' without a number; write '\\$' for the sign itself")
                    }
                    literal.append("$")
                    continue
                }
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = ""
                parts.append(.group(number))
            default: literal.append(character)
            }
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
        return parts
    }

    /// Reads the number of a group that there is.
    private static func number(_ rest: inout Substring, groups: Int) -> Int? {
        guard let first = rest.first, first.isASCIIDigit, var number = first.wholeNumberValue, number <= groups else {
            return nil
        }
        rest.removeFirst()
        while let next = rest.first, next.isASCIIDigit, let digit = next.wholeNumberValue {
            let longer = number * 10 + digit
            guard longer <= groups else { break }
            number = longer
            rest.removeFirst()
        }
        return number
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
