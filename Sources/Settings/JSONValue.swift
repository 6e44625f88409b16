/// A JSON document as a value: the form of schemas and of the dump of the effective configuration.
///
/// The members of an object keep the order in which they were given, so that what is written is the same at every run.
public indirect enum JSONValue: Sendable, Hashable {
    /// JSON's `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case integer(Int)
    /// A number with a fraction; one that JSON cannot say (infinite, not a number) is written as `null`.
    case number(Double)
    /// A string.
    case string(String)
    /// A list of values.
    case array([JSONValue])
    /// Members in order; keys are unique.
    case object([Member])

    /// One key and its value in an object.
    public struct Member: Sendable, Hashable {
        /// The key.
        public var key: String
        /// What stands under it.
        public var value: JSONValue

        /// Makes a member of `key` and `value`.
        public init(_ key: String, _ value: JSONValue) {
            self.key = key
            self.value = value
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// Makes a string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Makes a boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Makes a whole number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// Makes an array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Makes an object whose members keep the order of the literal.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

extension JSONValue {
    /// The value under `key`; `nil` when this is no object or has no such key.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// This object with `members` behind its own; a key that is there already keeps its place and takes the new value.
    /// What is not an object is returned as it is.
    public func merging(_ members: [Member]) -> JSONValue {
        guard case .object(var own) = self else { return self }
        for member in members {
            if let index = own.firstIndex(where: { $0.key == member.key }) {
                own[index] = member
            } else {
                own.append(member)
            }
        }
        return .object(own)
    }
}

// MARK: - Text

extension JSONValue: CustomStringConvertible {
    /// The document on one line, without spaces.
    public var description: String {
        var text = ""
        write(to: &text, depth: nil)
        return text
    }

    /// The document with one member a line, indented by two spaces a level, without a newline at the end.
    public var prettyPrinted: String {
        var text = ""
        write(to: &text, depth: 0)
        return text
    }

    /// Appends the document to `text`; `depth` is the level of indentation, `nil` for all on one line.
    private func write(to text: inout String, depth: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? String(value) : "null"
        case .string(let value): Self.writeString(value, to: &text)
        case .array(let values):
            Self.writeItems(values, between: "[", and: "]", to: &text, depth: depth) { value, text, depth in
                value.write(to: &text, depth: depth)
            }
        case .object(let members):
            Self.writeItems(members, between: "{", and: "}", to: &text, depth: depth) { member, text, depth in
                Self.writeString(member.key, to: &text)
                text += depth == nil ? ":" : ": "
                member.value.write(to: &text, depth: depth)
            }
        }
    }

    private static func writeItems<Item>(
        _ items: [Item],
        between opening: String,
        and closing: String,
        to text: inout String,
        depth: Int?,
        write: (Item, inout String, Int?) -> Void
    ) {
        text += opening
        let inner = depth.map { $0 + 1 }
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: "  ", count: inner) }
            write(item, &text, inner)
        }
        if let depth, !items.isEmpty { text += "\n" + String(repeating: "  ", count: depth) }
        text += closing
    }

    private static func writeString(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
