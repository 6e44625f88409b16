import FilterAPI

/// The depths at which filters are served now.
struct Depths: OptionSet {
    let rawValue: UInt8

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ depth: Depth) {
        rawValue = 1 << depth.rawValue
    }

    /// The header has been read, and nothing more.
    static let atHeader = Depths(.header)
    /// The frame has passed; its header was shown before.
    static let passed = Depths(.fields)
    /// The frame has passed, or is whole and nobody was shown its header.
    static let untilPassed: Depths = [Depths(.header), Depths(.fields)]
    /// The frame is whole; its header was shown before.
    static let beyondHeader: Depths = [Depths(.fields), Depths(.body), Depths(.records)]
    /// The frame is whole.
    static let all: Depths = [Depths(.header), Depths(.fields), Depths(.body), Depths(.records)]
}

/// A filter that is shown the frames of one API, version and direction.
struct FilterStep {
    /// Its place in the chain.
    let index: Int
    /// How deep it looks.
    let depths: Depths
}

extension [FilterStep] {
    /// The deepest that any of them looks; nil if there is none.
    var deepest: Depth? {
        Depth.allCases.last { depth in contains { $0.depths.contains(Depths(depth)) } }
    }
}
