extension SettingType where Value == String {
    /// Text of `length` Unicode scalars; by default at least one.
    ///
    /// What YAML takes for a number or a boolean must be written in quotes, so that `1.10` does not become `1.1`.
    public static func string(_ length: ClosedRange<Int> = 1...65_536) -> SettingType {
        let bound: [JSONValue.Member] =
            length.lowerBound > 0 ? [.init("minLength", .integer(length.lowerBound))] : []
        let schema = (["type": "string"] as JSONValue).merging(bound)
        return SettingType(
            expected: "a string",
            schema: { _ in schema },
            read: { node, context in
                guard case .scalar(let scalar) = node.content else {
                    context.report("expected a string, found \(node.found)", at: node)
                    return nil
                }
                guard scalar.kind == .text else {
                    context.report("expected a string, found \(node.found): write it in quotes", at: node)
                    return nil
                }
                let count = scalar.text.unicodeScalars.count
                guard length.contains(count) else {
                    let bound =
                        count < length.lowerBound
                        ? (count == 0 ? "must not be empty" : "must have at least \(length.lowerBound) characters")
                        : "must have at most \(length.upperBound) characters"
                    context.report(bound, at: node)
                    return nil
                }
                return SettingReading(value: scalar.text, effective: .string(scalar.text))
            },
            render: { .string($0) }
        )
    }

    /// A name that metrics, logs and paths of the admin can carry: letters, digits, `_`, `.` and `-`, at most 200.
    public static var name: SettingType {
        let allowed = "letters, digits, '_', '.' and '-'"
        return scalar(
            expected: "a name of \(allowed)",
            schema: ["type": "string", "pattern": "^[A-Za-z0-9_.-]{1,200}$"],
            parseScalar: { scalar throws(SettingProblem) in
                let isName = scalar.text.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
                return isName && scalar.kind == .text && (1...200).contains(scalar.text.utf8.count) ? scalar.text : nil
            },
            render: { .string($0) }
        )
    }
}

extension SettingType where Value == Bool {
    /// `true` or `false`.
    public static var boolean: SettingType {
        scalar(
            expected: "true or false",
            schema: ["type": "boolean"],
            parseScalar: { scalar throws(SettingProblem) in
                if scalar.isQuoted && scalar.written == nil { return nil }
                switch scalar.text {
                case "true": return true
                case "false": return false
                default: return nil
                }
            },
            render: { .bool($0) }
        )
    }
}

extension SettingType where Value == Int {
    /// A whole number in decimal digits.
    ///
    /// - Parameter range: The numbers that are accepted.
    /// - Returns: The type of the setting.
    public static func integer(_ range: ClosedRange<Int>) -> SettingType {
        scalar(
            expected: "a whole number",
            schema: ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
            parseScalar: { scalar throws(SettingProblem) in
                if scalar.isQuoted && scalar.written == nil { return nil }
                let digits = scalar.text.utf8.first == UInt8(ascii: "-") ? scalar.text.dropFirst() : scalar.text[...]
                guard !digits.isEmpty, digits.utf8.allSatisfy({ $0.isDigit }) else { return nil }
                guard let value = Int(scalar.text), range.contains(value) else {
                    throw SettingProblem("must be between \(range.lowerBound) and \(range.upperBound)")
                }
                return value
            },
            render: { .integer($0) }
        )
    }
}

extension SettingType {
    /// One of a few words.
    ///
    /// - Parameter choices: The words and what they stand for, each once, in the order to be shown.
    /// - Returns: The type of the setting.
    public static func choice(_ choices: KeyValuePairs<String, Value>) -> SettingType where Value: Equatable {
        let words = choices.map(\.key)
        let values = choices.map(\.value)
        let list = words.joined(separator: ", ")
        return scalar(
            expected: words.count == 1 ? "'\(list)'" : "one of \(list)",
            schema: ["enum": .array(words.map { .string($0) })],
            parseScalar: { scalar throws(SettingProblem) in
                if let index = words.firstIndex(of: scalar.text) { return values[index] }
                guard scalar.written == nil, let near = NearestName.of(scalar.text, among: words) else { return nil }
                throw SettingProblem("expected one of \(list), found '\(scalar.text.shortened)'", suggestion: near)
            },
            render: { value in
                values.firstIndex(of: value).map { .string(words[$0]) } ?? .null
            }
        )
    }

    /// One of the cases of an enumeration, written as its raw value.
    public static func choice() -> SettingType
    where Value: RawRepresentable<String> & CaseIterable & Equatable {
        let words = Value.allCases.map(\.rawValue)
        let list = words.joined(separator: ", ")
        return scalar(
            expected: "one of \(list)",
            schema: ["enum": .array(words.map { .string($0) })],
            parseScalar: { scalar throws(SettingProblem) in
                if let value = Value(rawValue: scalar.text) { return value }
                guard scalar.written == nil, let near = NearestName.of(scalar.text, among: words) else { return nil }
                throw SettingProblem("expected one of \(list), found '\(scalar.text.shortened)'", suggestion: near)
            },
            render: { .string($0.rawValue) }
        )
    }
}

extension UInt8 {
    /// Whether this is an ASCII digit.
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
