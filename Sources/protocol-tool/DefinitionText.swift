/// The format of the files in `Protocol/`.
///
/// ```
/// api Produce 0
///
/// request ProduceRequest 0-13 flexible 9+
///   TransactionalId string 3+ nullable=3+ default=null entity=transactionalId role=transactionalID
///   TopicData []TopicProduceData 0+
///     Name string 0-12 entity=topicName role=topicName
/// ```
///
/// Indentation nests: two spaces a level. `struct NAME` begins a structure that several fields use. `#` begins a comment.
enum DefinitionText {
    static func write(_ definition: Definition) -> String {
        var text = definition.apiKey.map { "api \(definition.name) \($0)\n" } ?? "group \(definition.name)\n"
        for message in definition.messages {
            text += "\n\(message.kind.rawValue) \(message.name) \(message.versions.text)"
            text += " flexible \(message.flexible?.text ?? "none")\n"
            for structure in message.structures {
                text += "  struct \(structure.name)\n"
                for field in structure.fields { write(field, "    ", &text) }
            }
            for field in message.fields { write(field, "  ", &text) }
        }
        return text
    }

    private static func write(_ field: Field, _ indent: String, _ text: inout String) {
        text += "\(indent)\(field.name) \(field.type) \(field.versions.text)"
        if let nullable = field.nullable { text += " nullable=\(nullable.text)" }
        if let tagged = field.tagged { text += " tagged=\(tagged.text)" }
        if let tag = field.tag { text += " tag=\(tag)" }
        if field.neverFlexible { text += " never-flexible" }
        if let value = field.defaultValue { text += " default=\(value)" }
        if field.isMapKey { text += " key" }
        if let entity = field.entityType { text += " entity=\(entity)" }
        if let role = field.role { text += " role=\(role)" }
        text += "\n"
        for child in field.fields { write(child, indent + "  ", &text) }
    }

    static func parse(_ text: String, file: String) throws(ToolError) -> Definition {
        var parser = Parser(file: file)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let content = line.prefix { $0 != "#" }
            let words = content.split(separator: " ").map(String.init)
            guard !words.isEmpty else { continue }
            let indent = content.prefix { $0 == " " }.count
            parser.lines.append(Line(number: number + 1, level: indent / 2, words: words))
        }
        return try parser.definition()
    }

    private struct Line {
        var number: Int
        var level: Int
        var words: [String]
    }

    private struct Parser {
        let file: String
        var lines: [Line] = []
        var next = 0

        func failure(_ line: Line, _ what: String) -> ToolError {
            ToolError("\(file):\(line.number): \(what): \(line.words.joined(separator: " "))")
        }

        mutating func definition() throws(ToolError) -> Definition {
            guard let first = lines.first else { throw ToolError("\(file): empty") }
            next = 1
            var definition: Definition
            if first.words.count == 3, first.words[0] == "api", let key = Int(first.words[2]) {
                definition = Definition(name: first.words[1], apiKey: key, messages: [])
            } else if first.words.count == 2, first.words[0] == "group" {
                definition = Definition(name: first.words[1], apiKey: nil, messages: [])
            } else {
                throw failure(first, "expected api NAME KEY")
            }
            while next < lines.count { definition.messages.append(try message()) }
            return definition
        }

        mutating func message() throws(ToolError) -> Message {
            let line = lines[next]
            next += 1
            guard line.level == 0, line.words.count == 5, let kind = Message.Kind(rawValue: line.words[0]),
                let versions = try VersionRange(line.words[2]), line.words[3] == "flexible"
            else { throw failure(line, "expected KIND NAME VERSIONS flexible VERSIONS") }
            var message = Message(
                name: line.words[1], kind: kind, versions: versions, flexible: try VersionRange(line.words[4]),
                structures: [], fields: [])
            while next < lines.count, lines[next].words[0] == "struct" {
                let head = lines[next]
                next += 1
                guard head.words.count == 2 else { throw failure(head, "expected struct NAME") }
                message.structures.append(Structure(name: head.words[1], fields: try fields(level: 2)))
            }
            message.fields = try fields(level: 1)
            return message
        }

        mutating func fields(level: Int) throws(ToolError) -> [Field] {
            var fields: [Field] = []
            while next < lines.count, lines[next].level == level {
                let line = lines[next]
                next += 1
                fields.append(try field(line))
                fields[fields.count - 1].fields = try self.fields(level: level + 1)
            }
            if next < lines.count, lines[next].level > level { throw failure(lines[next], "too far in") }
            return fields
        }

        func field(_ line: Line) throws(ToolError) -> Field {
            guard line.words.count >= 3, let versions = try VersionRange(line.words[2]) else {
                throw failure(line, "expected NAME TYPE VERSIONS")
            }
            var field = Field(name: line.words[0], type: line.words[1], versions: versions)
            for word in line.words.dropFirst(3) {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                let value = parts.count == 2 ? parts[1] : ""
                switch parts[0] {
                case "nullable": field.nullable = try VersionRange(value)
                case "tagged": field.tagged = try VersionRange(value)
                case "tag": field.tag = Int(value)
                case "never-flexible": field.neverFlexible = true
                case "default": field.defaultValue = value
                case "key": field.isMapKey = true
                case "entity": field.entityType = value
                case "role": field.role = value
                default: throw failure(line, "unknown attribute \(parts[0])")
                }
            }
            return field
        }
    }
}
