/// A regular expression of ECMA-262 as a tree.
indirect enum PatternTree: Sendable {
    /// What is true or not at a place between two characters.
    enum Assertion: UInt8, Sendable {
        case start
        case end
        case wordBoundary
        case noWordBoundary
    }

    case empty
    case take(ScalarSet)
    case assertion(Assertion)
    case sequence([PatternTree])
    case choice([PatternTree])
    case repetition(PatternTree, least: Int, most: Int?)
    /// What is right, but cannot be matched in linear time: what it is called.
    case unsupported(String)
}

/// Why a pattern cannot be used.
struct PatternError: Error, Sendable, Hashable {
    let reason: String
}
