/// One value of a configuration file, with where it stands: what readers of settings are given.
///
/// The tree says nothing about what the values should be. Names and types come from the code that reads it.
public struct SettingsNode: Sendable {
    /// What the node holds.
    public indirect enum Content: Sendable {
        /// Nothing: an empty value, `null` or `~`.
        case null
        /// A single value, as text.
        case scalar(Scalar)
        /// A list.
        case sequence([SettingsNode])
        /// Keys and values, in the file's order, each key once.
        case mapping([Entry])
        /// What an issue was recorded for already (a variable that is not set); nothing more is said about it.
        case invalid
    }

    /// The text of a single value, and how it came to be.
    public struct Scalar: Sendable {
        /// The value, with variables expanded.
        public var text: String
        /// The text as it stands in the file, when variables of the environment were expanded in it. Errors show it in
        /// place of ``text``, which may be a secret.
        public var written: String?
        /// Whether it stood in quotes (or in a block), so that it is a string and nothing else.
        public var isQuoted: Bool

        /// Makes a scalar.
        public init(text: String, written: String? = nil, isQuoted: Bool = false) {
            self.text = text
            self.written = written
            self.isQuoted = isQuoted
        }
    }

    /// One key of a mapping and its value.
    public struct Entry: Sendable {
        /// The key.
        public var key: String
        /// Where the key stands.
        public var mark: SettingsMark
        /// The value.
        public var value: SettingsNode

        /// Makes an entry.
        public init(key: String, mark: SettingsMark, value: SettingsNode) {
            self.key = key
            self.mark = mark
            self.value = value
        }
    }

    /// What the node holds.
    public var content: Content
    /// Where the value begins.
    public var mark: SettingsMark
    /// The keys and indices that lead to it, as `listeners[0].brokers.ports`; empty for the whole file.
    public var path: String

    /// Makes a node.
    public init(_ content: Content, mark: SettingsMark, path: String) {
        self.content = content
        self.mark = mark
        self.path = path
    }
}

extension SettingsNode {
    /// The path of `key` under `path`.
    public static func path(_ path: String, key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    /// The path of the element at `index` (from 0) of the list at `path`.
    public static func path(_ path: String, index: Int) -> String {
        "\(path)[\(index)]"
    }

    /// What errors say was found here: `a list`, `the number 5`, `'abc'`.
    var found: String {
        switch content {
        case .null, .invalid: return "nothing"
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let scalar):
            if let written = scalar.written { return "the value of '\(written.shortened)'" }
            switch scalar.kind {
            case .boolean: return scalar.text
            case .number: return "the number \(scalar.text)"
            case .text:
                let unquoted = SettingsNode.Scalar(text: scalar.text)
                return unquoted.kind == .text ? "'\(scalar.text.shortened)'" : "the string '\(scalar.text)'"
            }
        }
    }
}

extension SettingsNode.Scalar {
    /// What YAML takes the value for when nobody says what is expected.
    enum Kind: Sendable {
        /// `true` or `false`.
        case boolean
        /// A number in decimal digits.
        case number
        /// All else, and whatever stands in quotes.
        case text
    }

    /// What YAML 1.2's core schema takes the text for.
    var kind: Kind {
        if isQuoted || written != nil { return .text }
        switch text {
        case "true", "false", "True", "False", "TRUE", "FALSE": return .boolean
        default:
            guard let first = text.utf8.first, first != UInt8(ascii: "n"), first != UInt8(ascii: "i") else {
                return .text
            }
            let digits = text.utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return digits && Double(text) != nil ? .number : .text
        }
    }
}

extension String {
    /// The text, cut to what fits in an error message.
    var shortened: String {
        count > 60 ? prefix(57) + "…" : self
    }
}
