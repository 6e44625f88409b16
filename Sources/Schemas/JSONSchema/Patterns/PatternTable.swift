/// A pattern as an automaton that is in one state at a time: one look-up for each byte.
struct PatternTable: Sendable {
    private var classes: [UInt8]
    private var classCount: Int
    private var next: [UInt16] = []
    private var isMatchAtEnd: [Bool] = []

    /// The state that nothing leads out of, and the one that is a match whatever follows.
    private static let dead = 0
    private static let match = 1

    private struct Key: Hashable {
        let states: [Int32]
        let isStart: Bool
        let isBehindWord: Bool
    }

    /// The most states.
    private static let maxStates = 4000
    /// The most instructions that are visited to make a table: some tens of milliseconds.
    private static let maxVisited = 2_000_000

    /// Makes the table; nil if it would be larger than `maxBytes`, or would take too long.
    init?(_ program: PatternProgram, maxBytes: Int) {
        let boundaries = Self.boundaries(program)
        classes = boundaries.classes
        classCount = boundaries.representatives.count
        var space = PatternProgram.Workspace(program)
        // Whether a match may begin behind the start: the words around are not known, so each way is tried.
        let canBeginLater = [(false, false), (false, true), (true, false), (true, true)].contains { behind, before in
            let place = PatternProgram.Place(isStart: false, isEnd: true, isBehindWord: behind, isBeforeWord: before)
            return program.follow([program.start], place, &space) || !space.taking.isEmpty
        }
        var keys: [Key] = [
            Key(states: [], isStart: false, isBehindWord: false),
            Key(states: [-1], isStart: false, isBehindWord: false),
            Key(states: [program.start], isStart: true, isBehindWord: false),
        ]
        var known: [Key: Int] = [keys[0]: 0, keys[2]: 2]
        next = Array(repeating: 0, count: classCount) + Array(repeating: 1, count: classCount)
        isMatchAtEnd = [false, true]
        var targets: [Int32] = []
        var at = 2
        while at < keys.count {
            let key = keys[at]
            let end = PatternProgram.Place(
                isStart: key.isStart, isEnd: true, isBehindWord: key.isBehindWord, isBeforeWord: false)
            isMatchAtEnd.append(program.follow(key.states, end, &space))
            var wasWord: Bool?
            var isMatch = false
            for representative in boundaries.representatives {
                let isWord = program.usesWords && PatternProgram.isWord(representative)
                if isWord != wasWord {
                    let place = PatternProgram.Place(
                        isStart: key.isStart, isEnd: false, isBehindWord: key.isBehindWord, isBeforeWord: isWord)
                    isMatch = program.follow(key.states, place, &space)
                    wasWord = isWord
                }
                if isMatch {
                    next.append(UInt16(Self.match))
                    continue
                }
                program.targets(of: representative, space, into: &targets)
                space.visited += space.taking.count
                if canBeginLater { targets.append(program.start) }
                let reached = Key(states: Array(Set(targets)).sorted(), isStart: false, isBehindWord: isWord)
                // Words make no difference where there is nothing left to match.
                let state = reached.states.isEmpty ? Self.dead : known[reached] ?? keys.count
                if state == keys.count {
                    guard keys.count < Self.maxStates else { return nil }
                    known[reached] = state
                    keys.append(reached)
                }
                next.append(UInt16(state))
            }
            guard space.visited < Self.maxVisited, next.count * 2 < maxBytes else { return nil }
            at += 1
        }
    }

    /// The bytes that the table takes.
    var byteCount: Int { next.count * 2 + isMatchAtEnd.count + classes.count }

    /// Whether there is a match anywhere in a text of UTF-8.
    func occurs(in text: UnsafeBufferPointer<UInt8>) -> Bool {
        next.withUnsafeBufferPointer { next in
            classes.withUnsafeBufferPointer { classes in
                var state = 2
                for byte in text {
                    // Safety: `classes` has 256 entries, and `next` a row of `classCount` for each state in it.
                    state = Int(next[state &* classCount &+ Int(classes[Int(byte)])])
                    if state <= Self.match { return state == Self.match }
                }
                return isMatchAtEnd[state]
            }
        }
    }

    /// Bytes that no edge tells apart are of one class.
    private static func boundaries(_ program: PatternProgram) -> (classes: [UInt8], representatives: [UInt8]) {
        var begins = Array(repeating: false, count: 257)
        begins[0] = true
        for edge in program.edges {
            begins[Int(edge.low)] = true
            begins[Int(edge.high) + 1] = true
        }
        if program.usesWords {
            for range in ScalarSet.word.ranges {
                begins[Int(range.lowerBound)] = true
                begins[Int(range.upperBound) + 1] = true
            }
        }
        var classes: [UInt8] = []
        var representatives: [UInt8] = []
        for byte in 0..<256 {
            if begins[byte] { representatives.append(UInt8(byte)) }
            classes.append(UInt8(representatives.count - 1))
        }
        return (classes, representatives)
    }
}
