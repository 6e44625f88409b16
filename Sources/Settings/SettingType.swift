/// What a setting may be: how its text becomes a value, how JSON Schema describes it, and how it is shown.
///
/// One value of this type serves reading, the schema and the dump alike, so nothing about a setting is said twice.
/// Take the ones that are here (`.duration(…)`, `.address(…)`, `.list(of: …)`), or make others of them with
/// ``mapped(_:)`` and ``checked(_:)``.
public struct SettingType<Value: Sendable>: Sendable {
    /// What errors say was expected: `a duration such as 250ms or 5s`.
    let expected: String
    /// Its JSON Schema.
    let schema: @Sendable (inout SettingsSchema) -> JSONValue
    /// The value of a node; `nil` when issues were recorded.
    let read: @Sendable (SettingsNode, inout SettingsContext) -> SettingReading<Value>?
    /// The value as the dump shows it; `nil` where only reading knows.
    let render: @Sendable (Value) -> JSONValue?
}

/// A value that was read, and how the dump of the effective configuration shows it.
struct SettingReading<Value: Sendable>: Sendable {
    var value: Value
    var effective: JSONValue
}

/// What is at hand while settings are read.
struct SettingsContext: Sendable {
    /// The folder of the configuration file: paths in it are relative to this.
    let baseDirectory: String
    let environment: SettingsEnvironment
    var issues: [SettingsIssue] = []
    var hidden: [HiddenValue] = []
    /// Clusters that settings refer to by name.
    var clusterNames: [Located<String>] = []

    mutating func report(_ message: String, at node: SettingsNode, suggestion: String? = nil) {
        issues.append(SettingsIssue(at: node.mark, path: node.path, message: message, suggestion: suggestion))
    }

    mutating func report(_ problem: SettingProblem, at node: SettingsNode) {
        report(problem.message, at: node, suggestion: problem.suggestion)
    }

    /// `path`, with the configuration file's folder before it when it is relative.
    func resolve(_ path: String) -> String {
        if path.hasPrefix("/") || baseDirectory.isEmpty { return path }
        return baseDirectory.hasSuffix("/") ? baseDirectory + path : "\(baseDirectory)/\(path)"
    }
}

// MARK: - Making types

extension SettingType {
    /// A setting that is written as one value.
    ///
    /// - Parameters:
    ///   - expected: What errors say was expected, with an article: `a duration such as 5s`.
    ///   - schema: Its JSON Schema.
    ///   - parse: Makes the value of the text; `nil` when the text is not of the expected form, a problem when it is but
    ///     cannot be accepted.
    ///   - render: How the value is written; must be accepted by `parse`.
    /// - Returns: The type of the setting.
    public static func scalar(
        expected: String,
        schema: JSONValue,
        parse: @escaping @Sendable (_ text: String) throws(SettingProblem) -> Value?,
        render: @escaping @Sendable (_ value: Value) -> JSONValue
    ) -> SettingType {
        scalar(
            expected: expected,
            schema: schema,
            parseScalar: { (scalar: SettingsNode.Scalar) throws(SettingProblem) -> Value? in try parse(scalar.text) },
            render: render
        )
    }

    /// As ``scalar(expected:schema:parse:render:)``, for types to which quotes make a difference.
    static func scalar(
        expected: String,
        schema: JSONValue,
        parseScalar: @escaping @Sendable (SettingsNode.Scalar) throws(SettingProblem) -> Value?,
        render: @escaping @Sendable (Value) -> JSONValue
    ) -> SettingType {
        SettingType(
            expected: expected,
            schema: { $0.orVariable(schema) },
            read: { node, context in
                guard case .scalar(let scalar) = node.content else {
                    context.report("expected \(expected), found \(node.found)", at: node)
                    return nil
                }
                do throws(SettingProblem) {
                    if let value = try parseScalar(scalar) {
                        return SettingReading(value: value, effective: render(value))
                    }
                    context.report("expected \(expected), found \(node.found)", at: node)
                } catch {
                    context.report(error, at: node)
                }
                return nil
            },
            render: { render($0) }
        )
    }

    /// A setting that is a mapping with keys of its own, which `read` declares and reads.
    public static func structure(
        _ read: @escaping @Sendable (_ reader: inout SettingsReader) -> Value?
    ) -> SettingType {
        SettingType(
            expected: "a mapping",
            schema: { schema in
                var reader = SettingsReader(describing: schema)
                _ = read(&reader)
                return reader.finishDescription(&schema)
            },
            read: { node, context in
                guard case .mapping = node.content else {
                    context.report("expected a mapping, found \(node.found)", at: node)
                    return nil
                }
                var reader = SettingsReader(node, context)
                let value = read(&reader)
                assert(value == nil || reader.declaresTheSameKeys(as: .description(of: read)), unconditionalKeys)
                return reader.finish(value, &context)
            },
            render: { _ in nil }
        )
    }
}

/// The rule that every reader of settings keeps.
let unconditionalKeys = "every key must be declared whatever the values of the others are"

extension SettingsReader {
    /// What `read` declares when there is no file.
    static func description<Value>(of read: (inout SettingsReader) -> Value?) -> SettingsReader {
        var reader = SettingsReader(describing: SettingsSchema())
        _ = read(&reader)
        return reader
    }
}

// MARK: - Making types of types

extension SettingType {
    /// The same setting, its value made into another.
    ///
    /// - Parameters:
    ///   - transform: Makes the other value.
    ///   - show: How the other value is written, in the dump and as a default. Without it the dump shows what was read,
    ///     and defaults are not shown.
    /// - Returns: The other type of setting.
    public func mapped<Other: Sendable>(
        _ transform: @escaping @Sendable (Value) -> Other,
        show: (@Sendable (Other) -> JSONValue)? = nil
    ) -> SettingType<Other> {
        let read = read
        return SettingType<Other>(
            expected: expected,
            schema: schema,
            read: { node, context in
                read(node, &context).map { reading in
                    let other = transform(reading.value)
                    return SettingReading(value: other, effective: show.map { $0(other) } ?? reading.effective)
                }
            },
            render: { other in show.map { $0(other) } }
        )
    }

    /// The same setting, refused when `problem` has something to say about its value.
    public func checked(_ problem: @escaping @Sendable (Value) -> SettingProblem?) -> SettingType {
        let read = read
        return SettingType(
            expected: expected,
            schema: schema,
            read: { node, context in
                guard let reading = read(node, &context) else { return nil }
                guard let found = problem(reading.value) else { return reading }
                context.report(found, at: node)
                return nil
            },
            render: render
        )
    }

    /// The setting `type`, with where it was read.
    public static func located<Inner>(_ type: SettingType<Inner>) -> SettingType where Value == Located<Inner> {
        let read = type.read
        let render = type.render
        return SettingType(
            expected: type.expected,
            schema: type.schema,
            read: { node, context in
                read(node, &context).map { reading in
                    let value = Located(reading.value, mark: node.mark, path: node.path)
                    return SettingReading(value: value, effective: reading.effective)
                }
            },
            render: { render($0.value) }
        )
    }

    /// The same setting, described once in the schema under `name`; for what stands in many places.
    public func named(_ name: String) -> SettingType {
        let schema = schema
        return SettingType(
            expected: expected,
            schema: { builder in builder.reference(to: name) { schema(&$0) } },
            read: read,
            render: render
        )
    }
}

// MARK: - Running

/// What came of reading settings.
public struct SettingsResult<Value: Sendable>: Sendable {
    /// The value; `nil` when there are issues.
    public var value: Value?
    /// All that is wrong, in the order of the file.
    public var issues: [SettingsIssue]
    /// The settings in effect, defaults included and secrets redacted; `null` when there are issues.
    public var effective: JSONValue
    /// What of the settings does not show in ``effective``: secrets, and the contents of files.
    public var hidden: [HiddenValue]
}

extension SettingType {
    /// Reads `node` and collects everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - node: The value in the file.
    ///   - baseDirectory: The folder that relative paths start from; empty for the working directory.
    ///   - environment: Where files and variables are read.
    ///   - issues: What was found before (in the file's syntax), to be shown along.
    /// - Returns: The value, or what is wrong.
    public func decode(
        _ node: SettingsNode,
        baseDirectory: String = "",
        environment: SettingsEnvironment = .process,
        issues: [SettingsIssue] = []
    ) -> SettingsResult<Value> {
        var context = SettingsContext(baseDirectory: baseDirectory, environment: environment, issues: issues)
        let reading = read(node, &context)
        guard let reading, context.issues.isEmpty else {
            return SettingsResult(value: nil, issues: context.issues.sorted(), effective: .null, hidden: [])
        }
        return SettingsResult(
            value: reading.value, issues: [], effective: reading.effective, hidden: context.hidden)
    }

    /// The JSON Schema (2020-12) of a document of this type.
    public func jsonSchema(title: String, description: String) -> JSONValue {
        var builder = SettingsSchema()
        let root = schema(&builder)
        return builder.document(root, title: title, description: description)
    }
}
