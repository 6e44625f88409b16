/// Merges a message of an older release with that of a newer one, so that versions which only the older one has stay
/// readable.
///
/// A version that both have is as the newer one says. The result is checked: at each version it has exactly the fields,
/// in the same order, that the release which the version was taken from has.
struct Merge {
    let older: Message
    let newer: Message
    /// The versions that only the older one has.
    let olderVersions: [Int]
    let newerVersions: [Int]

    init(older: Message, newer: Message) {
        self.older = older
        self.newer = newer
        newerVersions = Array(newer.versions.low...newer.versions.high)
        olderVersions = (older.versions.low...older.versions.high).filter { !newer.versions.contains($0) }
    }

    func merged() throws(ToolError) -> Message {
        var result = newer
        result.versions = older.versions.union(newer.versions)
        result.flexible = try range("flexible versions", older.flexible, newer.flexible)
        result.fields = try merge(older.fields, newer.fields)
        result.structures = []
        for structure in newer.structures {
            let fields = older.structure(structure.name)?.fields ?? []
            result.structures.append(Structure(name: structure.name, fields: try merge(fields, structure.fields)))
        }
        for structure in older.structures where newer.structure(structure.name) == nil {
            let fields = try merge(structure.fields, [])
            if !fields.isEmpty { result.structures.append(Structure(name: structure.name, fields: fields)) }
        }
        for (versions, source) in [(olderVersions, older), (newerVersions, newer)] {
            for version in versions {
                let expected = Self.projection(source, source.fields, version)
                let actual = Self.projection(result, result.fields, version)
                guard expected == actual else {
                    throw ToolError("\(newer.name) v\(version): merged\n\(actual)\nshould be\n\(expected)")
                }
            }
        }
        return result
    }

    private func merge(_ old: [Field], _ new: [Field]) throws(ToolError) -> [Field] {
        var result: [Field] = []
        for field in new {
            let match = old.first { $0.name == field.name }
            if let merged = try merge(match, field) { result.append(merged) }
        }
        // What only the older release has goes behind the field that it followed there.
        var previous: String?
        for field in old {
            if !result.contains(where: { $0.name == field.name }), let merged = try merge(field, nil) {
                let index = previous.flatMap { name in result.firstIndex { $0.name == name } }
                result.insert(merged, at: index.map { $0 + 1 } ?? 0)
            }
            if result.contains(where: { $0.name == field.name }) { previous = field.name }
        }
        return result
    }

    private func merge(_ old: Field?, _ new: Field?) throws(ToolError) -> Field? {
        guard var result = new ?? old else { return nil }
        let what = "\(newer.name).\(result.name)"
        guard let versions = try range(what, old?.versions, new?.versions) else { return nil }
        if let old, let new, !old.isStructure || !new.isStructure, old.type != new.type {
            throw ToolError("\(what) was \(old.type) and is \(new.type)")
        }
        if let old, let new, old.tagged != nil, old.defaultValue != new.defaultValue {
            throw ToolError("\(what): the default of a tagged field changed")
        }
        if let old, let new, old.tagged != nil, new.tagged != nil, old.tag != new.tag {
            throw ToolError("\(what): the tag changed")
        }
        result.versions = versions
        result.nullable = try range(what, old?.nullable, new?.nullable)
        result.tagged = try range(what, old?.tagged, new?.tagged)
        result.tag = new?.tag ?? old?.tag
        result.entityType = new?.entityType ?? old?.entityType
        result.fields = try merge(old?.fields ?? [], new?.fields ?? [])
        return result
    }

    /// The versions in which either says so, each for the versions that are taken from it.
    private func range(_ what: String, _ old: VersionRange?, _ new: VersionRange?) throws(ToolError) -> VersionRange? {
        let all = (olderVersions + newerVersions).sorted()
        let versions = all.filter { version in
            (newer.versions.contains(version) ? new : old)?.contains(version) ?? false
        }
        guard let first = versions.first, let last = versions.last else { return nil }
        guard versions == all.filter({ $0 >= first && $0 <= last }) else {
            throw ToolError("\(what) has gaps: \(versions)")
        }
        return VersionRange(first, last == all.last ? VersionRange.open : last)
    }

    /// What a message has on the wire at a version, as text.
    static func projection(_ message: Message, _ fields: [Field], _ version: Int) -> String {
        var text = "{"
        for field in fields where field.versions.contains(version) {
            text += field.name
            text += field.isStructure ? (field.isArray ? "[]" : "") : field.type
            if field.nullable?.contains(version) ?? false { text += "?" }
            if field.tagged?.contains(version) ?? false { text += "#\(field.tag ?? -1)" }
            if field.isStructure { text += projection(message, message.children(of: field), version) }
            text += " "
        }
        return text + (message.isFlexible(version) ? "}+" : "}")
    }
}
