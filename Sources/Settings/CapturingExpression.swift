/// A regular expression that says what its groups hold, in time that is linear in the length of the string for each match.
///
/// The syntax is that of ``RegularExpression``. Where an expression describes a string in several ways, the one counts that
/// Perl and Java would find first: `*`, `+` and `?` take as much as they can, or as little with `?` behind, and of `a|b`
/// the first that fits.
public struct CapturingExpression: Sendable {
    /// The expression as it was written.
    public let text: String
    /// How many groups it has.
    public let groups: Int
    private let program: [RegularExpression.Instruction]

    /// Where something was found, in Unicode scalars: the whole first, then each group; a group may hold nothing.
    public typealias Match = [Range<Int>?]

    /// Reads an expression.
    ///
    /// - Throws: A problem that says what is wrong and where.
    public init(parsing text: String) throws(SettingProblem) {
        var parser = RegularExpressionParser(text)
        let tree = try parser.parse()
        groups = parser.groups
        program = try RegularExpression.program(of: .group(tree, number: 0), savesGroups: true)
        self.text = text
    }

    /// What the groups hold if the expression describes the whole of `scalars`.
    public func wholeMatch(of scalars: [Unicode.Scalar]) -> Match? {
        run(scalars, from: 0, isWhole: true)
    }

    /// The first place at or behind `start` that the expression describes.
    public func firstMatch(in scalars: [Unicode.Scalar], from start: Int) -> Match? {
        run(scalars, from: start, isWhole: false)
    }

    /// All possible ways are followed at once, the better liked before the others: each state is reached first by the one
    /// that would be found first.
    private func run(_ scalars: [Unicode.Scalar], from start: Int, isWhole: Bool) -> Match? {
        var ways = Ways(states: program.count)
        var next = Ways(states: program.count)
        var found: [Int]?
        let nothing = [Int](repeating: -1, count: 2 * (groups + 1))
        var position = start
        while position <= scalars.count {
            let isEnd = position == scalars.count
            // Whoever begins later is liked less; once something was found, nobody does.
            if found == nil, position == start || !isWhole { follow(0, nothing, position, isEnd, into: &ways) }
            if ways.members.isEmpty { break }
            next.removeAll()
            for way in ways.members {
                switch program[way.state] {
                case .take(let wanted):
                    guard !isEnd, wanted.contains(scalars[position]) else { continue }
                    follow(way.state + 1, way.places, position + 1, position + 1 == scalars.count, into: &next)
                    continue
                case .accept where !isWhole || isEnd: found = way.places
                default: continue
                }
                // All that follow are liked less.
                break
            }
            swap(&ways, &next)
            position += 1
        }
        return found.map { places in
            (0...groups).map { group in
                let (lower, upper) = (places[2 * group], places[2 * group + 1])
                return lower >= 0 && upper >= lower ? lower..<upper : nil
            }
        }
    }

    /// Adds what is reached from a state without taking a scalar.
    private func follow(_ state: Int, _ places: [Int], _ position: Int, _ isEnd: Bool, into ways: inout Ways) {
        var pending = [Way(state: state, places: places)]
        while var way = pending.popLast() {
            guard ways.insert(way.state) else { continue }
            switch program[way.state] {
            case .take, .accept: ways.members.append(way)
            case .jump(let target): pending.append(Way(state: target, places: way.places))
            case .fork(let first, let second):
                pending.append(Way(state: second, places: way.places))
                pending.append(Way(state: first, places: way.places))
            case .save(let place):
                way.places[place] = position
                pending.append(Way(state: way.state + 1, places: way.places))
            case .begin: if position == 0 { pending.append(Way(state: way.state + 1, places: way.places)) }
            case .end: if isEnd { pending.append(Way(state: way.state + 1, places: way.places)) }
            }
        }
    }

    /// One way to describe what was read so far.
    private struct Way {
        var state: Int
        /// Where groups have begun and ended, or -1.
        var places: [Int]
    }

    /// The ways that are possible at one place, the better liked first.
    private struct Ways {
        var members: [Way] = []
        private var isMember: [Bool]

        init(states: Int) {
            isMember = Array(repeating: false, count: states)
        }

        mutating func insert(_ state: Int) -> Bool {
            if isMember[state] { return false }
            isMember[state] = true
            return true
        }

        mutating func removeAll() {
            isMember = Array(repeating: false, count: isMember.count)
            members.removeAll(keepingCapacity: true)
        }
    }
}

extension CapturingExpression: Hashable {
    /// Whether both were written alike.
    public static func == (left: CapturingExpression, right: CapturingExpression) -> Bool { left.text == right.text }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
