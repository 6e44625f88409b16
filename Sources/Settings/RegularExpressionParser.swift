/// A set of Unicode scalars: `[a-z_]`, `\d`, `.`.
struct ScalarClass: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false
    var ignoresCase = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        var isIn = has(scalar.value)
        if ignoresCase, !isIn {
            isIn = Self.single(scalar.properties.lowercaseMapping).map(has) ?? false
            isIn = isIn || (Self.single(scalar.properties.uppercaseMapping).map(has) ?? false)
        }
        return isIn != isNegated
    }

    private func has(_ value: UInt32) -> Bool {
        ranges.contains { $0.contains(value) }
    }

    /// The value of a mapping that is one scalar.
    private static func single(_ mapping: String) -> UInt32? {
        mapping.unicodeScalars.count == 1 ? mapping.unicodeScalars.first?.value : nil
    }

    static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
    static let word: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
    static let space: [ClosedRange<UInt32>] = [0x09...0x0D, 0x20...0x20]
    static let newline: [ClosedRange<UInt32>] = [0x0A...0x0A]

    /// What is not in `ranges`, as ranges.
    static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        result.append(next...0x10FFFF)
        return result
    }
}

/// Reads the text of a ``RegularExpression`` into a tree.
struct RegularExpressionParser {
    private typealias Tree = RegularExpression.Tree

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var ignoresCase = false
    /// How many groups were read that can be referred to.
    private(set) var groups = 0

    private static let maxDepth = 100
    private static let maxRepetitions = 1000

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    mutating func parse() throws(SettingProblem) -> RegularExpression.Tree {
        if scalars.starts(with: "(?i)".unicodeScalars) {
            ignoresCase = true
            position = 4
        }
        let tree = try choice()
        if position < scalars.count { throw problem("')' without '('") }
        return tree
    }

    private func problem(_ message: String) -> SettingProblem {
        SettingProblem("not a regular expression: \(message), at character \(position + 1)")
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        guard current == wanted else { return false }
        position += 1
        return true
    }

    private mutating func choice() throws(SettingProblem) -> Tree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maxDepth else { throw problem("groups are nested too deeply") }
        let first = try sequence()
        guard current == "|" else { return first }
        var branches = [first]
        while take("|") { branches.append(try sequence()) }
        return .choice(branches)
    }

    private mutating func sequence() throws(SettingProblem) -> Tree {
        var parts: [Tree] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            parts.append(try repeated(try atom()))
        }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repeated(_ atom: Tree) throws(SettingProblem) -> Tree {
        let (least, most): (Int, Int?)
        switch current {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{":
            position += 1
            (least, most) = try bounds()
        default: return atom
        }
        position += 1  // The operator, or the brace that ends it.
        // Lazy or not makes no difference to whether the whole string matches, but to what groups hold.
        let isLazy = take("?")
        if let next = current, next == "*" || next == "+" || next == "?" || next == "{" {
            throw problem("'\(next)' behind a repetition")
        }
        return .repetition(atom, least: least, most: most, isLazy: isLazy)
    }

    /// Reads `n}`, `n,}` or `n,m}` up to the brace, which the caller takes.
    private mutating func bounds() throws(SettingProblem) -> (Int, Int?) {
        guard let least = number() else {
            throw problem("expected a number behind '{' (write \\{ for the brace itself)")
        }
        var most: Int? = least
        if take(",") { most = current == "}" ? nil : number() ?? -1 }
        guard current == "}" else { throw problem("expected '}'") }
        guard least <= Self.maxRepetitions, most ?? least <= Self.maxRepetitions, most ?? least >= least else {
            throw problem("a repetition must go up, to at most \(Self.maxRepetitions)")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        let start = position
        while let scalar = current, ("0"..."9").contains(scalar), position - start < 5 { position += 1 }
        return Int(String(String.UnicodeScalarView(scalars[start..<position])))
    }

    private mutating func atom() throws(SettingProblem) -> Tree {
        guard let scalar = current else { return .empty }
        position += 1
        switch scalar {
        case "(": return try group()
        case "[": return .take(try bracket())
        case ".": return .take(ScalarClass(ranges: ScalarClass.newline, isNegated: true))
        case "^": return .begin
        case "$": return .end
        case "*", "+", "?", "{":
            position -= 1
            throw problem("'\(scalar)' with nothing to repeat before it")
        case "\\": return .take(ScalarClass(ranges: try escape(), ignoresCase: ignoresCase))
        default: return .take(ScalarClass(ranges: [scalar.value...scalar.value], ignoresCase: ignoresCase))
        }
    }

    private mutating func group() throws(SettingProblem) -> Tree {
        let start = position
        let isPlain = take("?")
        if isPlain, !take(":") {
            position = start
            throw problem("only (?: ) and, at the front, (?i) are known of the groups that begin with '(?'")
        }
        if !isPlain { groups += 1 }
        let number = groups
        let tree = try choice()
        guard take(")") else { throw problem("'(' without ')'") }
        return isPlain ? tree : .group(tree, number: number)
    }

    /// Reads what stands behind a backslash.
    private mutating func escape() throws(SettingProblem) -> [ClosedRange<UInt32>] {
        guard let scalar = current else { throw problem("'\\' at the end") }
        position += 1
        switch scalar {
        case "d": return ScalarClass.digits
        case "D": return ScalarClass.complement(ScalarClass.digits)
        case "w": return ScalarClass.word
        case "W": return ScalarClass.complement(ScalarClass.word)
        case "s": return ScalarClass.space
        case "S": return ScalarClass.complement(ScalarClass.space)
        case "t": return [0x09...0x09]
        case "n": return [0x0A...0x0A]
        case "r": return [0x0D...0x0D]
        case "x":
            let value = try hexadecimal()
            return [value...value]
        case "a"..."z", "A"..."Z", "0"..."9":
            position -= 1
            throw problem("'\\\(scalar)' is not known here")
        default: return [scalar.value...scalar.value]
        }
    }

    /// Reads `HH` or `{H…}`.
    private mutating func hexadecimal() throws(SettingProblem) -> UInt32 {
        let isBraced = take("{")
        var value: UInt32 = 0
        var digits = 0
        while let scalar = current, let digit = Character(scalar).hexDigitValue, digits < (isBraced ? 6 : 2) {
            value = value << 4 | UInt32(digit)
            digits += 1
            position += 1
        }
        guard isBraced ? digits > 0 && take("}") : digits == 2, Unicode.Scalar(value) != nil else {
            throw problem("expected hexadecimal digits behind '\\x'")
        }
        return value
    }

    /// Reads a class up to its bracket.
    private mutating func bracket() throws(SettingProblem) -> ScalarClass {
        var result = ScalarClass(ranges: [], ignoresCase: ignoresCase)
        result.isNegated = take("^")
        var isFirst = true
        while let scalar = current, isFirst || scalar != "]" {
            isFirst = false
            position += 1
            if scalar == "[", current == ":" { throw problem("classes such as [:alpha:] are not known") }
            let lower = scalar == "\\" ? try escape() : [scalar.value...scalar.value]
            // A dash makes a range unless it is the last in the class.
            guard current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                result.ranges += lower
                continue
            }
            position += 1
            guard let end = current else { break }
            position += 1
            let upper = end == "\\" ? try escape() : [end.value...end.value]
            guard lower.count == 1, upper.count == 1, lower[0].count == 1, upper[0].count == 1,
                lower[0].lowerBound <= upper[0].lowerBound
            else { throw problem("a range in '[ ]' must go up, from one character to another") }
            result.ranges.append(lower[0].lowerBound...upper[0].lowerBound)
        }
        guard take("]") else { throw problem("'[' without ']'") }
        return result
    }
}
