/// A pattern as an automaton over the bytes of UTF-8, in which several states are possible at once.
struct PatternProgram: Sendable {
    /// A range of bytes and where it leads to.
    struct Edge: Sendable {
        let low: UInt8
        let high: UInt8
        let target: Int32
    }

    enum Instruction: Sendable {
        /// Take a byte by one of the edges, of which none overlap.
        case take(first: Int32, count: Int32)
        /// Go on at both places.
        case fork(Int32, Int32)
        /// Go on there if it is so.
        case check(PatternTree.Assertion, Int32)
        /// There is a match.
        case match
    }

    private(set) var instructions: [Instruction] = []
    private(set) var edges: [Edge] = []
    private(set) var start: Int32 = 0
    private(set) var usesWords = false

    /// The most instructions and edges of a pattern.
    static let maxSize = 100_000

    init(_ tree: PatternTree) throws(PatternError) {
        let match = try add(.match)
        start = try translate(tree, then: match)
    }

    private mutating func add(_ instruction: Instruction) throws(PatternError) -> Int32 {
        guard instructions.count + edges.count < Self.maxSize else { throw PatternError(reason: "it is too large") }
        instructions.append(instruction)
        return Int32(instructions.count - 1)
    }

    /// Translates a part that is followed by what begins at `next`; where the part begins.
    private mutating func translate(_ tree: PatternTree, then next: Int32) throws(PatternError) -> Int32 {
        switch tree {
        case .empty: return next
        case .take(let set): return try translate(set, then: next)
        case .assertion(let assertion):
            if assertion == .wordBoundary || assertion == .noWordBoundary { usesWords = true }
            return try add(.check(assertion, next))
        case .sequence(let parts):
            var next = next
            for part in parts.reversed() { next = try translate(part, then: next) }
            return next
        case .choice(let branches):
            var start: Int32?
            for branch in branches.reversed() {
                let branch = try translate(branch, then: next)
                start = if let other = start { try add(.fork(branch, other)) } else { branch }
            }
            return start ?? next
        case .repetition(let part, let least, let most):
            var begin = next
            if let most {
                for _ in least..<most {
                    let once = try translate(part, then: begin)
                    // What takes nothing takes nothing however often.
                    if once == begin { return next }
                    begin = try add(.fork(once, next))
                }
            } else {
                let loop = try add(.match)
                let once = try translate(part, then: loop)
                if once == loop { return next }
                instructions[Int(loop)] = .fork(once, next)
                begin = loop
            }
            for _ in 0..<least {
                let once = try translate(part, then: begin)
                if once == begin { break }
                begin = once
            }
            return begin
        case .unsupported(let what):
            throw PatternError(reason: "\(what) is not supported, as it cannot be matched in linear time")
        }
    }

    // MARK: Scalars to bytes

    private typealias Sequence = [ClosedRange<UInt8>]

    private mutating func translate(_ set: ScalarSet, then next: Int32) throws(PatternError) -> Int32 {
        var sequences: [Sequence] = []
        for range in set.ranges { Self.split(range, into: &sequences) }
        var known: [[Sequence]: Int32] = [:]
        return try translate(sequences[...], next, &known)
    }

    /// A tree of byte ranges; tails that are the same are shared.
    private mutating func translate(
        _ sequences: ArraySlice<Sequence>, _ next: Int32, _ known: inout [[Sequence]: Int32]
    ) throws(PatternError) -> Int32 {
        let key = Array(sequences)
        if let place = known[key] { return place }
        var made: [Edge] = []
        var at = sequences.startIndex
        while at < sequences.endIndex {
            let first = sequences[at][0]
            var tails: [Sequence] = []
            while at < sequences.endIndex, sequences[at][0] == first {
                if sequences[at].count > 1 { tails.append(Array(sequences[at].dropFirst())) }
                at += 1
            }
            let target = tails.isEmpty ? next : try translate(tails[...], next, &known)
            made.append(Edge(low: first.lowerBound, high: first.upperBound, target: target))
        }
        guard instructions.count + edges.count + made.count < Self.maxSize else {
            throw PatternError(reason: "it is too large")
        }
        let place = try add(.take(first: Int32(edges.count), count: Int32(made.count)))
        edges += made
        known[key] = place
        return place
    }

    /// Splits a range of scalars into sequences of byte ranges in UTF-8.
    private static func split(_ range: ClosedRange<UInt32>, into sequences: inout [Sequence]) {
        let (low, high) = (range.lowerBound, range.upperBound)
        // Surrogates are in no UTF-8.
        if low <= 0xDFFF, high >= 0xD800 {
            if low < 0xD800 { split(low...0xD7FF, into: &sequences) }
            if high > 0xDFFF { split(0xE000...high, into: &sequences) }
            return
        }
        for last: UInt32 in [0x7F, 0x7FF, 0xFFFF] where low <= last && high > last {
            split(low...last, into: &sequences)
            split(last + 1...high, into: &sequences)
            return
        }
        if high > 0x7F {
            for shift: UInt32 in [6, 12, 18] {
                let mask: UInt32 = 1 << shift - 1
                // Where the leading parts differ, what follows them must be all that can follow.
                guard low & ~mask != high & ~mask else { continue }
                if low & mask != 0 {
                    split(low...(low | mask), into: &sequences)
                    split((low | mask) + 1...high, into: &sequences)
                    return
                }
                if high & mask != mask {
                    split(low...(high & ~mask) - 1, into: &sequences)
                    split((high & ~mask)...high, into: &sequences)
                    return
                }
            }
        }
        sequences.append(zip(bytes(low), bytes(high)).map { $0...$1 })
    }

    private static func bytes(_ scalar: UInt32) -> [UInt8] {
        Unicode.Scalar(scalar).map { Array(UTF8.encode($0) ?? UTF8.CodeUnit.none) } ?? []
    }

    // MARK: Steps

    /// What is known of the place between two bytes.
    struct Place {
        let isStart: Bool
        let isEnd: Bool
        let isBehindWord: Bool
        let isBeforeWord: Bool

        func satisfies(_ assertion: PatternTree.Assertion) -> Bool {
            switch assertion {
            case .start: isStart
            case .end: isEnd
            case .wordBoundary: isBehindWord != isBeforeWord
            case .noWordBoundary: isBehindWord == isBeforeWord
            }
        }
    }

    /// What following states needs, kept from one step to the next.
    struct Workspace {
        fileprivate var stamps: [UInt32]
        fileprivate var stamp: UInt32 = 0
        fileprivate var pending: [Int32] = []
        /// The states that take bytes, as found by `follow`.
        fileprivate(set) var taking: [Int32] = []
        /// The instructions that were visited.
        var visited = 0

        init(_ program: PatternProgram) {
            stamps = Array(repeating: 0, count: program.instructions.count)
        }
    }

    /// Follows all that can be reached without taking a byte; whether there is a match among it.
    func follow(_ states: [Int32], _ place: Place, _ space: inout Workspace) -> Bool {
        space.stamp &+= 1
        space.taking.removeAll(keepingCapacity: true)
        space.pending.removeAll(keepingCapacity: true)
        space.pending.append(contentsOf: states)
        var isMatch = false
        while let state = space.pending.popLast() {
            guard space.stamps[Int(state)] != space.stamp else { continue }
            space.stamps[Int(state)] = space.stamp
            space.visited += 1
            switch instructions[Int(state)] {
            case .take: space.taking.append(state)
            case .fork(let one, let two):
                space.pending.append(one)
                space.pending.append(two)
            case .check(let assertion, let next): if place.satisfies(assertion) { space.pending.append(next) }
            case .match: isMatch = true
            }
        }
        return isMatch
    }

    /// Where a byte leads to from the states that `follow` found.
    func targets(of byte: UInt8, _ space: borrowing Workspace, into targets: inout [Int32]) {
        targets.removeAll(keepingCapacity: true)
        for state in space.taking {
            guard case .take(let first, let count) = instructions[Int(state)] else { continue }
            var low = Int(first)
            var high = low + Int(count)
            while low < high {
                let middle = (low + high) / 2
                let edge = edges[middle]
                if byte < edge.low {
                    high = middle
                } else if byte > edge.high {
                    low = middle + 1
                } else {
                    targets.append(edge.target)
                    break
                }
            }
        }
    }

    /// Whether a byte belongs to `\w`.
    static func isWord(_ byte: UInt8) -> Bool {
        byte < 0x80 && ScalarSet.word.ranges.contains { $0.contains(UInt32(byte)) }
    }
}

extension UTF8.CodeUnit {
    /// The UTF-8 of nothing.
    fileprivate static var none: Unicode.UTF8.EncodedScalar { Unicode.UTF8.EncodedScalar() }
}
