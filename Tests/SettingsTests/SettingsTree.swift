import Settings

/// A tree of settings as tests write it; each key is on a line of its own.
indirect enum SettingsTree: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
    case plain(String)
    case quoted(String)
    /// What variables were expanded in: what came of it, and what was written.
    case expanded(String, from: String)
    case list([SettingsTree])
    case mapping([(String, SettingsTree)])
    case empty

    init(stringLiteral value: String) { self = .plain(value) }
    init(arrayLiteral elements: SettingsTree...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, SettingsTree)...) { self = .mapping(elements) }

    /// The tree, of a file called `test.yaml`.
    var node: SettingsNode {
        var line = 0
        return node(path: "", line: &line)
    }

    private func node(path: String, line: inout Int) -> SettingsNode {
        let mark = SettingsMark(file: "test.yaml", line: max(1, line), column: 9)
        switch self {
        case .plain(let text): return SettingsNode(.scalar(.init(text: text)), mark: mark, path: path)
        case .quoted(let text): return SettingsNode(.scalar(.init(text: text, isQuoted: true)), mark: mark, path: path)
        case .expanded(let text, let written):
            return SettingsNode(.scalar(.init(text: text, written: written)), mark: mark, path: path)
        case .empty: return SettingsNode(.null, mark: mark, path: path)
        case .list(let elements):
            let nodes = elements.enumerated().map { index, element in
                element.node(path: SettingsNode.path(path, index: index), line: &line)
            }
            return SettingsNode(.sequence(nodes), mark: mark, path: path)
        case .mapping(let members):
            let entries = members.map { key, value in
                line += 1
                let mark = SettingsMark(file: "test.yaml", line: line, column: 1)
                let node = value.node(path: SettingsNode.path(path, key: key), line: &line)
                return SettingsNode.Entry(key: key, mark: mark, value: node)
            }
            return SettingsNode(.mapping(entries), mark: mark, path: path)
        }
    }
}

extension SettingType {
    /// What comes of reading `tree`, with an environment and files of the test's own.
    func decode(
        _ tree: SettingsTree,
        variables: [String: String] = [:],
        files: [String: String] = [:]
    ) -> SettingsResult<Value> {
        decode(tree.node, baseDirectory: "/etc/sluice", environment: .of(variables: variables, files: files))
    }

    /// What is wrong with `tree`, one line an issue.
    func issues(_ tree: SettingsTree) -> [String] {
        decode(tree).issues.map(\.description)
    }

    /// What is wrong with a single value, without its place; `nil` when nothing is.
    func problem(_ tree: SettingsTree) -> String? {
        decode(tree).issues.first?.message
    }
}

extension SettingsEnvironment {
    /// An environment of these variables, and files of these contents.
    static func of(variables: [String: String] = [:], files: [String: String] = [:]) -> SettingsEnvironment {
        SettingsEnvironment(
            variable: { variables[$0] },
            contents: { path, maxBytes in
                guard let text = files[path] else { return .failure(SettingProblem("cannot read '\(path)'")) }
                return text.utf8.count > maxBytes
                    ? .failure(SettingProblem("'\(path)' is larger than \(maxBytes)B")) : .success(Array(text.utf8))
            },
            isReadable: { files[$0] != nil }
        )
    }
}
