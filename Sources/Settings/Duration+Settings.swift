extension Duration {
    /// Units, from large to small.
    private static let units: [(name: String, nanoseconds: Int)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1000),
    ]

    /// Reads a duration: a whole number and a unit (`us`, `ms`, `s`, `m`, `h`, `d`).
    ///
    /// `nil` when the text is of another form (a bare number, say) or longer than 292 years.
    public init?(settingsText text: some StringProtocol) {
        guard let (digits, unit) = Quantity.split(Substring(text)), let count = Quantity.integer(digits),
            let scale = Self.units.first(where: { $0.name == unit })
        else { return nil }
        let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: scale.nanoseconds)
        guard !overflow else { return nil }
        self = .nanoseconds(nanoseconds)
    }

    /// The duration as settings are written: in the largest unit in which it is a whole number, cut to microseconds.
    public var settingsText: String {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = Int(seconds).multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return "\(seconds)s" }
        let microseconds = scaled + Int(attoseconds / 1_000_000_000_000)
        if microseconds == 0 { return "0s" }
        for unit in Self.units where microseconds.isMultiple(of: unit.nanoseconds / 1000) {
            return "\(microseconds / (unit.nanoseconds / 1000))\(unit.name)"
        }
        return "\(microseconds)us"
    }
}

extension SettingType where Value == Duration {
    /// A time with its unit, as `250ms`; a bare number is an error.
    ///
    /// - Parameter range: The durations that are accepted.
    /// - Returns: The type of the setting.
    public static func duration(_ range: ClosedRange<Duration>) -> SettingType {
        scalar(
            expected: "a duration such as 250ms or 5s",
            schema: [
                "type": "string",
                "pattern": "^[0-9]+(us|ms|s|m|h|d)$",
                "examples": .array([.string(range.lowerBound.settingsText), .string(range.upperBound.settingsText)]),
            ],
            parse: { text throws(SettingProblem) in
                guard let duration = Duration(settingsText: text) else { return nil }
                guard range.contains(duration) else {
                    let bounds = "\(range.lowerBound.settingsText) and \(range.upperBound.settingsText)"
                    throw SettingProblem("must be between \(bounds), not \(duration.settingsText)")
                }
                return duration
            },
            render: { .string($0.settingsText) }
        )
    }
}
