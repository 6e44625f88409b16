/// Where something stands in a configuration file.
public struct SettingsMark: Sendable, Hashable, CustomStringConvertible {
    /// The file's path as the user gave it.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// The column in Unicode scalars, from 1.
    public var column: Int

    /// Makes a mark.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`, as compilers and editors write it.
    public var description: String { "\(file):\(line):\(column)" }
}

/// A value and where it was read, for checks that compare settings from several places.
public struct Located<Value: Sendable>: Sendable {
    /// The value.
    public var value: Value
    /// Where it stands.
    public var mark: SettingsMark
    /// The path of its key, as `listeners[0].address`.
    public var path: String

    /// Makes a located value.
    public init(_ value: Value, mark: SettingsMark, path: String) {
        self.value = value
        self.mark = mark
        self.path = path
    }
}
