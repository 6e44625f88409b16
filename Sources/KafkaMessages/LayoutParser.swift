import KafkaWire

/// Parses the layouts that the generated code carries as text: one field a line, a structure's fields up to `}`.
///
/// A line is `Name type versions` and then, in any order, `n` with the nullable versions, `v` with the tagged versions,
/// `t` with the tag, `r` with the role. The text is ours, so a mistake in it is a mistake of the generator.
struct LayoutParser {
    private static let roles: [String: FieldRole] = Dictionary(
        uniqueKeysWithValues: FieldRole.allCases.map { ("\($0)", $0) })

    private var lines: ArraySlice<Substring>

    /// The fields that a text describes.
    static func fields(_ text: StaticString) -> [FieldLayout] {
        var parser = LayoutParser(lines: "\(text)".split(separator: "\n")[...])
        return parser.fields()
    }

    private mutating func fields() -> [FieldLayout] {
        var fields: [FieldLayout] = []
        while let line = lines.popFirst(), line != "}" { fields.append(field(line)) }
        return fields
    }

    private mutating func field(_ line: Substring) -> FieldLayout {
        let words = line.split(separator: " ")
        guard words.count >= 3 else { preconditionFailure("layout line: \(line)") }
        var nullable: ClosedRange<Int16>?
        var tagged: ClosedRange<Int16>?
        var tag: UInt32?
        var role = FieldRole.none
        for word in words.dropFirst(3) {
            switch word.first {
            case "n": nullable = range(word.dropFirst())
            case "v": tagged = range(word.dropFirst())
            case "t": tag = UInt32(word.dropFirst())
            case "r": role = self.role(word.dropFirst())
            default: preconditionFailure("layout line: \(line)")
            }
        }
        return FieldLayout(
            name: String(words[0]), type: type(words[1]), versions: range(words[2]), nullableVersions: nullable,
            taggedVersions: tagged, tag: tag, role: role)
    }

    private func role(_ word: Substring) -> FieldRole {
        guard let role = Self.roles[String(word)] else { preconditionFailure("role: \(word)") }
        return role
    }

    private func range(_ word: Substring) -> ClosedRange<Int16> {
        if word.hasSuffix("+"), let low = Int16(word.dropLast()) { return low...Int16.max }
        let parts = word.split(separator: "-")
        guard let first = parts.first, let last = parts.last, let low = Int16(first), let high = Int16(last) else {
            preconditionFailure("versions: \(word)")
        }
        return low...high
    }

    private mutating func type(_ word: Substring) -> FieldType {
        if word.hasPrefix("[]") { return .array(type(word.dropFirst(2))) }
        switch word {
        case "bool": return .bool
        case "int8": return .int8
        case "int16": return .int16
        case "uint16": return .uint16
        case "int32": return .int32
        case "uint32": return .uint32
        case "int64": return .int64
        case "float64": return .float64
        case "uuid": return .uuid
        case "string": return .string
        case "bytes": return .bytes
        case "records": return .records
        case "{": return .structure(fields())
        default: preconditionFailure("type: \(word)")
        }
    }
}
