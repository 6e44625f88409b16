/// What can be told of a regular expression of RE2's syntax without matching it: enough to put it behind a prefix.
///
/// Brokers match the whole of a name, so that anchors at both ends change nothing; they are left out here.
struct RegexShape: Equatable {
    /// One of the alternatives at the top level.
    struct Alternative: Equatable {
        /// The expression, without anchors at its ends.
        var text: String
        /// The characters that every match begins with, as far as they stand in the expression as themselves.
        var head: String
        /// What is left of the expression behind them; nil if nothing is, so that it is a name.
        var rest: String?
        /// True if it must stand in a group beside something else, since it has alternatives or flags of its own.
        var needsGroup = false
        /// What stands in the parentheses that it consists of; nil if it does not.
        var insideOfGroup: String?
    }

    /// Why an expression is left to nobody.
    struct Problem: Error, Equatable {
        var message: String

        init(_ message: String) {
            self.message = message
        }
    }

    /// The alternatives, at least one. An expression with flags that hold for all behind them is one as a whole.
    let alternatives: [Alternative]

    /// Looks through an expression.
    ///
    /// - Throws: what makes it inexact, or no expression.
    init(_ text: String) throws(Problem) {
        var scanner = RegexScanner(text)
        var found: [Alternative] = []
        for alternative in try scanner.scan() {
            // What stands in parentheses as a whole stands as well without: librdkafka puts all into them.
            if let inner = alternative.insideOfGroup {
                found += try RegexShape(inner).alternatives
            } else {
                found.append(alternative)
            }
        }
        alternatives = found
    }

    /// A text as an expression that matches it alone. It must be of characters that names have.
    static func quoted(_ name: String) -> String {
        var result = ""
        for character in name.unicodeScalars {
            if character == "." { result += "\\" }
            result.unicodeScalars.append(character)
        }
        return result
    }

    /// Matches nothing: no topic is called so.
    static let never = "\\."
}

/// Reads the structure of a regular expression.
private struct RegexScanner {
    /// A group that is open, or the whole.
    private struct Level {
        /// Where the group begins in `current`, behind its parenthesis.
        var start = 0
        /// True at its beginning if nothing stands before it, so that anchors there change nothing.
        var beginsAtStart = true
        /// True if an anchor was left out at the beginning of one of its alternatives.
        var leftOutBegin = false
        /// True behind an anchor for the end that was left out: only an end may follow in this alternative.
        var isEnded = false
        /// True if any of its alternatives had one.
        var wasEnded = false
    }

    /// How deep groups may stand in one another.
    private static let deepest = 50

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var levels = [Level()]
    private var alternatives: [RegexShape.Alternative] = []
    /// The alternative that is being read.
    private var current = ""
    private var head = ""
    /// How much of `current` the head is.
    private var headEnd = 0
    /// True while everything so far was a character that stands for itself.
    private var isLiteral = true
    /// True at the beginning of an alternative at the top level, where an anchor changes nothing.
    private var isAtStart = true
    /// What stands in the group that `current` consists of so far; nil if it does not consist of one.
    private var insideOfGroup: String?
    /// True behind a group from which an anchor was left out, so that it may not be repeated.
    private var mayNotRepeat = false
    /// True once flags were set for the rest of the expression.
    private var hasFlags = false

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    mutating func scan() throws(RegexShape.Problem) -> [RegexShape.Alternative] {
        while position < scalars.count { try step() }
        guard levels.count == 1 else { throw RegexShape.Problem("a parenthesis is not closed") }
        endAlternative()
        guard hasFlags else { return alternatives }
        // The flags of the first hold for the others: they cannot be parted.
        let whole = alternatives.map(\.text).joined(separator: "|")
        return [RegexShape.Alternative(text: whole, head: "", rest: whole, needsGroup: true)]
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func step() throws(RegexShape.Problem) {
        let scalar = scalars[position]
        if levels[levels.count - 1].isEnded, scalar != "|", scalar != ")", scalar != "$" { throw Self.anchorInside }
        switch scalar {
        case "\\": try escape()
        case "[": try characterClass()
        case "(": try open()
        case ")": try close()
        case "|": alternate()
        case "^": try begin(1)
        case "$": end(1)
        case "*", "+", "?", "{":
            if isAtStart, scalar != "{" { throw RegexShape.Problem("'\(scalar)' has nothing to repeat") }
            if mayNotRepeat { throw Self.anchorInside }
            quantified()
            take(1)
        case ".": take(1)
        default: literal(scalar, 1)
        }
    }

    private static let anchorInside = RegexShape.Problem("an anchor stands elsewhere than at an end")

    /// Takes scalars that do not stand for themselves.
    private mutating func take(_ count: Int) {
        isLiteral = false
        isAtStart = false
        mayNotRepeat = false
        insideOfGroup = nil
        current.unicodeScalars.append(contentsOf: scalars[position..<min(position + count, scalars.count)])
        position = min(position + count, scalars.count)
    }

    /// Takes a character that stands for itself, written with as many scalars.
    private mutating func literal(_ scalar: Unicode.Scalar, _ count: Int) {
        // What no name has matches nothing; it needs no place in the head.
        let wasLiteral = isLiteral && !hasFlags && TopicNameSyntax.isLegal(scalar)
        take(count)
        guard wasLiteral else { return }
        isLiteral = true
        head.unicodeScalars.append(scalar)
        headEnd = current.unicodeScalars.count
    }

    /// The character before may come another number of times: it is not part of the head.
    private mutating func quantified() {
        guard isLiteral, !head.isEmpty else { return }
        head.unicodeScalars.removeLast()
        // Characters of names are written with one scalar, or with a backslash before it.
        headEnd -= 1
        let before = current.unicodeScalars
        if headEnd > 0, before[before.index(before.startIndex, offsetBy: headEnd - 1)] == "\\" { headEnd -= 1 }
    }

    private mutating func endAlternative() {
        let text = current.unicodeScalars
        let rest = isLiteral && !hasFlags ? nil : String(text.dropFirst(headEnd))
        alternatives.append(
            RegexShape.Alternative(text: current, head: head, rest: rest, insideOfGroup: insideOfGroup))
        current = ""
        head = ""
        headEnd = 0
        isLiteral = true
        isAtStart = true
        insideOfGroup = nil
        levels[0] = Level(wasEnded: false)
    }

    /// Leaves out an anchor for the beginning.
    private mutating func begin(_ count: Int) throws(RegexShape.Problem) {
        guard isAtStart else { throw Self.anchorInside }
        position += count
        levels[levels.count - 1].leftOutBegin = true
        if let next, "*+?{".unicodeScalars.contains(next) { throw Self.anchorInside }
    }

    /// Leaves out an anchor for the end.
    private mutating func end(_ count: Int) {
        position += count
        levels[levels.count - 1].isEnded = true
        isAtStart = false
    }

    private mutating func alternate() {
        guard levels.count > 1 else {
            position += 1
            endAlternative()
            return
        }
        let level = levels.count - 1
        levels[level].wasEnded = levels[level].wasEnded || levels[level].isEnded
        levels[level].isEnded = false
        take(1)
        isAtStart = levels[level].beginsAtStart
    }

    private mutating func close() throws(RegexShape.Problem) {
        guard levels.count > 1, let group = levels.popLast() else {
            throw RegexShape.Problem("a parenthesis is closed that was not opened")
        }
        let inner = String(current.unicodeScalars.dropFirst(group.start))
        let isWhole = levels.count == 1 && ["(", "(?:"].contains(String(current.unicodeScalars.prefix(group.start)))
        take(1)
        if isWhole { insideOfGroup = inner }
        let level = levels.count - 1
        levels[level].leftOutBegin = levels[level].leftOutBegin || group.leftOutBegin
        if group.isEnded || group.wasEnded { levels[level].isEnded = true }
        mayNotRepeat = group.leftOutBegin
    }

    /// Takes the beginning of a group.
    private mutating func take(opening count: Int) throws(RegexShape.Problem) {
        guard levels.count <= Self.deepest else { throw RegexShape.Problem("its groups stand too deep in one another") }
        let wasAtStart = isAtStart
        take(count)
        isAtStart = wasAtStart
        levels.append(Level(start: current.unicodeScalars.count, beginsAtStart: wasAtStart))
    }

    private mutating func escape() throws(RegexShape.Problem) {
        guard position + 1 < scalars.count else { throw RegexShape.Problem("it ends with a backslash") }
        let escaped = scalars[position + 1]
        switch escaped {
        case "A":
            try begin(2)
        case "z": end(2)
        case "Q": try quote()
        case "b", "B": throw RegexShape.Problem("word boundaries look at what stands before")
        case "p", "P": try unicodeClass()
        case "x": try hexadecimal()
        case "a"..."z", "A"..."Z", "0"..."9":
            guard "dDsSwWtnrfav".unicodeScalars.contains(escaped) else {
                throw RegexShape.Problem("'\\\(escaped)' is not known")
            }
            take(2)
        default: literal(escaped, 2)
        }
    }

    private mutating func quote() throws(RegexShape.Problem) {
        position += 2
        while position < scalars.count {
            if scalars[position] == "\\", position + 1 < scalars.count, scalars[position + 1] == "E" {
                position += 2
                return
            }
            // Written anew without the quote, character by character.
            let scalar = scalars[position]
            guard TopicNameSyntax.isLegal(scalar) else { throw RegexShape.Problem("'\\Q' quotes what no name has") }
            if scalar == "." { current.unicodeScalars.append("\\") }
            literal(scalar, 1)
        }
    }

    private mutating func unicodeClass() throws(RegexShape.Problem) {
        guard position + 2 < scalars.count else { throw RegexShape.Problem("it ends in a character class") }
        guard scalars[position + 2] == "{" else { return take(3) }
        try takeBraces(from: position + 2)
    }

    private mutating func hexadecimal() throws(RegexShape.Problem) {
        guard position + 2 < scalars.count else { throw RegexShape.Problem("it ends in a character's number") }
        guard scalars[position + 2] == "{" else { return take(4) }
        try takeBraces(from: position + 2)
    }

    private mutating func takeBraces(from start: Int) throws(RegexShape.Problem) {
        guard let end = scalars[start...].firstIndex(of: "}") else { throw RegexShape.Problem("a brace is not closed") }
        take(end + 1 - position)
    }

    private mutating func characterClass() throws(RegexShape.Problem) {
        var index = position + 1
        if index < scalars.count, scalars[index] == "^" { index += 1 }
        if index < scalars.count, scalars[index] == "]" { index += 1 }
        while index < scalars.count, scalars[index] != "]" {
            if scalars[index] == "\\" {
                // A quote in a class has rules of its own.
                if index + 1 < scalars.count, scalars[index + 1] == "Q" {
                    throw RegexShape.Problem("'\\Q' stands in a character class")
                }
                index += 2
            } else if scalars[index] == "[", index + 1 < scalars.count, scalars[index + 1] == ":",
                let end = scalars[(index + 2)...].firstIndex(of: ":"), end + 1 < scalars.count, scalars[end + 1] == "]"
            {
                index = end + 2
            } else {
                index += 1
            }
        }
        guard index < scalars.count else { throw RegexShape.Problem("a bracket is not closed") }
        take(index + 1 - position)
    }

    private mutating func open() throws(RegexShape.Problem) {
        guard position + 1 < scalars.count, scalars[position + 1] == "?" else {
            try take(opening: 1)
            return
        }
        var index = position + 2
        if index < scalars.count, scalars[index] == "P" || scalars[index] == "<" {
            guard let end = scalars[index...].firstIndex(of: ">") else {
                throw RegexShape.Problem("the name of a group is not closed")
            }
            try take(opening: end + 1 - position)
            return
        }
        while index < scalars.count, "imsU-".unicodeScalars.contains(scalars[index]) { index += 1 }
        guard index < scalars.count else { throw RegexShape.Problem("a parenthesis is not closed") }
        switch scalars[index] {
        case ":": try take(opening: index + 1 - position)
        case ")":
            let wasAtStart = isAtStart
            take(index + 1 - position)
            // Flags for the rest of what they stand in; inside a group they end with it.
            if levels.count == 1 { hasFlags = true }
            isAtStart = wasAtStart
        default: throw RegexShape.Problem("'(?\(scalars[index])' is not known")
        }
    }
}

extension TopicNameSyntax {
    /// True if the character may stand in a name.
    static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        UInt8(exactly: scalar.value).map { isLegal($0) } ?? false
    }
}
