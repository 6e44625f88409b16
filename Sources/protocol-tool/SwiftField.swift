/// A field as the generator sees it: names, types and conditions in Swift.
struct SwiftField {
    let field: Field
    let message: Message
    /// The versions in which the structure that holds the field can occur.
    let context: VersionRange

    var name: String { SwiftNames.property(field.name) }

    /// The versions that have the field, of those of its structure.
    var versions: VersionRange? { field.versions.intersection(context) }

    /// The versions that have the field in the section of tagged fields.
    var tagged: VersionRange? { versions.flatMap { field.tagged?.intersection($0) } }

    var nullable: VersionRange? { versions.flatMap { field.nullable?.intersection($0) } }

    var elementType: String {
        switch field.elementType {
        case "bool": "Bool"
        case "int8": "Int8"
        case "int16": field.role == "errorCode" ? "ErrorCode" : "Int16"
        case "uint16": "UInt16"
        case "int32": "Int32"
        case "uint32": "UInt32"
        case "int64": "Int64"
        case "float64": "Double"
        case "uuid": "KafkaUUID"
        case "string": "String"
        case "bytes", "records": "ByteBuffer"
        default: field.elementType
        }
    }

    var type: String {
        let type = field.isArray ? "[\(elementType)]" : elementType
        return nullable == nil ? type : type + "?"
    }

    /// The value of a field that the version does not have, or that is left out.
    var defaultValue: String {
        get throws(ToolError) {
            if field.defaultValue == "null" { return "nil" }
            if field.isArray { return "[]" }
            let value = field.defaultValue ?? ""
            switch field.elementType {
            case "bool": return value == "true" ? "true" : "false"
            case "int8", "int16", "uint16", "int32", "uint32", "int64":
                let number = try integer(value)
                return elementType == "ErrorCode" ? "ErrorCode(rawValue: \(number))" : number
            case "float64": return "0"
            case "uuid": return ".zero"
            case "string": return "\"\(value)\""
            case "bytes", "records": return "ByteBuffer()"
            default: return "\(message.name).\(elementType)()"
            }
        }
    }

    private func integer(_ value: String) throws(ToolError) -> String {
        if value.isEmpty { return "0" }
        if value.hasPrefix("0x"), let number = Int(value.dropFirst(2), radix: 16) { return "\(number)" }
        guard let number = Int(value) else { throw ToolError("\(field.name): default \(value)") }
        return "\(number)"
    }

    /// How the code asks whether the value is not the default, for tagged fields, which are left out otherwise.
    var isNotDefault: String {
        get throws(ToolError) {
            let value = try defaultValue
            if value == "[]", nullable == nil { return "!\(name).isEmpty" }
            if value == "true" { return "!\(name)" }
            if value == "false" { return name }
            return "\(name) != \(value)"
        }
    }

    /// What the doc comment says.
    var documentation: String {
        var text = "Versions \(field.versions.text)"
        if let nullable = field.nullable { text += ", nullable \(nullable.text)" }
        if let tag = field.tag, let tagged = field.tagged {
            text += ", tag \(tag)" + (tagged == field.versions ? "" : " in \(tagged.text)")
        }
        if let value = field.defaultValue { text += ", default \(value.isEmpty ? "empty" : value)" }
        return text + "."
    }
}

/// Conditions on `version` in generated code.
enum Condition {
    /// A Swift expression that says whether a version of `context` is in `range`: nil if all are, `false` if none is.
    static func test(_ range: VersionRange?, in context: VersionRange) -> String? {
        guard let range = range?.intersection(context) else { return "false" }
        var parts: [String] = []
        if range.low > context.low { parts.append("version >= \(range.low)") }
        if range.high < context.high { parts.append("version <= \(range.high)") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// The same as one Bool expression: `true`, `false`, or a comparison.
    static func expression(_ range: VersionRange?, in context: VersionRange) -> String {
        guard let test = test(range, in: context) else { return "true" }
        return test.replacing(", ", with: " && ")
    }
}
