/// A number of bytes, written with its unit: `100B`, `64KiB`, `1MB`.
public struct ByteSize: Sendable, Hashable, Comparable {
    /// The number of bytes.
    public var bytes: Int

    /// Makes a size of `bytes`.
    public init(bytes: Int) {
        self.bytes = bytes
    }

    /// A size of `count` bytes.
    public static func bytes(_ count: Int) -> ByteSize { ByteSize(bytes: count) }
    /// A size of `count` × 1,024 bytes.
    public static func kibibytes(_ count: Int) -> ByteSize { ByteSize(bytes: count << 10) }
    /// A size of `count` × 1,024² bytes.
    public static func mebibytes(_ count: Int) -> ByteSize { ByteSize(bytes: count << 20) }
    /// A size of `count` × 1,024³ bytes.
    public static func gibibytes(_ count: Int) -> ByteSize { ByteSize(bytes: count << 30) }

    /// Orders sizes by their bytes.
    public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }

    /// Units, from large to small.
    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("TB", 1_000_000_000_000), ("GiB", 1 << 30), ("GB", 1_000_000_000),
        ("MiB", 1 << 20), ("MB", 1_000_000), ("KiB", 1 << 10), ("KB", 1000), ("kB", 1000), ("B", 1),
    ]

    /// Reads a size: a whole number and a unit (`B`, `KiB`, `MiB`, `GiB`, `TiB`, or decimal `KB`, `MB`, `GB`, `TB`).
    ///
    /// `nil` when the text is of another form or too large for 63 bits.
    public init?(_ text: some StringProtocol) {
        guard let (digits, unit) = Quantity.split(Substring(text)), let count = Quantity.integer(digits),
            let scale = Self.units.first(where: { $0.name == unit })
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: scale.bytes)
        guard !overflow else { return nil }
        self.bytes = bytes
    }
}

extension ByteSize: CustomStringConvertible {
    /// The size in the largest unit in which it is a whole number.
    public var description: String {
        guard bytes > 0, let unit = Self.units.first(where: { bytes.isMultiple(of: $0.bytes) }) else {
            return "\(bytes)B"
        }
        return "\(bytes / unit.bytes)\(unit.name)"
    }
}

extension SettingType where Value == ByteSize {
    /// A number of bytes with its unit, as `64KiB`.
    ///
    /// - Parameter range: The sizes that are accepted.
    /// - Returns: The type of the setting.
    public static func byteSize(_ range: ClosedRange<ByteSize>) -> SettingType {
        scalar(
            expected: "a size such as 64KiB or 1MiB",
            schema: [
                "type": "string",
                "pattern": "^[0-9]+(B|KiB|MiB|GiB|TiB|[kK]B|MB|GB|TB)$",
                "examples": .array([.string("\(range.lowerBound)"), .string("\(range.upperBound)")]),
            ],
            parse: { text throws(SettingProblem) in
                guard let size = ByteSize(text) else { return nil }
                guard range.contains(size) else {
                    throw SettingProblem("must be between \(range.lowerBound) and \(range.upperBound), not \(size)")
                }
                return size
            },
            render: { .string($0.description) }
        )
    }

    /// A number of bytes, for keys that say so in their name (`max_bytes: 64`): a whole number, or a size with its unit.
    ///
    /// - Parameter range: The sizes that are accepted.
    /// - Returns: The type of the setting.
    public static func byteCount(_ range: ClosedRange<ByteSize>) -> SettingType {
        scalar(
            expected: "a number of bytes, or a size such as 64KiB",
            schema: [
                "anyOf": [
                    [
                        "type": "integer", "minimum": .integer(range.lowerBound.bytes),
                        "maximum": .integer(range.upperBound.bytes),
                    ],
                    ["type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB|TiB|[kK]B|MB|GB|TB)$"],
                ]
            ],
            parse: { text throws(SettingProblem) in
                guard let size = Quantity.integer(Substring(text)).map(ByteSize.bytes) ?? ByteSize(text) else {
                    return nil
                }
                guard range.contains(size) else {
                    throw SettingProblem("must be between \(range.lowerBound) and \(range.upperBound), not \(size)")
                }
                return size
            },
            render: { .string($0.description) }
        )
    }
}
