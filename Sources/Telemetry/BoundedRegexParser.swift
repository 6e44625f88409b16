/// What a pattern says, before it becomes states.
indirect enum BoundedRegexNode {
    case empty
    case bytes(ByteSet)
    case start
    case end
    case sequence([BoundedRegexNode])
    case alternatives([BoundedRegexNode])
    case repeated(BoundedRegexNode, atLeastOnce: Bool, many: Bool)
}

/// Reads the text of a ``BoundedRegex``. Recursion is bounded by the length of the pattern.
struct BoundedRegexParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ pattern: String) {
        bytes = Array(pattern.utf8)
    }

    mutating func parse() throws(BoundedRegex.PatternError) -> BoundedRegexNode {
        let node = try parseAlternatives()
        guard position == bytes.count else { throw failure("a ) without its (") }
        return node
    }

    private func failure(_ reason: String) -> BoundedRegex.PatternError {
        .init(reason: reason, offset: position)
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    private mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    private mutating func parseAlternatives() throws(BoundedRegex.PatternError) -> BoundedRegexNode {
        var alternatives = [try parseSequence()]
        while take("|") {
            alternatives.append(try parseSequence())
        }
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func parseSequence() throws(BoundedRegex.PatternError) -> BoundedRegexNode {
        var items: [BoundedRegexNode] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "|"), bytes[position] != UInt8(ascii: ")") {
            items.append(try parseRepetition())
        }
        return .sequence(items)
    }

    private mutating func parseRepetition() throws(BoundedRegex.PatternError) -> BoundedRegexNode {
        var item = try parseItem()
        while true {
            if take("*") {
                item = .repeated(item, atLeastOnce: false, many: true)
            } else if take("+") {
                item = .repeated(item, atLeastOnce: true, many: true)
            } else if take("?") {
                item = .repeated(item, atLeastOnce: false, many: false)
            } else {
                return item
            }
        }
    }

    private mutating func parseItem() throws(BoundedRegex.PatternError) -> BoundedRegexNode {
        guard let byte = next() else { return .empty }
        switch Unicode.Scalar(byte) {
        case "(":
            // `(?:` is what people write when they want no capture; there are none here.
            if position + 1 < bytes.count, bytes[position] == UInt8(ascii: "?"),
                bytes[position + 1] == UInt8(ascii: ":")
            {
                position += 2
            }
            let node = try parseAlternatives()
            guard take(")") else { throw failure("a ( without its )") }
            return node
        case "*", "+", "?":
            position -= 1
            throw failure("nothing to repeat")
        case "{":
            position -= 1
            throw failure("counted repetition is not supported")
        case ".": return .bytes(.all)
        case "^": return .start
        case "$": return .end
        case "[": return .bytes(try parseClass())
        case "\\": return .bytes(try parseEscape())
        default: return .bytes(ByteSet(byte...byte))
        }
    }

    private mutating func parseEscape() throws(BoundedRegex.PatternError) -> ByteSet {
        guard let byte = next() else { throw failure("nothing after \\") }
        var set = ByteSet()
        switch Unicode.Scalar(byte) {
        case "d": set.insert(UInt8(ascii: "0")...UInt8(ascii: "9"))
        case "w":
            set.insert(UInt8(ascii: "0")...UInt8(ascii: "9"))
            set.insert(UInt8(ascii: "a")...UInt8(ascii: "z"))
            set.insert(UInt8(ascii: "A")...UInt8(ascii: "Z"))
            set.insert(UInt8(ascii: "_")...UInt8(ascii: "_"))
        case "s":
            set.insert(9...13)
            set.insert(32...32)
        case "0"..."9", "a"..."z", "A"..."Z":
            position -= 1
            throw failure("unknown escape")
        default: set.insert(byte...byte)
        }
        return set
    }

    private mutating func parseClass() throws(BoundedRegex.PatternError) -> ByteSet {
        var set = ByteSet()
        let inverted = take("^")
        var isFirst = true
        while true {
            guard let byte = next() else { throw failure("a [ without its ]") }
            if byte == UInt8(ascii: "]"), !isFirst { break }
            isFirst = false
            if byte == UInt8(ascii: "\\") {
                set.formUnion(try parseEscape())
                continue
            }
            let isRange =
                position + 1 < bytes.count && bytes[position] == UInt8(ascii: "-")
                && bytes[position + 1] != UInt8(ascii: "]")
            guard isRange else {
                set.insert(byte...byte)
                continue
            }
            let upper = bytes[position + 1]
            guard byte <= upper else { throw failure("a range that goes backwards") }
            position += 2
            set.insert(byte...upper)
        }
        return inverted ? set.inverted : set
    }
}

/// Turns a pattern's nodes into states: at most two a byte of the pattern, as nothing is repeated by copying.
struct BoundedRegexBuilder {
    private(set) var states: [BoundedRegex.State] = [.match]

    /// Adds the states of a node and gives the first of them.
    mutating func build(_ node: BoundedRegexNode) -> Int {
        build(node, next: 0)
    }

    private mutating func add(_ state: BoundedRegex.State) -> Int {
        states.append(state)
        return states.count - 1
    }

    private mutating func build(_ node: BoundedRegexNode, next: Int) -> Int {
        switch node {
        case .empty: return next
        case .bytes(let set): return add(.bytes(set, next: next))
        case .start: return add(.start(next: next))
        case .end: return add(.end(next: next))
        case .sequence(let items):
            return items.reversed().reduce(next) { build($1, next: $0) }
        case .alternatives(let alternatives):
            let entries = alternatives.map { build($0, next: next) }
            return entries.dropLast().reversed().reduce(entries.last ?? next) { add(.split($1, $0)) }
        case .repeated(let item, let atLeastOnce, let many):
            guard many else {
                let entry = build(item, next: next)
                return add(.split(entry, next))
            }
            // The loop's state comes first, so that the item can lead back to it.
            let loop = add(.match)
            let entry = build(item, next: loop)
            states[loop] = .split(entry, next)
            return atLeastOnce ? entry : loop
        }
    }
}
