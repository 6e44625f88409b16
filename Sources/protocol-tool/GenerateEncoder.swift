/// Writes the `encode` function of a structure: plain code, one statement a field.
struct GenerateEncoder {
    let message: Message
    let structure: StructureContext
    /// Where the code goes.
    var lines = SourceLines()

    var flexible: String { Condition.expression(message.flexible, in: structure.versions) }

    /// `flexible` as an argument: the local variable unless it is the same in all versions.
    var compact: String { ["true", "false"].contains(flexible) ? flexible : "flexible" }

    mutating func body() throws(ToolError) {
        let fields = structure.fields.map { SwiftField(field: $0, message: message, context: structure.versions) }
        for field in fields {
            guard let versions = field.versions else { continue }
            guard let tagged = field.tagged else {
                add(field, versions)
                continue
            }
            if tagged.low > versions.low { add(field, VersionRange(versions.low, tagged.low - 1)) }
        }
        try addTaggedFields(fields)
    }

    private mutating func add(_ field: SwiftField, _ versions: VersionRange) {
        let test = Condition.test(versions, in: structure.versions)
        if let test { lines.open("if \(test) {") }
        addWrite(field, versions)
        if test != nil { lines.close() }
    }

    /// The write of one element that is not null.
    private func write(_ field: SwiftField, _ value: String) -> String {
        let compact = field.field.neverFlexible ? "false" : compact
        return switch field.field.elementType {
        case "bool": "writer.writeBool(\(value))"
        case "int8": "writer.writeInt8(\(value))"
        case "int16":
            field.elementType == "ErrorCode" ? "writer.writeErrorCode(\(value))" : "writer.writeInt16(\(value))"
        case "uint16": "writer.writeUInt16(\(value))"
        case "int32": "writer.writeInt32(\(value))"
        case "uint32": "writer.writeUInt32(\(value))"
        case "int64": "writer.writeInt64(\(value))"
        case "float64": "writer.writeFloat64(\(value))"
        case "uuid": "writer.writeUUID(\(value))"
        case "string": "try writer.writeString(\(value), compact: \(compact))"
        case "bytes", "records": "try writer.writeBytes(\(value), compact: \(compact))"
        default: "try \(value).encode(into: &writer, version: version)"
        }
    }

    private mutating func addWrite(_ field: SwiftField, _ versions: VersionRange) {
        guard field.nullable != nil else {
            addPresent(field, field.name)
            return
        }
        // The property is optional: in versions that do not allow null, nil cannot be written.
        let nullable = Condition.expression(field.nullable?.intersection(versions), in: versions)
        let marked = field.field.isStructure && !field.field.isArray
        lines.open("if let value = \(field.name) {")
        if marked, nullable == "true" { lines.add("writer.writePresence(true)") }
        if marked, nullable != "true", nullable != "false" {
            lines.add("if \(nullable) { writer.writePresence(true) }")
        }
        addPresent(field, "value")
        lines.middle("} else {")
        if nullable != "true" {
            let throwing = "throw writer.unexpectedNull(\"\(field.field.name)\")"
            lines.add(nullable == "false" ? throwing : "guard \(nullable) else { \(throwing) }")
        }
        if nullable != "false" { lines.add(writeNull(field)) }
        lines.close()
    }

    private func writeNull(_ field: SwiftField) -> String {
        let compact = field.field.neverFlexible ? "false" : compact
        if field.field.isArray { return "writer.writeNullArray(compact: \(compact))" }
        return switch field.field.elementType {
        case "string": "try writer.writeNullableString(nil, compact: \(compact))"
        case "bytes", "records": "try writer.writeNullableBytes(nil, compact: \(compact))"
        default: "writer.writePresence(false)"
        }
    }

    private mutating func addPresent(_ field: SwiftField, _ value: String) {
        guard field.field.isArray else {
            lines.add(write(field, value))
            return
        }
        lines.add("writer.writeArrayCount(\(value).count, compact: \(compact))")
        if field.field.elementType == "int32" {
            lines.add("writer.writeInt32s(\(value))")
        } else {
            // By index, as iterating would copy each element, with all its references.
            lines.open("for index in \(value).indices {")
            lines.add(write(field, "\(value)[index]"))
            lines.close()
        }
    }

    private mutating func addTaggedFields(_ fields: [SwiftField]) throws(ToolError) {
        guard let versions = message.flexible?.intersection(structure.versions) else { return }
        let test = Condition.test(versions, in: structure.versions)
        if test != nil { lines.open("if flexible {") }
        let tagged = fields.filter { $0.tagged != nil }.sorted { ($0.field.tag ?? 0) < ($1.field.tag ?? 0) }
        if tagged.isEmpty {
            lines.add("writer.writeUnknownTaggedFields(unknownTaggedFields)")
        } else {
            lines.add("var known: UInt64 = 0")
            for field in tagged {
                guard let tag = field.field.tag else { continue }
                guard tag < 64 else { throw ToolError("\(message.name): tag \(tag) needs a wider mask") }
                lines.add("if \(try condition(field, versions)) { known |= 1 << \(tag) }")
            }
            lines.add("let unknown = UnknownTaggedField.without(known, unknownTaggedFields)")
            lines.add("writer.writeUnsignedVarint(UInt32(truncatingIfNeeded: known.nonzeroBitCount &+ unknown.count))")
            lines.add("var next = 0")
            for field in tagged {
                guard let tag = field.field.tag, let range = field.tagged else { continue }
                lines.open("if known & (1 << \(tag)) != 0 {")
                lines.add("writer.writeUnknownTaggedFields(unknown, from: &next, below: \(tag))")
                lines.add("let start = writer.beginTaggedField(\(tag))")
                addWrite(field, range)
                lines.add("writer.endTaggedField(start)")
                lines.close()
            }
            lines.add("writer.writeUnknownTaggedFields(unknown, from: &next, below: nil)")
        }
        if test != nil { lines.close() }
    }

    private func condition(_ field: SwiftField, _ versions: VersionRange) throws(ToolError) -> String {
        let when = Condition.expression(field.tagged, in: versions)
        return when == "true" ? try field.isNotDefault : "\(when) && \(try field.isNotDefault)"
    }
}
