import CSimdjson

/// What a JSON value is, in the parser's numbers.
enum JSONKind: UInt8, Sendable {
    case null = 0
    case `false` = 1
    case `true` = 2
    case number = 3
    case string = 4
    case array = 5
    case object = 6
}

extension sluice_json_value {
    /// What the value is.
    @inline(__always)
    var kind: JSONKind {
        // The parser writes no other numbers; all three bits set would be 7.
        JSONKind(rawValue: UInt8(truncatingIfNeeded: info & 7)) ?? .null
    }

    /// A string's escapes, or a number's fraction or exponent.
    @inline(__always)
    var isMarked: Bool { info & 8 != 0 }

    /// The elements of an array or the members of an object.
    @inline(__always)
    var elementCount: Int { Int(info >> 8) }
}
