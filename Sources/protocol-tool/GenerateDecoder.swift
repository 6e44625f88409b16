/// Writes the `decode` function of a structure: plain code, one statement a field.
struct GenerateDecoder {
    let message: Message
    let structure: StructureContext
    /// Where the code goes.
    var lines = SourceLines()

    var flexible: String { Condition.expression(message.flexible, in: structure.versions) }

    /// The fields are local constants that are assigned once on each way, and moved into the value at the end: nothing is
    /// retained and released in vain.
    mutating func body() throws(ToolError) {
        let fields = structure.fields.map { SwiftField(field: $0, message: message, context: structure.versions) }
            .filter { $0.versions != nil }
        for field in fields {
            guard let versions = field.versions else { continue }
            guard let tagged = field.tagged else {
                try add(field, versions)
                continue
            }
            if tagged.low > versions.low {
                // A field that is tagged only in later versions comes in its place in the earlier ones.
                try add(field, VersionRange(versions.low, tagged.low - 1))
            } else {
                lines.add("var \(field.name): \(field.type) = \(try field.defaultValue)")
            }
        }
        try addTaggedFields(fields)
        var arguments = fields.map { "\($0.name): \($0.name)" }
        if message.flexible?.intersection(structure.versions) != nil {
            arguments.append("unknownTaggedFields: unknownTaggedFields")
        }
        lines.add("return Self(\(arguments.joined(separator: ", ")))")
    }

    private mutating func add(_ field: SwiftField, _ versions: VersionRange) throws(ToolError) {
        let keyword = field.tagged == nil ? "let" : "var"
        guard let test = Condition.test(versions, in: structure.versions) else {
            try addRead(field, versions, keyword + " ")
            return
        }
        lines.add("\(keyword) \(field.name): \(field.type)")
        lines.open("if \(test) {")
        try addRead(field, versions, "")
        lines.middle("} else {")
        lines.add("\(field.name) = \(try field.defaultValue)")
        lines.close()
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

    /// Adds the read of a field; `declaration` is `let `, `var `, or empty for a field that is declared already.
    private mutating func addRead(
        _ field: SwiftField, _ versions: VersionRange, _ declaration: String
    ) throws(ToolError) {
        let nullable = field.nullable?.intersection(versions)
        let isNullable = Condition.expression(nullable, in: versions)
        let typed = declaration.isEmpty ? "" : ": \(field.type)"
        if field.field.isArray {
            if !declaration.isEmpty { lines.add("\(declaration)\(field.name)\(typed)") }
            addArray(field, versions, isNullable)
        } else if isNullable == "false" {
            lines.add("\(declaration)\(field.name)\(field.nullable == nil ? "" : typed) = \(read(field))")
        } else if field.field.isStructure {
            if !declaration.isEmpty { lines.add("\(declaration)\(field.name)\(typed)") }
            let test = Condition.test(nullable, in: versions)
            lines.open(
                "if \(test.map { "!(\($0.replacing(", ", with: " && "))) || " } ?? "")(try reader.readPresence()) {")
            lines.add("\(field.name) = \(read(field))")
            lines.middle("} else {")
            lines.add("\(field.name) = nil")
            lines.close()
        } else {
            let method = field.field.elementType == "string" ? "readNullableString" : "readNullableBytes"
            let expression = call(method, field)
            lines.add(
                "\(declaration)\(field.name) = "
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
            lines.add("\(field.name) = nil")
            lines.middle("} else {")
        }
        if field.field.elementType == "int32" {
            lines.add("\(field.name) = try reader.readInt32s(count)")
        } else {
            lines.add("var elements: [\(field.elementType)] = []")
            lines.add("elements.reserveCapacity(min(count, WireReader.reservedElements))")
            lines.open("for _ in 0..<count {")
            lines.add("elements.append(\(read(field)))")
            lines.close()
            lines.add("\(field.name) = elements")
        }
        if isNullable != "false" { lines.close() }
        lines.close()
    }

    private mutating func addTaggedFields(_ fields: [SwiftField]) throws(ToolError) {
        guard let versions = message.flexible?.intersection(structure.versions) else { return }
        let test = Condition.test(versions, in: structure.versions)
        let tagged = fields.filter { $0.tagged != nil }
        if !tagged.isEmpty { lines.add("var unknownTaggedFields: [UnknownTaggedField] = []") }
        if test != nil {
            if tagged.isEmpty { lines.add("let unknownTaggedFields: [UnknownTaggedField]") }
            lines.open("if flexible {")
        }
        if tagged.isEmpty {
            lines.add("\(test == nil ? "let " : "")unknownTaggedFields = try reader.readUnknownTaggedFields()")
        } else {
            lines.add("var section = try reader.beginTaggedFields()")
            lines.open("while try reader.nextTaggedField(&section) {")
            lines.add("switch section.tag {")
            for field in tagged {
                guard let tag = field.field.tag, let range = field.tagged else { continue }
                let when = Condition.expression(range, in: versions)
                lines.open("case \(tag)\(when == "true" ? "" : " where \(when)"):")
                try addRead(field, range, "")
                lines.add("try reader.endTaggedField(section)")
                // Left out when it is written, unless it is kept as it came.
                lines.open("if !(\(try field.isNotDefault)) {")
                lines.add("unknownTaggedFields.append(reader.copyTaggedField(section))")
                lines.close()
                lines.leave()
            }
            lines.open("default:")
            lines.add("unknownTaggedFields.append(try reader.readUnknownTaggedField(section))")
            lines.leave()
            lines.add("}")
            lines.close()
        }
        guard test != nil else { return }
        if tagged.isEmpty {
            lines.middle("} else {")
            lines.add("unknownTaggedFields = []")
        }
        lines.close()
    }
}
