/// Reads the keys of one mapping, each declared where it is read.
///
/// The same code is run in two ways: over a file, where it yields values and collects everything that is wrong; and
/// over nothing, where it yields the JSON Schema. In the second run there are no values: `required` and `optional`
/// answer `nil`, `value` its default. So read every key first, whatever the others say, and compare values afterwards:
///
/// ```swift
/// static func read(_ reader: inout SettingsReader) -> RetryConfiguration? {
///     let attempts = reader.value("attempts", .integer(1...10), default: 3, "How often a request is tried.")
///     let pause = reader.required("pause", .duration(.milliseconds(1)...(.seconds(60))), "The time between two tries.")
///     guard let pause else { return nil }
///     return RetryConfiguration(attempts: attempts, pause: pause)
/// }
/// ```
public struct SettingsReader {
    private enum Source {
        case file(node: SettingsNode, entries: [SettingsNode.Entry])
        case description
    }

    private let source: Source
    private var context: SettingsContext
    private var schema: SettingsSchema
    /// Keys that have been declared, in order.
    private var declared: [String] = []
    /// Keys that are known, but are an error where they are used.
    private var reserved: [String] = []
    private var ignoredPrefix: String?
    private var toleratesUnknownKeys = false
    private var properties: [JSONValue.Member] = []
    private var requiredKeys: [JSONValue] = []
    private var effective: [JSONValue.Member] = []
    /// How many issues there were before this mapping was read.
    private let formerIssues: Int

    init(_ node: SettingsNode, _ context: SettingsContext) {
        if case .mapping(let entries) = node.content {
            source = .file(node: node, entries: entries)
        } else {
            source = .file(node: node, entries: [])
        }
        self.context = context
        formerIssues = context.issues.count
        schema = SettingsSchema()
    }

    init(describing schema: SettingsSchema) {
        source = .description
        context = SettingsContext(baseDirectory: "", environment: .process)
        formerIssues = 0
        self.schema = schema
    }

    // MARK: - Declaring keys

    /// A key that must be there; its absence is an error.
    ///
    /// - Parameters:
    ///   - key: The key, in snake_case.
    ///   - type: What it may be.
    ///   - documentation: What it does, for the schema: a sentence or two.
    /// - Returns: The value; `nil` when an issue was recorded, and when the settings are only described.
    public mutating func required<Value>(
        _ key: String,
        _ type: SettingType<Value>,
        _ documentation: String
    ) -> Value? {
        declare(key, type, documentation, isRequired: true)
        guard case .file(let node, _) = source else { return nil }
        guard let entry = entry(key) else {
            let path = SettingsNode.path(node.path, key: key)
            report(SettingsIssue(at: node.mark, path: path, message: "missing: expected \(type.expected)"))
            return nil
        }
        return read(entry, type)
    }

    /// A key that may be absent, without a default.
    ///
    /// - Returns: The value; `nil` when the key is absent, when an issue was recorded, and when the settings are only
    ///   described. A key without a value is an error, so that what was commented out by halves does not go unnoticed.
    public mutating func optional<Value>(
        _ key: String,
        _ type: SettingType<Value>,
        _ documentation: String
    ) -> Value? {
        declare(key, type, documentation)
        guard let entry = entry(key) else { return nil }
        return read(entry, type)
    }

    /// A key that has a default.
    ///
    /// - Returns: The value; the default when the key is absent or has no value, when an issue was recorded, and when
    ///   the settings are only described.
    public mutating func value<Value>(
        _ key: String,
        _ type: SettingType<Value>,
        default defaultValue: Value,
        _ documentation: String
    ) -> Value {
        let rendered = type.render(defaultValue)
        declare(key, type, documentation, defaultValue: rendered)
        guard let entry = entry(key), !entry.value.isNull else {
            if let rendered { effective.append(.init(key, rendered)) }
            return defaultValue
        }
        return read(entry, type) ?? defaultValue
    }

    /// A key with settings below it that all have defaults: where it is absent, it is read as an empty mapping.
    public mutating func section<Value: Sendable>(
        _ key: String,
        _ documentation: String,
        _ body: @escaping @Sendable (_ reader: inout SettingsReader) -> Value?
    ) -> Value? {
        let type = SettingType<Value>.structure(body)
        declare(key, type, documentation)
        guard case .file(let node, _) = source else { return nil }
        guard let entry = entry(key), !entry.value.isNull else {
            let empty = SettingsNode(.mapping([]), mark: node.mark, path: SettingsNode.path(node.path, key: key))
            return read(SettingsNode.Entry(key: key, mark: node.mark, value: empty), type)
        }
        return read(entry, type)
    }

    /// A key that is known but may not be used, with the reason: what is not available yet, or is no longer.
    public mutating func reserve(_ key: String, _ reason: String) {
        precondition(!declared.contains(key), "the key '\(key)' is declared twice")
        declared.append(key)
        reserved.append(key)
        if let entry = entry(key) {
            report(SettingsIssue(at: entry.mark, path: entry.value.path, message: reason))
        }
    }

    /// Lets all keys stand that nobody declared, where an issue says already that their mapping cannot be used.
    public mutating func tolerateAllKeys() {
        toleratesUnknownKeys = true
    }

    /// Lets keys that begin with `prefix` stand for themselves: they hold anchors for others to use.
    public mutating func ignoreKeys(withPrefix prefix: String) {
        ignoredPrefix = prefix
    }

    // MARK: - What was read

    /// Whether `key` is written in the file, whatever its value.
    public func contains(_ key: String) -> Bool {
        entry(key) != nil
    }

    /// Whether the mapping stands in a file and nothing wrong with it was recorded so far: only then it makes sense to
    /// try out what its values name.
    public var isSound: Bool {
        guard case .file = source else { return false }
        return context.issues.count == formerIssues
    }

    /// Where the value of `key` stands, or the mapping when the key is absent.
    public func mark(of key: String? = nil) -> SettingsMark {
        switch source {
        case .description: SettingsMark(file: "", line: 0, column: 0)
        case .file(let node, _): key.flatMap { entry($0)?.value.mark } ?? node.mark
        }
    }

    /// The path of `key`, or of the mapping itself.
    public func path(of key: String? = nil) -> String {
        guard case .file(let node, _) = source else { return key ?? "" }
        return key.map { SettingsNode.path(node.path, key: $0) } ?? node.path
    }

    /// The names of clusters that were read so far as ``SettingType/clusterName``, here and in what was read before.
    public var clusterNames: [Located<String>] { context.clusterNames }

    /// Records that something is wrong with the value of `key`, or with the mapping as a whole.
    ///
    /// - Parameters:
    ///   - message: What is wrong, in lower case, without a full stop.
    ///   - key: The key at fault, if it is one.
    ///   - suggestion: The nearest word that would have been right.
    public mutating func report(_ message: String, at key: String? = nil, suggestion: String? = nil) {
        report(SettingsIssue(at: mark(of: key), path: path(of: key), message: message, suggestion: suggestion))
    }

    /// Records an issue that was found elsewhere.
    public mutating func report(_ issue: SettingsIssue) {
        guard case .file = source else { return }
        context.issues.append(issue)
    }
}

// MARK: - For the types of this module

extension SettingsReader {
    /// The keys of the mapping in the file, in its order; none when it is only described.
    var keysInFile: [String] {
        guard case .file(_, let entries) = source else { return [] }
        return entries.map(\.key)
    }

    /// Ends a run over a file: complains about keys that nobody declared, and hands the issues back to `context`.
    func finish<Value>(_ value: Value?, _ context: inout SettingsContext) -> SettingReading<Value>? {
        context.issues = self.context.issues
        context.hidden = self.context.hidden
        context.clusterNames = self.context.clusterNames
        if !toleratesUnknownKeys, case .file(_, let entries) = source {
            let usable = declared.filter { !reserved.contains($0) }
            for entry in entries where !declared.contains(entry.key) {
                if let ignoredPrefix, entry.key.hasPrefix(ignoredPrefix) { continue }
                context.issues.append(
                    SettingsIssue(
                        at: entry.mark,
                        path: entry.value.path,
                        message: "unknown key",
                        suggestion: NearestName.of(entry.key, among: usable)
                    )
                )
            }
        }
        return value.map { SettingReading(value: $0, effective: .object(effective)) }
    }

    /// Ends a run over nothing: the schema of the mapping, its definitions handed back to `schema`.
    func finishDescription(_ schema: inout SettingsSchema) -> JSONValue {
        schema = self.schema
        var members: [JSONValue.Member] = [
            .init("type", "object"),
            .init("properties", .object(properties)),
        ]
        if let ignoredPrefix {
            members.append(.init("patternProperties", ["^\(ignoredPrefix)": true]))
        }
        members.append(.init("additionalProperties", false))
        if !requiredKeys.isEmpty { members.append(.init("required", .array(requiredKeys))) }
        return .object(members)
    }

    /// Whether every run declares the same keys: a key that is read only when another has some value would be unknown
    /// to the schema.
    func declaresTheSameKeys(as other: SettingsReader) -> Bool {
        Set(declared) == Set(other.declared)
    }

    /// Adds a property to the description that only one value is allowed for.
    mutating func declareConstant(_ key: String, _ value: String, _ documentation: String) {
        precondition(!declared.contains(key), "the key '\(key)' is declared twice")
        declared.append(key)
        properties.append(.init(key, ["const": .string(value), "description": .string(documentation)]))
        requiredKeys.append(.string(key))
        effective.append(.init(key, .string(value)))
    }

    func entry(_ key: String) -> SettingsNode.Entry? {
        guard case .file(_, let entries) = source else { return nil }
        return entries.first { $0.key == key }
    }

    private mutating func declare<Value>(
        _ key: String,
        _ type: SettingType<Value>,
        _ documentation: String,
        isRequired: Bool = false,
        defaultValue: JSONValue? = nil
    ) {
        precondition(!declared.contains(key), "the key '\(key)' is declared twice")
        declared.append(key)
        guard case .description = source else { return }
        if isRequired { requiredKeys.append(.string(key)) }
        var members: [JSONValue.Member] = [.init("description", .string(documentation))]
        if let defaultValue { members.append(.init("default", defaultValue)) }
        properties.append(.init(key, type.schema(&schema).merging(members)))
    }

    private mutating func read<Value>(_ entry: SettingsNode.Entry, _ type: SettingType<Value>) -> Value? {
        if entry.value.isInvalid { return nil }
        if entry.value.isNull {
            let message = "has no value: expected \(type.expected)"
            report(SettingsIssue(at: entry.mark, path: entry.value.path, message: message))
            return nil
        }
        guard let reading = type.read(entry.value, &context) else { return nil }
        effective.append(.init(entry.key, reading.effective))
        return reading.value
    }
}

extension SettingsNode {
    var isInvalid: Bool {
        if case .invalid = content { return true }
        return false
    }

    var isNull: Bool {
        if case .null = content { return true }
        return false
    }
}
