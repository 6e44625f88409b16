/// Lines of source code with their indentation.
struct SourceLines {
    private(set) var text = ""
    var level = 0

    mutating func add(_ line: String) {
        text += (line.isEmpty ? "" : String(repeating: "    ", count: level) + line) + "\n"
    }

    mutating func open(_ line: String) {
        add(line)
        level += 1
    }

    mutating func middle(_ line: String) {
        level -= 1
        add(line)
        level += 1
    }

    /// Appends lines that have their indentation already.
    mutating func append(_ other: SourceLines) {
        text += other.text
    }

    mutating func leave() {
        level -= 1
    }

    mutating func close() {
        level -= 1
        add("}")
    }
}
