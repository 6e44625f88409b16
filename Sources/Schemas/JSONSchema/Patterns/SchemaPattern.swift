/// A regular expression of ECMA-262, as JSON Schema uses them: it describes a part of a string, anywhere in it.
///
/// It is matched in time that grows with the string's length alone if it fits into a table, and else with that and the
/// pattern's size. What cannot be matched so (looking ahead or behind, references to groups) is refused.
struct SchemaPattern: Sendable {
    /// The pattern as it was written.
    let text: String
    private let program: PatternProgram
    private let table: PatternTable?

    /// Reads a pattern. `tableBytes` is what tables may take still; what this one takes is subtracted.
    init(_ text: String, tableBytes: inout Int) throws(PatternError) {
        var parser = PatternParser(text)
        self.text = text
        program = try PatternProgram(try parser.parse())
        table = PatternTable(program, maxBytes: tableBytes)
        if let table { tableBytes -= table.byteCount }
    }

    /// Whether a text is a regular expression of ECMA-262, supported or not.
    static func isPattern(_ text: String) -> Bool {
        var parser = PatternParser(text)
        return (try? parser.parse()) != nil
    }

    /// Whether there is a match in a text of UTF-8. Takes a step for each 16 bytes, or, without a table, for each 4
    /// instructions that are visited; without steps, there is none.
    func occurs(in text: UnsafeBufferPointer<UInt8>, _ steps: inout Int) -> Bool {
        guard let table else { return occursSlowly(in: text, &steps) }
        steps -= text.count / 16
        return table.occurs(in: text)
    }

    private func occursSlowly(in text: UnsafeBufferPointer<UInt8>, _ steps: inout Int) -> Bool {
        var space = PatternProgram.Workspace(program)
        steps -= program.instructions.count / 64
        var states = [program.start]
        var isStart = true
        var isBehindWord = false
        for byte in text {
            let isWord = program.usesWords && PatternProgram.isWord(byte)
            let place = PatternProgram.Place(
                isStart: isStart, isEnd: false, isBehindWord: isBehindWord, isBeforeWord: isWord)
            if program.follow(states, place, &space) { return true }
            program.targets(of: byte, space, into: &states)
            states.append(program.start)
            steps -= space.visited / 4 + 1
            space.visited = 0
            guard steps > 0 else { return false }
            isStart = false
            isBehindWord = isWord
        }
        let end = PatternProgram.Place(isStart: isStart, isEnd: true, isBehindWord: isBehindWord, isBeforeWord: false)
        return program.follow(states, end, &space)
    }
}
