import Settings

/// What connections there may be.
struct ConnectionLimitConfiguration: Sendable, Hashable {
    /// How many may be open; nil for any number.
    var max: Int?
    /// How many may be open from one address; nil for any number.
    var maxPerAddress: Int?
    /// How many may come in a second; nil for any number.
    var newPerSecond: Int?
    /// How many of those that did not come may come later at once.
    var burst: Int

    /// Makes settings.
    init(max: Int? = nil, maxPerAddress: Int? = nil, newPerSecond: Int? = nil, burst: Int? = nil) {
        self.max = max
        self.maxPerAddress = maxPerAddress
        self.newPerSecond = newPerSecond
        self.burst = burst ?? newPerSecond ?? 1
    }

    static func read(_ reader: inout SettingsReader) -> ConnectionLimitConfiguration? {
        let range = 1...10_000_000
        let configuration = ConnectionLimitConfiguration(
            max: reader.optional("max", .integer(range), "How many connections may be open."),
            maxPerAddress: reader.optional(
                "max_per_address", .integer(range), "How many may be open from one client address."),
            newPerSecond: reader.optional("new_per_second", .integer(range), "How many may come in a second."),
            burst: reader.optional(
                "burst", .integer(range),
                "How many may come at once after a quiet time. By default as many as come in a second."))
        if reader.contains("burst"), !reader.contains("new_per_second") {
            reader.report("is used with 'new_per_second' only", at: "burst")
        }
        if !["max", "max_per_address", "new_per_second"].contains(where: { reader.contains($0) }) {
            reader.report("limits nothing: it needs one of max, max_per_address, new_per_second")
        }
        return configuration
    }
}
