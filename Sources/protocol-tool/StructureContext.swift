/// A structure of a message as the generator sees it: its fields, and the versions it can occur in.
struct StructureContext {
    /// The Swift type's name.
    var name: String
    var fields: [Field]
    /// The versions in which something holds this structure; tests of versions outside are left out of the code.
    var versions: VersionRange

    /// The message itself and all its structures, each once, in the order of their first use.
    static func all(of message: Message) throws(ToolError) -> [StructureContext] {
        var contexts = [StructureContext(name: message.name, fields: message.fields, versions: message.versions)]
        try collect(message, contexts[0], &contexts)
        return contexts
    }

    private static func collect(
        _ message: Message, _ parent: StructureContext, _ contexts: inout [StructureContext]
    ) throws(ToolError) {
        for field in parent.fields where field.isStructure {
            guard let versions = field.versions.intersection(parent.versions) else { continue }
            let children = message.children(of: field)
            guard !children.isEmpty else { throw ToolError("\(message.name): no structure \(field.elementType)") }
            var context = StructureContext(name: field.elementType, fields: children, versions: versions)
            if let index = contexts.firstIndex(where: { $0.name == context.name }) {
                guard message.structure(field.elementType) != nil else {
                    throw ToolError("\(message.name): two structures \(field.elementType)")
                }
                context.versions = contexts[index].versions.union(versions)
                contexts[index] = context
            } else {
                contexts.append(context)
            }
            try collect(message, context, &contexts)
        }
    }
}

extension Message {
    /// How few bytes an element of a field's array can take, over the versions that have it.
    func minimumElementSize(_ field: Field, in versions: VersionRange) -> Int {
        let range = field.versions.intersection(versions) ?? versions
        var minimum = Int.max
        for version in range.low...min(range.high, self.versions.high) {
            minimum = min(minimum, minimumSize(ofElement: field, version))
        }
        return max(1, minimum)
    }

    private func minimumSize(ofElement field: Field, _ version: Int) -> Int {
        let flexible = isFlexible(version)
        switch field.elementType {
        case "bool", "int8": return 1
        case "int16", "uint16": return 2
        case "int32", "uint32": return 4
        case "int64", "float64": return 8
        case "uuid": return 16
        case "string": return flexible && !field.neverFlexible ? 1 : 2
        case "bytes", "records": return flexible ? 1 : 4
        default:
            var size = flexible ? 1 : 0
            for child in children(of: field) where child.versions.contains(version) {
                if child.tagged?.contains(version) ?? false { continue }
                if child.isArray {
                    size += flexible ? 1 : 4
                } else if child.isStructure, child.nullable?.contains(version) ?? false {
                    size += 1
                } else {
                    size += minimumSize(ofElement: child, version)
                }
            }
            return size
        }
    }
}
