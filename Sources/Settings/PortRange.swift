/// Ports in a row: `9093-9192`, or one port.
public struct PortRange: Sendable, Hashable {
    /// The first port, from 1 to 65535.
    public var first: Int
    /// The last port, not before the first.
    public var last: Int

    /// Makes a range; `nil` when the ports are not between 1 and 65535, or in the wrong order.
    public init?(first: Int, last: Int) {
        guard (1...65_535).contains(first), (first...65_535).contains(last) else { return nil }
        self.first = first
        self.last = last
    }

    /// How many ports there are.
    public var count: Int { last - first + 1 }

    /// Whether `port` is one of them.
    public func contains(_ port: Int) -> Bool { (first...last).contains(port) }

    /// Whether a port belongs to both ranges.
    public func overlaps(_ other: PortRange) -> Bool { first <= other.last && other.first <= last }
}

extension PortRange: CustomStringConvertible {
    /// The range as it is written.
    public var description: String { first == last ? "\(first)" : "\(first)-\(last)" }
}

extension SettingType where Value == PortRange {
    /// Ports in a row, as `9093-9192`, or one port.
    public static var portRange: SettingType {
        scalar(
            expected: "a range of ports such as 9093-9192",
            schema: [
                "anyOf": [
                    ["type": "string", "pattern": "^[0-9]{1,5}-[0-9]{1,5}$"],
                    ["type": "integer", "minimum": 1, "maximum": 65_535],
                ]
            ],
            parse: { text throws(SettingProblem) in
                let parts = text.split(separator: "-", omittingEmptySubsequences: false)
                let numbers = parts.compactMap { part in part.isEmpty ? nil : Quantity.integer(part) }
                guard (1...2).contains(parts.count), numbers.count == parts.count, let first = numbers.first,
                    let last = numbers.last
                else { return nil }
                guard let range = PortRange(first: first, last: last) else {
                    throw SettingProblem(
                        first > last && (1...65_535).contains(last)
                            ? "the first port is behind the last" : "ports must be between 1 and 65535"
                    )
                }
                return range
            },
            render: { .string($0.description) }
        )
    }
}
