/// Reads regular expressions of ECMA-262 with its `u` flag, except that a brace which begins no quantifier, and a bracket
/// or brace that closes nothing, stand for themselves, and that all punctuation may be escaped.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var groups = 0
    private var names: Set<String> = []
    private var references: [String] = []
    private var greatestReference = 0

    private static let maxDepth = 64
    /// The most repetitions in `{n,m}`.
    private static let maxRepetitions = 65_535

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    /// Reads the expression.
    mutating func parse() throws(PatternError) -> PatternTree {
        let tree = try choice()
        if position < scalars.count { throw error("')' without '('") }
        guard greatestReference <= groups, names.isSuperset(of: references) else {
            throw PatternError(reason: "a reference to a group that does not exist")
        }
        return tree
    }

    private func error(_ message: String) -> PatternError {
        PatternError(reason: "\(message), at character \(position + 1)")
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        guard current == wanted else { return false }
        position += 1
        return true
    }

    private mutating func take(text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    private mutating func choice() throws(PatternError) -> PatternTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maxDepth else { throw error("groups are nested too deeply") }
        let first = try sequence()
        guard current == "|" else { return first }
        var branches = [first]
        while take("|") { branches.append(try sequence()) }
        return .choice(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternTree {
        var parts: [PatternTree] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            parts.append(try repeated(try atom()))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repeated(_ atom: PatternTree) throws(PatternError) -> PatternTree {
        let least: Int
        let most: Int?
        switch current {
        case "*": (least, most) = (0, nil)
        case "+": (least, most) = (1, nil)
        case "?": (least, most) = (0, 1)
        case "{":
            guard let bounds = try bounds() else { return atom }
            (least, most) = bounds
        default: return atom
        }
        position += 1  // The operator, or the brace that ends it.
        if case .assertion = atom { throw error("nothing to repeat") }
        _ = take("?")  // Lazy or not makes no difference to whether there is a match.
        if let next = current, next == "*" || next == "+" || next == "?" {
            throw error("'\(next)' behind a repetition")
        }
        return .repetition(atom, least: least, most: most)
    }

    /// Reads `{n}`, `{n,}` or `{n,m}` up to the last brace; nil, and nothing, if it is none.
    private mutating func bounds() throws(PatternError) -> (Int, Int?)? {
        let start = position
        position += 1
        guard let least = number() else {
            position = start
            return nil
        }
        var most: Int? = least
        if take(",") { most = number() }
        guard current == "}" else {
            position = start
            return nil
        }
        guard least <= Self.maxRepetitions, most ?? least <= Self.maxRepetitions, most ?? least >= least else {
            throw error("a repetition must go up, to at most \(Self.maxRepetitions)")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = current, ("0"..."9").contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
            position += 1
        }
        return value
    }

    private mutating func atom() throws(PatternError) -> PatternTree {
        guard let scalar = current else { return .empty }
        if scalar == "{", try bounds() != nil { throw error("nothing to repeat") }
        position += 1
        switch scalar {
        case "(": return try group()
        case "[": return .take(try bracket())
        case ".": return .take(ScalarSet.lineTerminators.complement)
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        case "*", "+", "?":
            position -= 1
            throw error("nothing to repeat")
        case "\\": return try escapedAtom()
        default: return .take(ScalarSet(scalar.value))
        }
    }

    private mutating func group() throws(PatternError) -> PatternTree {
        var unsupported: String?
        if take("?") {
            if take(":") {
                // Groups without a name or number.
            } else if take("=") || take("!") {
                unsupported = "looking ahead"
            } else if take(text: "<=") || take(text: "<!") {
                unsupported = "looking behind"
            } else if take("<") {
                groups += 1
                guard names.insert(try name()).inserted else { throw error("two groups of the same name") }
            } else {
                throw error("'(?' begins no group that is known")
            }
        } else {
            groups += 1
        }
        let tree = try choice()
        guard take(")") else { throw error("'(' without ')'") }
        return unsupported.map { .unsupported($0) } ?? tree
    }

    /// A group's name up to the bracket that ends it.
    private mutating func name() throws(PatternError) -> String {
        var name = ""
        while let scalar = current, scalar != ">" {
            let isStart = scalar.properties.isIDStart || scalar == "$" || scalar == "_"
            guard isStart || !name.isEmpty && scalar.properties.isIDContinue else { break }
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard !name.isEmpty, take(">") else { throw error("expected a group's name") }
        return name
    }

    private mutating func escapedAtom() throws(PatternError) -> PatternTree {
        switch current {
        case "b":
            position += 1
            return .assertion(.wordBoundary)
        case "B":
            position += 1
            return .assertion(.noWordBoundary)
        case let digit? where ("1"..."9").contains(digit):
            greatestReference = max(greatestReference, number() ?? 0)
            return .unsupported("a reference to a group")
        case "k":
            position += 1
            guard take("<") else { throw error("expected '<' behind '\\k'") }
            references.append(try name())
            return .unsupported("a reference to a group")
        default: return .take(try escape())
        }
    }

    /// Reads what stands behind a backslash, in a class or outside.
    private mutating func escape() throws(PatternError) -> ScalarSet {
        guard let scalar = current else { throw error("'\\' at the end") }
        position += 1
        switch scalar {
        case "d": return .digits
        case "D": return ScalarSet.digits.complement
        case "w": return .word
        case "W": return ScalarSet.word.complement
        case "s": return .space
        case "S": return ScalarSet.space.complement
        case "t": return ScalarSet(0x09)
        case "n": return ScalarSet(0x0A)
        case "v": return ScalarSet(0x0B)
        case "f": return ScalarSet(0x0C)
        case "r": return ScalarSet(0x0D)
        case "0" where !(current.map { ("0"..."9").contains($0) } ?? false): return ScalarSet(0)
        case "c":
            guard let letter = current, letter.isASCII, letter.properties.isAlphabetic else { break }
            position += 1
            return ScalarSet(letter.value & 31)
        case "x": return ScalarSet(try hexadecimal(2))
        case "u": return ScalarSet(try unicode())
        case "p", "P":
            let set = try property()
            return scalar == "p" ? set : set.complement
        case "a"..."z", "A"..."Z", "0"..."9": break
        default: return ScalarSet(scalar.value)
        }
        position -= 1
        throw error("'\\\(scalar)' is not known")
    }

    private mutating func hexadecimal(_ count: Int) throws(PatternError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = current.flatMap({ Character($0).hexDigitValue }) else {
                throw error("expected \(count) hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// Reads what stands behind `\u`: four digits, two surrogates of four digits, or `{…}`.
    private mutating func unicode() throws(PatternError) -> UInt32 {
        guard take("{") else {
            let unit = try hexadecimal(4)
            let start = position
            guard unit & 0xFC00 == 0xD800, take("\\"), take("u"), current != "{" else {
                position = start
                return unit
            }
            let low = try hexadecimal(4)
            if low & 0xFC00 == 0xDC00 { return 0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF }
            position = start
            return unit
        }
        var value: UInt32 = 0
        var digits = 0
        while let digit = current.flatMap({ Character($0).hexDigitValue }), value <= 0x10FFFF {
            value = value << 4 | UInt32(digit)
            digits += 1
            position += 1
        }
        guard digits > 0, value <= 0x10FFFF, take("}") else { throw error("expected a scalar's number and '}'") }
        return value
    }

    private mutating func property() throws(PatternError) -> ScalarSet {
        guard take("{") else { throw error("expected '{' behind '\\p'") }
        var name = ""
        while let scalar = current, scalar != "}" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take("}"), let set = ScalarSet.property(name) else { throw error("a property that is not known") }
        return set
    }

    /// Reads a class up to its bracket.
    private mutating func bracket() throws(PatternError) -> ScalarSet {
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while let scalar = current, scalar != "]" {
            let lower = try member()
            guard current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                ranges += lower.ranges
                continue
            }
            position += 1
            let upper = try member()
            guard let from = lower.single, let to = upper.single else {
                // Beside a set such as \w a dash stands for itself, as it does without the u flag.
                ranges += lower.ranges + upper.ranges + [0x2D...0x2D]
                continue
            }
            guard from <= to else { throw error("a range in '[ ]' must go up") }
            ranges.append(from...to)
        }
        guard take("]") else { throw error("'[' without ']'") }
        let set = ScalarSet(ranges)
        return isNegated ? set.complement : set
    }

    private mutating func member() throws(PatternError) -> ScalarSet {
        guard let scalar = current else { throw error("'[' without ']'") }
        position += 1
        guard scalar == "\\" else { return ScalarSet(scalar.value) }
        if take("b") { return ScalarSet(0x08) }
        return try escape()
    }
}

extension ScalarSet {
    /// The one scalar of the set.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, let range = ranges.first, range.count == 1 else { return nil }
        return range.lowerBound
    }
}
