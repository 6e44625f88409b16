package import Settings

/// One setting that differs between two configurations.
package struct SettingChange: Sendable, Hashable {
    /// The keys and indices that lead to it, as `rules[0].to`.
    package let path: String
    /// What it was; nil if it was not there.
    package let from: JSONValue?
    /// What it is; nil if it is not there any more.
    package let to: JSONValue?
    /// True if the setting says the same as before, but the secret or the file behind it has other contents.
    package var isContents: Bool { from == nil && to == nil }

    /// What differs between two values that stand at the same path; nothing if they mean the same.
    static func between(_ old: JSONValue?, _ new: JSONValue?, at path: String) -> [SettingChange] {
        switch (old, new) {
        case (nil, nil): return []
        case (.object(let before)?, .object(let after)?):
            let keys = after.map(\.key) + before.map(\.key).filter { key in !after.contains { $0.key == key } }
            return keys.flatMap { key in
                between(old?[key], new?[key], at: path.isEmpty ? key : SettingsNode.path(path, key: key))
            }
        case (.array(let before)?, .array(let after)?): return between(before, after, at: path)
        case (let old?, let new?) where old.means(new): return []
        default: return [SettingChange(path: path, from: old, to: new)]
        }
    }

    /// What stands the same at the beginning and at the end of both lists is passed over, so that an element that came
    /// or went does not look like a change of all behind it.
    private static func between(_ old: [JSONValue], _ new: [JSONValue], at path: String) -> [SettingChange] {
        func isSame(_ a: JSONValue, _ b: JSONValue) -> Bool { between(a, b, at: "").isEmpty }
        let before = zip(old, new).prefix { isSame($0, $1) }.count
        let most = min(old.count, new.count) - before
        let behind = zip(old.reversed(), new.reversed()).prefix(most).prefix { isSame($0, $1) }.count
        let gone = old.dropFirst(before).dropLast(behind)
        let come = new.dropFirst(before).dropLast(behind)
        return (before..<before + max(gone.count, come.count)).flatMap { index in
            between(
                gone.indices.contains(index) ? gone[index] : nil, come.indices.contains(index) ? come[index] : nil,
                at: SettingsNode.path(path, index: index))
        }
    }
}

extension ConfigurationOutline.Part {
    /// What differs between this part and the one that takes its place; nothing if they are the same.
    func changes(to new: ConfigurationOutline.Part) -> [SettingChange] {
        let shown = SettingChange.between(settings, new.settings, at: "")
        let hidden = Set(hidden).symmetricDifference(new.hidden).map(\.path)
        let contents = Set(hidden).filter { path in !shown.contains { $0.path == path } }.sorted()
        return shown + contents.map { SettingChange(path: $0, from: nil, to: nil) }
    }
}

extension JSONValue {
    /// True if both say the same, however a number is written.
    fileprivate func means(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.integer(let integer), .number(let number)), (.number(let number), .integer(let integer)):
            Double(integer) == number
        default: self == other
        }
    }
}
