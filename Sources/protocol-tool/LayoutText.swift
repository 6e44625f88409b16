/// A message's layout in the form that `MessageLayout` parses: one field a line, structures in braces.
enum LayoutText {
    static func lines(_ message: Message) -> [String] {
        var lines: [String] = []
        for field in message.fields { add(field, message, &lines) }
        return lines
    }

    private static func add(_ field: Field, _ message: Message, _ lines: inout [String]) {
        var line = "\(field.name) \(field.isArray ? "[]" : "")\(field.isStructure ? "{" : field.elementType)"
        line += " \(field.versions.text)"
        if let nullable = field.nullable { line += " n\(nullable.text)" }
        if let tagged = field.tagged { line += " v\(tagged.text)" }
        if let tag = field.tag { line += " t\(tag)" }
        if let role = field.role { line += " r\(role)" }
        lines.append(line)
        guard field.isStructure else { return }
        for child in message.children(of: field) { add(child, message, &lines) }
        lines.append("}")
    }
}
