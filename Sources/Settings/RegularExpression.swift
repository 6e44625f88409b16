/// A regular expression that is matched in linear time, whatever it is and whatever it is matched against.
///
/// What clients send is matched with these, so an expression that takes exponential time on a well-chosen name would be
/// a way to stop the proxy. All states that an expression can be in are followed at once; what cannot be done so (references
/// back, looking ahead or behind) is refused.
///
/// Known: literals, `.`, `[a-z]`, `[^a-z]`, `\d \w \s` and their opposites, `\t \n \r \xHH \x{H…}`, `( )`, `(?: )`, `|`,
/// `* + ? {n} {n,} {n,m}` (lazy ones too), `^ $`, and `(?i)` at the front.
public struct RegularExpression: Sendable {
    enum Instruction: Sendable {
        /// Take one scalar that the class has.
        case take(ScalarClass)
        /// Go on at both places; the first is what is liked better, where only one can count.
        case fork(Int, Int)
        /// Note where this is, as the begin or the end of a group.
        case save(Int)
        /// Go on there.
        case jump(Int)
        /// Go on if this is the beginning.
        case begin
        /// Go on if this is the end.
        case end
        /// The expression is at its end.
        case accept
    }

    /// The expression as it was written.
    public let text: String
    private let program: [Instruction]

    /// The most instructions that an expression may be translated to; `{n}` repeats what it stands behind.
    static let maxInstructions = 5000

    /// Reads an expression.
    ///
    /// - Throws: A problem that says what is wrong and where.
    public init(parsing text: String) throws(SettingProblem) {
        var parser = RegularExpressionParser(text)
        program = try Self.program(of: try parser.parse(), savesGroups: false)
        self.text = text
    }

    /// Whether the expression describes the whole of `string`.
    public func matches(_ string: String) -> Bool {
        run(string, anywhere: false)
    }

    /// Whether the expression describes a part of `string`, anywhere in it unless `^` or `$` say where.
    public func occurs(in string: String) -> Bool {
        run(string, anywhere: true)
    }

    private func run(_ string: String, anywhere: Bool) -> Bool {
        var states = States(count: program.count)
        var next = States(count: program.count)
        let accept = program.count - 1
        let scalars = string.unicodeScalars
        var position = scalars.startIndex
        follow(0, into: &states, isBegin: true, isEnd: scalars.isEmpty)
        while position < scalars.endIndex {
            if anywhere, states.contains(accept) { return true }
            let scalar = scalars[position]
            position = scalars.index(after: position)
            let isEnd = position == scalars.endIndex
            next.removeAll()
            for state in states.members {
                if case .take(let wanted) = program[state], wanted.contains(scalar) {
                    follow(state + 1, into: &next, isBegin: false, isEnd: isEnd)
                }
            }
            if anywhere { follow(0, into: &next, isBegin: false, isEnd: isEnd) }
            swap(&states, &next)
            if states.members.isEmpty { return false }
        }
        return states.contains(accept)
    }

    /// Adds `start` and all states that are reached from it without taking a scalar.
    private func follow(_ start: Int, into states: inout States, isBegin: Bool, isEnd: Bool) {
        var pending = [start]
        while let state = pending.popLast() {
            guard states.insert(state) else { continue }
            switch program[state] {
            case .take, .accept: break
            case .jump(let target): pending.append(target)
            case .save: pending.append(state + 1)
            case .fork(let first, let second):
                pending.append(second)
                pending.append(first)
            case .begin: if isBegin { pending.append(state + 1) }
            case .end: if isEnd { pending.append(state + 1) }
            }
        }
    }

    /// The states of an expression that are possible at one place in the string.
    private struct States {
        private(set) var members: [Int] = []
        private var isMember: [Bool]

        init(count: Int) {
            isMember = Array(repeating: false, count: count)
        }

        func contains(_ state: Int) -> Bool { isMember[state] }

        mutating func insert(_ state: Int) -> Bool {
            if isMember[state] { return false }
            isMember[state] = true
            members.append(state)
            return true
        }

        mutating func removeAll() {
            for state in members { isMember[state] = false }
            members.removeAll(keepingCapacity: true)
        }
    }
}

// MARK: - Translation

extension RegularExpression {
    /// An expression as a tree.
    indirect enum Tree: Sendable {
        case empty
        case take(ScalarClass)
        case begin
        case end
        case sequence([Tree])
        case choice([Tree])
        case repetition(Tree, least: Int, most: Int?, isLazy: Bool)
        /// What stands in brackets, by the number of the bracket; the first is 1.
        case group(Tree, number: Int)
    }

    /// Translates an expression; with `savesGroups`, the program notes where groups begin and end.
    static func program(of tree: Tree, savesGroups: Bool) throws(SettingProblem) -> [Instruction] {
        var program: [Instruction] = []
        try translate(tree, into: &program, savesGroups)
        program.append(.accept)
        return program
    }

    private static func translate(
        _ tree: Tree, into program: inout [Instruction], _ savesGroups: Bool
    ) throws(SettingProblem) {
        guard program.count < maxInstructions else { throw SettingProblem("the regular expression is too large") }
        switch tree {
        case .empty: break
        case .take(let wanted): program.append(.take(wanted))
        case .begin: program.append(.begin)
        case .end: program.append(.end)
        case .sequence(let parts):
            for part in parts { try translate(part, into: &program, savesGroups) }
        case .choice(let branches):
            var jumps: [Int] = []
            for branch in branches.dropLast() {
                let fork = program.count
                program.append(.accept)
                try translate(branch, into: &program, savesGroups)
                jumps.append(program.count)
                program.append(.accept)
                program[fork] = .fork(fork + 1, program.count)
            }
            if let last = branches.last { try translate(last, into: &program, savesGroups) }
            for jump in jumps { program[jump] = .jump(program.count) }
        case .group(let part, let number):
            if savesGroups { program.append(.save(2 * number)) }
            try translate(part, into: &program, savesGroups)
            if savesGroups { program.append(.save(2 * number + 1)) }
        case .repetition(let part, let least, let most, let isLazy):
            for _ in 0..<least {
                let before = program.count
                try translate(part, into: &program, savesGroups)
                // What takes nothing takes nothing however often.
                if program.count == before { break }
            }
            if let most {
                for _ in least..<most { try translateOptional(part, into: &program, savesGroups, isLazy) }
            } else {
                let fork = program.count
                program.append(.accept)
                try translate(part, into: &program, savesGroups)
                program.append(.jump(fork))
                program[fork] = isLazy ? .fork(program.count, fork + 1) : .fork(fork + 1, program.count)
            }
        }
    }

    private static func translateOptional(
        _ part: Tree, into program: inout [Instruction], _ savesGroups: Bool, _ isLazy: Bool
    ) throws(SettingProblem) {
        let fork = program.count
        program.append(.accept)
        try translate(part, into: &program, savesGroups)
        program[fork] = isLazy ? .fork(program.count, fork + 1) : .fork(fork + 1, program.count)
    }
}

extension RegularExpression: Hashable {
    /// Whether both were written alike.
    public static func == (left: RegularExpression, right: RegularExpression) -> Bool { left.text == right.text }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension SettingType where Value == RegularExpression {
    /// A regular expression, which describes a string as a whole.
    public static var regularExpression: SettingType {
        scalar(
            expected: "a regular expression",
            schema: ["type": "string", "minLength": 1],
            parse: { text throws(SettingProblem) in text.isEmpty ? nil : try RegularExpression(parsing: text) },
            render: { .string($0.text) }
        )
    }
}
