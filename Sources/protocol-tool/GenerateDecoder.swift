/// Writes the `decode` function of a structure: plain code, one statement a field.
struct GenerateDecoder {
    let message: Message
    let structure: StructureContext
    /// Where the code goes.
    var lines = SourceLines()

    var flexible: String { Condition.expression(message.flexible, in: structure.versions) }

    mutating func body() throws(ToolError) {
        let fields = structure.fields.map { SwiftField(field: $0, message: message, context: structure.versions) }
        lines.add("var value = Self()")
        for field in fields {
            guard let versions = field.versions else { continue }
            guard let tagged = field.tagged else {
                try add(field, versions)
                continue
            }
            // A field that is tagged only in later versions comes in its place in the earlier ones.
            if tagged.low > versions.low { try add(field, VersionRange(versions.low, tagged.low - 1)) }
        }
        try addTaggedFields(fields)
        lines.add("return value")
    }

    private mutating func add(_ field: SwiftField, _ versions: VersionRange) throws(ToolError) {
        let test = Condition.test(versions, in: structure.versions)
        if let test { lines.open("if \(test) {") }
        try addRead(field, versions)
        if test != nil { lines.close() }
    }

    private func call(_ method: String, _ field: SwiftField) -> String {
        "try reader.\(method)(compact: \(field.field.neverFlexible ? "false" : compact))"
    }

    /// `flexible` as an argument: the local variable unless it is the same in all versions.
    var compact: String { ["true", "false"].contains(flexible) ? flexible : "flexible" }

    /// The read of one element that is not null.
    private func read(_ field: SwiftField) -> String {
        switch field.field.elementType {
        case "bool": "try reader.readBool()"
        case "int8": "try reader.readInt8()"
        case "int16": field.elementType == "ErrorCode" ? "try reader.readErrorCode()" : "try reader.readInt16()"
        case "uint16": "try reader.readUInt16()"
        case "int32": "try reader.readInt32()"
        case "uint32": "try reader.readUInt32()"
        case "int64": "try reader.readInt64()"
        case "float64": "try reader.readFloat64()"
        case "uuid": "try reader.readUUID()"
        case "string": call("readString", field)
        case "bytes", "records": call("readBytes", field)
        default: "try \(field.elementType).decode(from: &reader, version: version)"
        }
    }

    private mutating func addRead(_ field: SwiftField, _ versions: VersionRange) throws(ToolError) {
        let nullable = field.nullable?.intersection(versions)
        let isNullable = Condition.expression(nullable, in: versions)
        if field.field.isArray {
            addArray(field, versions, isNullable)
        } else if isNullable == "false" {
            lines.add("value.\(field.name) = \(read(field))")
        } else if field.field.isStructure {
            let test = Condition.test(nullable, in: versions)
            lines.open(
                "if \(test.map { "!(\($0.replacing(", ", with: " && "))) || " } ?? "")(try reader.readPresence()) {")
            lines.add("value.\(field.name) = \(read(field))")
            lines.middle("} else {")
            lines.add("value.\(field.name) = nil")
            lines.close()
        } else {
            let method = field.field.elementType == "string" ? "readNullableString" : "readNullableBytes"
            let expression = call(method, field)
            lines.add(
                "value.\(field.name) = "
                    + (isNullable == "true" ? expression : "\(isNullable) ? \(expression) : \(read(field))"))
        }
    }

    private mutating func addArray(_ field: SwiftField, _ versions: VersionRange, _ isNullable: String) {
        let size = message.minimumElementSize(field.field, in: versions)
        lines.open("do {")
        let arguments = "compact: \(compact), minimumElementSize: \(size)"
        if isNullable == "false" {
            lines.add("let count = try reader.readArrayCount(\(arguments))")
        } else {
            lines.add("let count = try reader.readNullableArrayCount(\(arguments), allowed: \(isNullable))")
            lines.open("if count < 0 {")
            lines.add("value.\(field.name) = nil")
            lines.middle("} else {")
        }
        if field.field.elementType == "int32" {
            lines.add("value.\(field.name) = try reader.readInt32s(count)")
        } else {
            lines.add("var elements: [\(field.elementType)] = []")
            lines.add("elements.reserveCapacity(min(count, WireReader.reservedElements))")
            lines.open("for _ in 0..<count {")
            lines.add("elements.append(\(read(field)))")
            lines.close()
            lines.add("value.\(field.name) = elements")
        }
        if isNullable != "false" { lines.close() }
        lines.close()
    }

    private mutating func addTaggedFields(_ fields: [SwiftField]) throws(ToolError) {
        guard let versions = message.flexible?.intersection(structure.versions) else { return }
        let test = Condition.test(versions, in: structure.versions)
        if test != nil { lines.open("if flexible {") }
        let tagged = fields.filter { $0.tagged != nil }
        if tagged.isEmpty {
            lines.add("value.unknownTaggedFields = try reader.readUnknownTaggedFields()")
        } else {
            lines.add("var section = try reader.beginTaggedFields()")
            lines.open("while try reader.nextTaggedField(&section) {")
            lines.add("switch section.tag {")
            for field in tagged {
                guard let tag = field.field.tag, let range = field.tagged else { continue }
                let when = Condition.expression(range, in: versions)
                lines.open("case \(tag)\(when == "true" ? "" : " where \(when)"):")
                try addRead(field, range)
                lines.add("try reader.endTaggedField(section)")
                lines.leave()
            }
            lines.open("default:")
            lines.add("value.unknownTaggedFields.append(try reader.readUnknownTaggedField(section))")
            lines.leave()
            lines.add("}")
            lines.close()
        }
        if test != nil { lines.close() }
    }
}
