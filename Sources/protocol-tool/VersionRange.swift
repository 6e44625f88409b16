/// The versions of something: `3+`, `0-12` or `7`; nil stands for `none`.
struct VersionRange: Equatable {
    /// What `+` ends at.
    static let open = Int(Int16.max)

    var low: Int
    var high: Int

    init(_ low: Int, _ high: Int) {
        self.low = low
        self.high = high
    }

    /// Reads the text form; nil for `none`.
    init?(_ text: String) throws(ToolError) {
        if text == "none" { return nil }
        if text.hasSuffix("+"), let low = Int(text.dropLast()) {
            self.init(low, Self.open)
            return
        }
        let parts = text.split(separator: "-")
        guard let first = parts.first, let last = parts.last, parts.count <= 2, let low = Int(first),
            let high = Int(last), low <= high
        else { throw ToolError("not a range of versions: \(text)") }
        self.init(low, high)
    }

    var text: String {
        if high == Self.open { return "\(low)+" }
        return low == high ? "\(low)" : "\(low)-\(high)"
    }

    func contains(_ version: Int) -> Bool {
        version >= low && version <= high
    }

    func intersection(_ other: VersionRange) -> VersionRange? {
        let low = max(low, other.low)
        let high = min(high, other.high)
        return low <= high ? VersionRange(low, high) : nil
    }

    /// The smallest range that covers both.
    func union(_ other: VersionRange) -> VersionRange {
        VersionRange(min(low, other.low), max(high, other.high))
    }
}

/// What stops the tool.
struct ToolError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
