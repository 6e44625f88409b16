extension SchemaKeywordReader {
    /// The names that a subschema mentions, each once.
    private struct Names {
        private(set) var all: [String] = []
        private(set) var nodes: [Int32] = []
        private var places: [String: Int32] = [:]

        mutating func place(_ name: String) -> Int32 {
            if let place = places[name] { return place }
            let place = Int32(all.count)
            places[name] = place
            all.append(name)
            nodes.append(-1)
            return place
        }

        mutating func set(_ name: String, to node: Int32) {
            nodes[Int(place(name))] = node
        }
    }

    /// Translates the keywords of objects.
    func readObjectRules(
        into node: inout SchemaNode, _ compiler: inout SchemaCompiler
    ) throws(JSONSchemaError) {
        var rules = ObjectRules()
        var names = Names()
        rules.minProperties = try count("minProperties", compiler.library) ?? 0
        rules.maxProperties = try count("maxProperties", compiler.library) ?? .max
        if applies {
            for (name, value) in try schemas("properties", compiler.library) {
                names.set(name, to: try compiler.node(value))
            }
            var patterns: [Int32] = []
            for (pattern, value) in try schemas("patternProperties", compiler.library) {
                patterns.append(try compiler.pattern(pattern, at: value))
                patterns.append(try compiler.node(value))
            }
            rules.patterns = SchemaProgramBuilder.append(patterns, to: &compiler.builder.lists)
            rules.additional = try optionalNode("additionalProperties", &compiler)
            rules.propertyNames = try optionalNode("propertyNames", &compiler)
        }
        if validates, let place = member("required") {
            let required = try strings(place, compiler.library).map { names.place($0) }
            rules.required = SchemaProgramBuilder.append(required, to: &compiler.builder.lists)
        }
        rules.dependents = try dependents(&names, &compiler)
        rules.visitsMembers =
            !names.all.isEmpty || rules.patterns.count > 0 || rules.additional >= 0 || rules.propertyNames >= 0
        guard rules.visitsMembers || rules.minProperties > 0 || rules.maxProperties < .max else { return }
        add(names, to: &rules, &compiler.builder)
        node.object = SchemaProgramBuilder.append(rules, to: &compiler.builder.objects)
    }

    private func schemas(
        _ keyword: String, _ library: SchemaLibrary
    ) throws(JSONSchemaError) -> [(name: String, value: Place)] {
        guard let place = member(keyword) else { return [] }
        guard library.kind(place) == .object else { throw library.error("must be an object", at: place) }
        return library.members(place)
    }

    private func strings(_ place: Place, _ library: SchemaLibrary) throws(JSONSchemaError) -> [String] {
        guard library.kind(place) == .array else { throw library.error("must be an array", at: place) }
        var result: [String] = []
        for element in library.elements(place) {
            guard let text = library.string(element) else { throw library.error("must be a string", at: element) }
            result.append(text)
        }
        return result
    }

    /// `dependentRequired`, `dependentSchemas`, and `dependencies`, which was both (and still is, for old schemas).
    private func dependents(
        _ names: inout Names, _ compiler: inout SchemaCompiler
    ) throws(JSONSchemaError) -> TableRange {
        var rules: [DependentRule] = []
        for keyword in isDraft2020 ? ["dependentRequired", "dependentSchemas", "dependencies"] : ["dependencies"] {
            if keyword == "dependentRequired" ? !validates : !applies { continue }
            for (name, value) in try schemas(keyword, compiler.library) {
                var rule = DependentRule(name: names.place(name))
                let isNames = keyword == "dependentRequired" || compiler.library.kind(value) == .array
                if isNames, keyword != "dependentSchemas" {
                    let required = try strings(value, compiler.library).map { names.place($0) }
                    rule.required = SchemaProgramBuilder.append(required, to: &compiler.builder.lists)
                } else {
                    rule.node = try compiler.node(value)
                    compiler.addSameValue(rule.node, of: node)
                }
                rules.append(rule)
            }
        }
        return SchemaProgramBuilder.append(rules, to: &compiler.builder.dependents)
    }

    /// Adds the names, and the table by which they are found.
    private func add(_ names: Names, to rules: inout ObjectRules, _ builder: inout SchemaProgramBuilder) {
        var entries: [NameEntry] = []
        var capacity = 2
        while capacity < names.all.count * 2 { capacity *= 2 }
        var slots = Array(repeating: Int32(-1), count: capacity)
        for (place, name) in names.all.enumerated() {
            let bytes = Array(name.utf8)
            entries.append(
                NameEntry(
                    offset: Int32(builder.nameBytes.count), length: Int32(bytes.count), node: names.nodes[place]))
            builder.nameBytes += bytes
            var slot = Int(bytes.withUnsafeBufferPointer { NameEntry.hash($0) }) & (capacity - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (capacity - 1) }
            slots[slot] = Int32(place)
        }
        rules.names = SchemaProgramBuilder.append(entries, to: &builder.names)
        rules.slots = SchemaProgramBuilder.append(slots, to: &builder.lists)
    }
}
