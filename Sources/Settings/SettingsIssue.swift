/// One thing that is wrong in a configuration, and where.
public struct SettingsIssue: Error, Sendable, Hashable {
    /// The file's path as the user gave it.
    public var file: String
    /// The line, from 1; 0 when the whole file is meant (it cannot be read).
    public var line: Int
    /// The column in Unicode scalars, from 1; 0 when the whole file is meant.
    public var column: Int
    /// The path of the key, as `listeners[0].brokers.ports`; empty when none is meant (a syntax error).
    public var path: String
    /// What is wrong, in lower case, without a full stop.
    public var message: String
    /// The nearest word that would have been right.
    public var suggestion: String?

    /// Makes an issue with `path` at `mark`.
    public init(at mark: SettingsMark, path: String, message: String, suggestion: String? = nil) {
        self.file = mark.file
        self.line = mark.line
        self.column = mark.column
        self.path = path
        self.message = message
        self.suggestion = suggestion
    }
}

extension SettingsIssue: CustomStringConvertible {
    /// `file:line:column: path: message (did you mean 'word'?)`.
    public var description: String {
        var text = file
        if line > 0 { text += ":\(line):\(column)" }
        if !path.isEmpty { text += ": \(path)" }
        text += ": \(message)"
        if let suggestion { text += " (did you mean '\(suggestion)'?)" }
        return text
    }
}

extension SettingsIssue: Comparable {
    /// Orders issues as they stand in the file.
    public static func < (left: SettingsIssue, right: SettingsIssue) -> Bool {
        (left.line, left.column, left.path, left.message) < (right.line, right.column, right.path, right.message)
    }
}

/// What is wrong with the text of one value; whoever knows the place makes a ``SettingsIssue`` of it.
public struct SettingProblem: Error, Sendable, Hashable {
    /// What is wrong, in lower case, without a full stop.
    public var message: String
    /// The nearest word that would have been right.
    public var suggestion: String?

    /// Makes a problem.
    public init(_ message: String, suggestion: String? = nil) {
        self.message = message
        self.suggestion = suggestion
    }
}
