import Settings
import Yams

/// Has the parser make nodes of a text, past keys that stand twice.
///
/// The parser stops at the first mapping in which a key stands twice, and every other mistake in the file would stay
/// unseen. So the first of the two is made unmistakable, by a character for private use in place of its first one, and the
/// text is parsed again; whoever reads the nodes leaves such keys out. Lines and columns stay as they were.
struct YAMLComposition {
    /// A key that stands again further down.
    struct DroppedKey {
        var name: String
        var mark: SettingsMark
    }

    private(set) var issues: [SettingsIssue] = []
    /// Keys that were made unmistakable, by their first character's place after ``firstPlaceholder``.
    private(set) var droppedKeys: [DroppedKey] = []

    private var text: String
    private let file: String

    /// The most keys that are looked past; the next one ends the reading.
    private static let maxDroppedKeys = 100
    private static let firstPlaceholder: UInt32 = 0xF_0000

    init(_ text: String, file: String) {
        self.text = text
        self.text.makeContiguousUTF8()
        self.file = file
    }

    /// The root of the document; `nil` when there is none or it cannot be parsed.
    mutating func compose() -> Node? {
        while true {
            do {
                let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
                return try parser.singleRoot()
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                let mark = SettingsMark(file: file, line: context.mark.line, column: context.mark.column)
                let key = DroppedKey(name: names.first ?? "", mark: mark)
                guard droppedKeys.count < Self.maxDroppedKeys, replaceKey(at: mark) else {
                    report(key)
                    return nil
                }
                droppedKeys.append(key)
            } catch {
                for key in droppedKeys { report(key) }
                droppedKeys = []
                issues.append(syntaxIssue(error))
                return nil
            }
        }
    }

    /// The key that stood where `key` does, if it was made unmistakable.
    func droppedKey(_ key: String) -> DroppedKey? {
        guard let first = key.unicodeScalars.first, first.value >= Self.firstPlaceholder else { return nil }
        let index = Int(first.value - Self.firstPlaceholder)
        return index < droppedKeys.count ? droppedKeys[index] : nil
    }

    private mutating func report(_ key: DroppedKey) {
        issues.append(SettingsIssue(at: key.mark, path: key.name, message: "stands twice in one mapping"))
    }

    /// Replaces the first character of the key at `mark`; `false` when there is none.
    private mutating func replaceKey(at mark: SettingsMark) -> Bool {
        guard let placeholder = Unicode.Scalar(Self.firstPlaceholder + UInt32(droppedKeys.count)),
            var index = index(of: mark)
        else { return false }
        if text.unicodeScalars[index] == "\"" || text.unicodeScalars[index] == "'" {
            index = text.unicodeScalars.index(after: index)
        }
        guard index < text.endIndex, !["\"", "'", "*", "&", "!", "?", "\\"].contains(text.unicodeScalars[index]) else {
            return false
        }
        let next = text.unicodeScalars.index(after: index)
        text.unicodeScalars.replaceSubrange(index..<next, with: [placeholder])
        text.makeContiguousUTF8()
        return true
    }

    /// Where `mark` is in the text.
    private func index(of mark: SettingsMark) -> String.Index? {
        let scalars = text.unicodeScalars
        var line = 1
        var index = scalars.startIndex
        while line < mark.line {
            guard index < scalars.endIndex else { return nil }
            let scalar = scalars[index]
            index = scalars.index(after: index)
            switch scalar {
            case "\r": if index == scalars.endIndex || scalars[index] != "\n" { line += 1 }
            case "\n", "\u{85}", "\u{2028}", "\u{2029}": line += 1
            default: break
            }
        }
        guard let found = scalars.index(index, offsetBy: mark.column - 1, limitedBy: scalars.endIndex) else {
            return nil
        }
        return found < scalars.endIndex ? found : nil
    }

    private func syntaxIssue(_ error: any Error) -> SettingsIssue {
        func issue(_ problem: String, _ context: YamlError.Context?, _ mark: Mark) -> SettingsIssue {
            var message = "not YAML: \(problem)"
            if let context { message += " (\(context.text), line \(context.mark.line))" }
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            let near = lines.dropFirst(max(0, mark.line - 2)).prefix(2)
            if near.contains(where: { $0.contains("${") }) {
                message += "; inside [ ] and { }, ${…} must be written in quotes"
            }
            return SettingsIssue(
                at: SettingsMark(file: file, line: mark.line, column: mark.column), path: "", message: message)
        }
        let start = SettingsMark(file: file, line: 1, column: 1)
        switch error {
        case YamlError.scanner(let context, let problem, let mark, yaml: _): return issue(problem, context, mark)
        case YamlError.parser(let context, let problem, let mark, yaml: _): return issue(problem, context, mark)
        case YamlError.composer(let context, let problem, let mark, yaml: _): return issue(problem, context, mark)
        case YamlError.reader(let problem, let offset, value: _, let yaml):
            let before = yaml.prefix(offset ?? 0)
            let line = before.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            let mark = SettingsMark(file: file, line: max(1, line.count), column: (line.last?.count ?? 0) + 1)
            return SettingsIssue(at: mark, path: "", message: "not YAML: \(problem)")
        default: return SettingsIssue(at: start, path: "", message: "not YAML: \(error)")
        }
    }
}
