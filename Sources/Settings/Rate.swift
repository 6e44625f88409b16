/// How often something may happen: `1000/s`, `60/m`, `0.5/s`.
public struct Rate: Sendable, Hashable {
    /// The time that a rate counts over.
    public enum Unit: String, Sendable, CaseIterable {
        /// A second.
        case second = "s"
        /// A minute.
        case minute = "m"
        /// An hour.
        case hour = "h"

        /// The length of the unit.
        public var seconds: Double {
            switch self {
            case .second: 1
            case .minute: 60
            case .hour: 3600
            }
        }
    }

    /// The number for each ``unit``.
    public var count: Double
    /// What ``count`` counts over.
    public var unit: Unit

    /// Makes a rate of `count` for each `unit`.
    public init(_ count: Double, per unit: Unit = .second) {
        self.count = count
        self.unit = unit
    }

    /// The number for each second.
    public var perSecond: Double { count / unit.seconds }

    /// Reads a rate: a number, `/`, and `s`, `m` or `h`. `nil` when the text is of another form.
    public init?(_ text: some StringProtocol) {
        guard let (digits, rest) = Quantity.split(Substring(text)), let count = Quantity.decimal(digits),
            rest.first == "/", let unit = Unit(rawValue: String(rest.dropFirst()))
        else { return nil }
        self.init(count, per: unit)
    }
}

extension Rate: CustomStringConvertible {
    /// The rate as it is written.
    public var description: String { "\(Quantity.text(count))/\(unit.rawValue)" }
}

/// How many bytes may pass in a time: `20MiB/s`.
public struct ByteRate: Sendable, Hashable {
    /// The bytes for each ``unit``.
    public var size: ByteSize
    /// What ``size`` counts over.
    public var unit: Rate.Unit

    /// Makes a rate of `size` for each `unit`.
    public init(_ size: ByteSize, per unit: Rate.Unit = .second) {
        self.size = size
        self.unit = unit
    }

    /// The bytes for each second.
    public var bytesPerSecond: Double { Double(size.bytes) / unit.seconds }

    /// Reads a rate: a size, `/`, and `s`, `m` or `h`. `nil` when the text is of another form.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let size = ByteSize(parts[0]), let unit = Rate.Unit(rawValue: String(parts[1]))
        else { return nil }
        self.init(size, per: unit)
    }
}

extension ByteRate: CustomStringConvertible {
    /// The rate as it is written.
    public var description: String { "\(size)/\(unit.rawValue)" }
}

/// A share of a whole: `1%`, `0.5%`.
public struct Percentage: Sendable, Hashable {
    /// The share in hundredths, from 0 to 100.
    public var percent: Double

    /// Makes a share of `percent` hundredths.
    public init(_ percent: Double) {
        self.percent = percent
    }

    /// The share as a fraction, from 0 to 1.
    public var fraction: Double { percent / 100 }

    /// Reads a share: a number from 0 to 100 and `%`. `nil` when the text is of another form.
    public init?(_ text: some StringProtocol) {
        guard let (digits, unit) = Quantity.split(Substring(text)), unit == "%",
            let percent = Quantity.decimal(digits), percent <= 100
        else { return nil }
        self.init(percent)
    }
}

extension Percentage: CustomStringConvertible {
    /// The share as it is written.
    public var description: String { "\(Quantity.text(percent))%" }
}

// MARK: - Settings

extension SettingType where Value == Rate {
    /// How often something may happen, as `1000/s`.
    ///
    /// - Parameter perSecond: The rates that are accepted, for each second.
    /// - Returns: The type of the setting.
    public static func rate(_ perSecond: ClosedRange<Double>) -> SettingType {
        scalar(
            expected: "a rate such as 1000/s or 60/m",
            schema: ["type": "string", "pattern": #"^[0-9]+(\.[0-9]+)?/(s|m|h)$"#],
            parse: { text throws(SettingProblem) in
                guard let rate = Rate(text) else { return nil }
                guard perSecond.contains(rate.perSecond) else {
                    throw SettingProblem(
                        "must be between \(Rate(perSecond.lowerBound)) and \(Rate(perSecond.upperBound)), not \(rate)"
                    )
                }
                return rate
            },
            render: { .string($0.description) }
        )
    }
}

extension SettingType where Value == ByteRate {
    /// How many bytes may pass in a time, as `20MiB/s`.
    ///
    /// - Parameter perSecond: The rates that are accepted, for each second.
    /// - Returns: The type of the setting.
    public static func byteRate(_ perSecond: ClosedRange<ByteSize>) -> SettingType {
        scalar(
            expected: "a rate such as 20MiB/s",
            schema: ["type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB|TiB|[kK]B|MB|GB|TB)/(s|m|h)$"],
            parse: { text throws(SettingProblem) in
                guard let rate = ByteRate(text) else { return nil }
                let bounds = Double(perSecond.lowerBound.bytes)...Double(perSecond.upperBound.bytes)
                guard bounds.contains(rate.bytesPerSecond) else {
                    throw SettingProblem(
                        "must be between \(perSecond.lowerBound)/s and \(perSecond.upperBound)/s, not \(rate)"
                    )
                }
                return rate
            },
            render: { .string($0.description) }
        )
    }
}

extension SettingType where Value == Percentage {
    /// A share from `0%` to `100%`.
    public static var percentage: SettingType {
        scalar(
            expected: "a percentage from 0% to 100%",
            schema: ["type": "string", "pattern": #"^[0-9]+(\.[0-9]+)?%$"#],
            parse: { text throws(SettingProblem) in Percentage(text) },
            render: { .string($0.description) }
        )
    }
}
