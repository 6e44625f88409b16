/// A small regular expression whose time to match grows with the length of the text only, whatever the pattern.
///
/// Patterns come from anyone who reaches `/stats?filter=`, and a backtracking engine can be kept busy for hours by thirty characters. Known are
/// literals, `.`, `[a-z]`, `[^a-z]`, `*`, `+`, `?`, `|`, `( )`, `^`, `$`, `\d`, `\w`, `\s`, and `\` before any other punctuation.
/// It works on bytes: metric names are ASCII.
public struct BoundedRegex: Sendable {
    /// The most UTF-8 bytes of a pattern.
    public static let maxPatternBytes = 256

    /// Why a pattern cannot be used.
    public struct PatternError: Error, Equatable, CustomStringConvertible {
        /// What is wrong, for the person who wrote the pattern.
        public var reason: String
        /// Where, in bytes from the start.
        public var offset: Int

        /// The reason and the place.
        public var description: String { "\(reason) at offset \(offset)" }
    }

    enum State: Sendable {
        case bytes(ByteSet, next: Int)
        case split(Int, Int)
        case start(next: Int)
        case end(next: Int)
        case match
    }

    private let states: [State]
    private let first: Int

    /// Reads a pattern.
    ///
    /// - Parameter pattern: the expression, at most ``maxPatternBytes`` long.
    /// - Throws: ``PatternError`` for a pattern that is too long or not understood.
    public init(_ pattern: String) throws(PatternError) {
        guard pattern.utf8.count <= Self.maxPatternBytes else {
            throw PatternError(
                reason: "the expression is longer than \(Self.maxPatternBytes) bytes", offset: Self.maxPatternBytes)
        }
        var parser = BoundedRegexParser(pattern)
        let node = try parser.parse()
        var builder = BoundedRegexBuilder()
        first = builder.build(node)
        states = builder.states
    }

    /// Whether any part of the text matches.
    ///
    /// - Parameter text: where to look.
    /// - Returns: `true` if the expression matches somewhere.
    public func finds(in text: String) -> Bool {
        var current = StateSet(count: states.count)
        var next = StateSet(count: states.count)
        let bytes = Array(text.utf8)
        for position in 0...bytes.count {
            // A match may begin anywhere.
            if follow(first, at: position, of: bytes.count, into: &current) { return true }
            guard position < bytes.count else { break }
            next.removeAll()
            for state in current.members {
                guard case .bytes(let set, let target) = states[state], set.contains(bytes[position]) else { continue }
                if follow(target, at: position + 1, of: bytes.count, into: &next) { return true }
            }
            swap(&current, &next)
        }
        return false
    }

    /// Adds a state and all that can be reached without reading a byte; `true` if that is a match.
    private func follow(_ state: Int, at position: Int, of count: Int, into set: inout StateSet) -> Bool {
        var pending = [state]
        while let state = pending.popLast() {
            guard set.insert(state) else { continue }
            switch states[state] {
            case .match: return true
            case .bytes: break
            case .split(let one, let other): pending += [one, other]
            case .start(let next): if position == 0 { pending.append(next) }
            case .end(let next): if position == count { pending.append(next) }
            }
        }
        return false
    }
}

/// A set of bytes, one bit each.
struct ByteSet: Sendable, Equatable {
    private var low: UInt64 = 0
    private var midLow: UInt64 = 0
    private var midHigh: UInt64 = 0
    private var high: UInt64 = 0

    init() {}

    init(_ range: ClosedRange<UInt8>) {
        insert(range)
    }

    static let all = ByteSet(0...255)

    mutating func insert(_ range: ClosedRange<UInt8>) {
        for byte in range {
            let bit = UInt64(1) << (byte & 63)
            switch byte >> 6 {
            case 0: low |= bit
            case 1: midLow |= bit
            case 2: midHigh |= bit
            default: high |= bit
            }
        }
    }

    mutating func formUnion(_ other: ByteSet) {
        low |= other.low
        midLow |= other.midLow
        midHigh |= other.midHigh
        high |= other.high
    }

    var inverted: ByteSet {
        var set = self
        set.low = ~low
        set.midLow = ~midLow
        set.midHigh = ~midHigh
        set.high = ~high
        return set
    }

    func contains(_ byte: UInt8) -> Bool {
        let bit = UInt64(1) << (byte & 63)
        return switch byte >> 6 {
        case 0: low & bit != 0
        case 1: midLow & bit != 0
        case 2: midHigh & bit != 0
        default: high & bit != 0
        }
    }
}

/// The states that a search is in, each once.
private struct StateSet {
    private(set) var members: [Int] = []
    private var contained: [Bool]

    init(count: Int) {
        contained = Array(repeating: false, count: count)
    }

    mutating func insert(_ state: Int) -> Bool {
        guard !contained[state] else { return false }
        contained[state] = true
        members.append(state)
        return true
    }

    mutating func removeAll() {
        for member in members { contained[member] = false }
        members.removeAll(keepingCapacity: true)
    }
}
