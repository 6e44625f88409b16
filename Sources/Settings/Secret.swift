/// A password, a key or a token. It never shows in a description, a dump, a log or an error.
public struct Secret: Sendable {
    /// Where the value comes from.
    public enum Source: Sendable, Hashable {
        /// The file at this path; white space at its end does not count.
        case file(String)
        /// The variable of the environment with this name.
        case variable(String)
    }

    /// Where the value comes from, to read it again when it may have changed.
    public let source: Source
    /// The value itself. Hand it to what needs it, and to nothing that prints.
    public let revealed: String

    /// Makes a secret.
    public init(_ revealed: String, from source: Source) {
        self.revealed = revealed
        self.source = source
    }

    /// The largest file that is taken for a secret.
    public static let maxFileSize = ByteSize.kibibytes(64)

    /// What is shown in a secret's place.
    static let redacted = "[redacted]"
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `[redacted]`.
    public var description: String { Self.redacted }
    /// `[redacted]`.
    public var debugDescription: String { Self.redacted }
    /// Without children, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SettingType where Value == Secret.Source {
    /// Where a secret is, as `{ file: PATH }` or `{ env: NAME }`, for what reads it anew whenever it changes: so another
    /// secret at the same place is no other configuration. It must be there when settings are read.
    public static var secretSource: SettingType {
        let secret = SettingType<Secret>.secret
        return SettingType(
            expected: secret.expected,
            schema: secret.schema,
            read: { node, context in
                let hidden = context.hidden
                guard let reading = secret.read(node, &context) else { return nil }
                context.hidden = hidden
                return SettingReading(value: reading.value.source, effective: reading.value.source.shown)
            },
            render: { $0.shown }
        )
    }
}

extension Secret.Source {
    /// Where the secret is, which is none itself.
    fileprivate var shown: JSONValue {
        switch self {
        case .file(let path): ["file": .string(path)]
        case .variable(let name): ["env": .string(name)]
        }
    }
}

extension SettingType where Value == Secret {
    /// A secret, as `{ file: PATH }` or `{ env: NAME }`. One that is written in the configuration itself is an error.
    public static var secret: SettingType {
        let expected = "a secret, as { file: PATH } or { env: NAME }"
        let sources = SettingType<Secret.Source>.oneOf([
            SettingVariant("file", "The secret is what the file holds.") { reader in
                reader.required("file", .file(mustExist: false), "The path of the file.").map { .file($0) }
            },
            SettingVariant("env", "The secret is the value of a variable of the environment.") { reader in
                reader.required("env", .string(), "The name of the variable.").map { .variable($0) }
            },
        ])
        return SettingType(
            expected: expected,
            schema: { sources.named("secret").schema(&$0) },
            read: { node, context in
                guard case .mapping = node.content else {
                    context.report("expected \(expected), and never the secret itself", at: node)
                    return nil
                }
                guard let source = sources.read(node, &context)?.value else { return nil }
                switch source.reveal(context.environment) {
                case .success(let secret):
                    context.hidden.append(HiddenValue(of: secret, at: node.path))
                    return SettingReading(value: secret, effective: .string(Secret.redacted))
                case .failure(let problem):
                    context.report(problem, at: node)
                    return nil
                }
            },
            render: { _ in .string(Secret.redacted) }
        )
    }
}

extension Secret.Source {
    /// Reads the secret.
    ///
    /// Fails when the file cannot be read, is larger than ``Secret/maxFileSize`` or is not UTF-8, when the variable is not
    /// set, and when the secret is empty.
    public func reveal(_ environment: SettingsEnvironment = .process) -> Result<Secret, SettingProblem> {
        switch self {
        case .variable(let name):
            guard let value = environment.variable(name) else {
                return .failure(SettingProblem("the environment has no variable '\(name)'"))
            }
            guard !value.isEmpty else { return .failure(SettingProblem("the variable '\(name)' is empty")) }
            return .success(Secret(value, from: self))
        case .file(let path):
            return environment.contents(path, Secret.maxFileSize.bytes).flatMap { bytes in
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    return .failure(SettingProblem("'\(path)' is not UTF-8"))
                }
                let end = text.lastIndex { !$0.isWhitespace }
                guard let end else { return .failure(SettingProblem("'\(path)' is empty")) }
                return .success(Secret(String(text[...end]), from: self))
            }
        }
    }
}
