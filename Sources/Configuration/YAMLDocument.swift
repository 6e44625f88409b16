package import Settings
import Yams

/// A YAML file as a tree of settings, and what is wrong with its syntax.
///
/// Anchors, aliases and merge keys (`<<`) are resolved; variables of the environment are expanded; a key that stands twice
/// in one mapping is an error.
package struct YAMLDocument: Sendable {
    /// The whole file; `nil` when it cannot be parsed or is empty.
    package let root: SettingsNode?
    /// What is wrong. There may be issues and a root, so that other mistakes can be shown along.
    package let issues: [SettingsIssue]

    /// The most values a file may hold once its aliases are expanded, so that a few lines cannot become millions.
    package static let maxValues = 200_000
    /// How deep values may be nested once aliases are expanded.
    package static let maxDepth = 100

    /// Parses `text`.
    ///
    /// - Parameters:
    ///   - text: The YAML.
    ///   - file: The name that errors show.
    ///   - environment: Where variables come from.
    package init(_ text: String, file: String, environment: SettingsEnvironment) {
        var composition = YAMLComposition(text, file: file)
        let node = composition.compose()
        var builder = YAMLTreeBuilder(file: file, environment: environment, composition: composition)
        root = node.flatMap { builder.build($0) }
        // What is wrong behind an anchor is found at each of its aliases, and is still one mistake.
        var seen: Set<[String]> = []
        issues = builder.issues.sorted().filter { seen.insert(["\($0.line):\($0.column)", $0.message]).inserted }
    }
}

/// Makes settings of the parser's nodes.
private struct YAMLTreeBuilder {
    let file: String
    let environment: SettingsEnvironment
    let composition: YAMLComposition
    var issues: [SettingsIssue]
    private var values = 0

    init(file: String, environment: SettingsEnvironment, composition: YAMLComposition) {
        self.file = file
        self.environment = environment
        self.composition = composition
        issues = composition.issues
    }

    /// The tree of a document; `nil` when it is too large to be one.
    mutating func build(_ node: Node) -> SettingsNode? {
        let root = tree(node, path: "", depth: 0)
        if values > YAMLDocument.maxValues {
            issues = [
                SettingsIssue(
                    at: mark(node),
                    path: "",
                    message: "has more than \(YAMLDocument.maxValues) values once its aliases are expanded"
                )
            ]
            return nil
        }
        return root
    }

    private func mark(_ node: Node) -> SettingsMark {
        SettingsMark(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    private mutating func report(_ message: String, at node: Node, path: String) {
        issues.append(SettingsIssue(at: mark(node), path: path, message: message))
    }

    private mutating func reportTag(_ tag: Tag, at node: Node, path: String) {
        report("the tag '\(tag.description)' has no meaning here", at: node, path: path)
    }

    /// Whether a list or mapping has no tag but its own; another is recorded as an issue.
    private mutating func hasNoTag(_ tag: Tag, _ own: Tag.Name, at node: Node, path: String) -> Bool {
        if ["", "!", own.rawValue].contains(tag.description) { return true }
        reportTag(tag, at: node, path: path)
        return false
    }

    private mutating func tree(_ node: Node, path: String, depth: Int) -> SettingsNode {
        values += 1
        let invalid = SettingsNode(.invalid, mark: mark(node), path: path)
        guard values <= YAMLDocument.maxValues else { return invalid }
        guard depth <= YAMLDocument.maxDepth else {
            report("is nested more than \(YAMLDocument.maxDepth) levels deep", at: node, path: path)
            return invalid
        }
        switch node {
        case .scalar(let scalar):
            return SettingsNode(content(of: scalar, node: node, path: path), mark: mark(node), path: path)
        case .sequence(let sequence):
            guard hasNoTag(sequence.tag, .seq, at: node, path: path) else { return invalid }
            let elements = sequence.enumerated().map { index, element in
                tree(element, path: SettingsNode.path(path, index: index), depth: depth + 1)
            }
            return SettingsNode(.sequence(elements), mark: mark(node), path: path)
        case .mapping(let mapping):
            guard hasNoTag(mapping.tag, .map, at: node, path: path) else { return invalid }
            let entries = entries(of: mapping, path: path, depth: depth)
            return SettingsNode(.mapping(entries), mark: mark(node), path: path)
        case .alias:
            report("an alias that leads nowhere", at: node, path: path)
            return invalid
        }
    }

    private mutating func content(of scalar: Node.Scalar, node: Node, path: String) -> SettingsNode.Content {
        let isString: Bool
        switch scalar.tag.description {
        case "tag:yaml.org,2002:str", "!": isString = true
        case "", "?": isString = scalar.style != .plain && scalar.style != .any
        default:
            reportTag(scalar.tag, at: node, path: path)
            return .invalid
        }
        if !isString, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null }
        do throws(SettingProblem) {
            let expansion = try VariableExpansion(scalar.string, environment: environment)
            return .scalar(
                SettingsNode.Scalar(
                    text: expansion.text,
                    written: expansion.hasVariables ? scalar.string : nil,
                    isQuoted: isString
                )
            )
        } catch {
            report(error.message, at: node, path: path)
            return .invalid
        }
    }

    private mutating func entries(of mapping: Node.Mapping, path: String, depth: Int) -> [SettingsNode.Entry] {
        var entries: [SettingsNode.Entry] = []
        var known: Set<String> = []
        var merged: [Node] = []
        var repeated: [String: SettingsMark] = [:]
        // Counted like a value: merging the same mapping again and again adds nothing but takes time.
        values += 1
        guard values <= YAMLDocument.maxValues, depth <= YAMLDocument.maxDepth else { return [] }
        for (keyNode, valueNode) in mapping {
            guard case .scalar(let key) = keyNode else {
                report("a key must be a single value", at: keyNode, path: path)
                continue
            }
            if let dropped = composition.droppedKey(key.string) {
                repeated[dropped.name] = dropped.mark
                continue
            }
            if key.string == "<<", key.style == .plain {
                merged.append(valueNode)
                continue
            }
            known.insert(key.string)
            let value = tree(valueNode, path: SettingsNode.path(path, key: key.string), depth: depth + 1)
            entries.append(SettingsNode.Entry(key: key.string, mark: mark(keyNode), value: value))
        }
        for entry in entries {
            guard let first = repeated[entry.key] else { continue }
            let message = "stands twice in one mapping, first on line \(first.line)"
            issues.append(SettingsIssue(at: entry.mark, path: entry.value.path, message: message))
        }
        for node in merged {
            for source in sources(of: node, path: path) {
                for entry in self.entries(of: source, path: path, depth: depth + 1)
                where known.insert(entry.key).inserted {
                    entries.append(entry)
                }
            }
        }
        return entries
    }

    /// The mappings behind a merge key: one, or a list of them, of which the first to have a key wins.
    private mutating func sources(of node: Node, path: String) -> [Node.Mapping] {
        switch node {
        case .mapping(let mapping): return [mapping]
        case .sequence(let sequence): return sequence.flatMap { sources(of: $0, path: path) }
        case .scalar, .alias:
            report("'<<' merges a mapping or a list of mappings", at: node, path: path)
            return []
        }
    }
}
