import CSimdjson

/// Compiles a schema, and what it refers to, into a ``SchemaProgram``.
struct SchemaCompiler {
    typealias Place = SchemaLibrary.Place

    var library: SchemaLibrary
    var builder = SchemaProgramBuilder()
    let options: JSONSchemaOptions
    private var nodeOfPlace: [Place: Int32] = [:]
    private var pending: [Place] = []
    private var patternOfText: [String: Int32] = [:]
    private var tableBytes = JSONSchemaOptions.maxTableBytes
    private var dynamicAnchorNames: [String] = []
    /// Nodes that are evaluated for the same value as the node they belong to.
    private var sameValue: [Int32: [Int32]] = [:]

    init(references: [String: [UInt8]], options: JSONSchemaOptions) {
        library = SchemaLibrary(references: references, options: options)
        self.options = options
    }

    /// Compiles a schema's text.
    mutating func compile(_ text: RawSpan) throws(JSONSchemaError) -> SchemaProgram {
        let root = try node(try library.add(text, name: ""))
        repeat {
            while let place = pending.popLast() { try fill(place) }
            try addDynamicAnchors()
        } while !pending.isEmpty
        try refuseCircles()
        return SchemaProgram(builder, root: root, texts: library.texts, textNames: library.names)
    }

    /// The node of a subschema, which is filled later.
    mutating func node(_ place: Place) throws(JSONSchemaError) -> Int32 {
        if let node = nodeOfPlace[place] { return node }
        guard builder.nodes.count < JSONSchemaOptions.maxNodes else {
            throw library.error("there are more than \(JSONSchemaOptions.maxNodes) subschemas", at: place)
        }
        let node = SchemaProgramBuilder.append(SchemaNode(), to: &builder.nodes)
        builder.places.append(place)
        nodeOfPlace[place] = node
        pending.append(place)
        return node
    }

    private mutating func fill(_ place: Place) throws(JSONSchemaError) {
        guard let number = nodeOfPlace[place] else { return }
        let resource = library.resource(of: place)
        var node = SchemaNode(resource: Int32(resource))
        switch library.kind(place) {
        case .true: break
        case .false:
            node.kinds = 0
            node.isNever = true
        case .object:
            var keywords = SchemaKeywordReader(place, number, library.resources[resource].dialect, library)
            try keywords.read(into: &node, &self)
        default: throw library.error("a schema must be an object or a boolean", at: place)
        }
        builder.nodes[Int(number)] = node
    }

    /// The number of a pattern.
    mutating func pattern(_ text: String, at place: Place) throws(JSONSchemaError) -> Int32 {
        if let pattern = patternOfText[text] { return pattern }
        do throws(PatternError) {
            let pattern = try SchemaPattern(text, tableBytes: &tableBytes)
            let number = SchemaProgramBuilder.append(pattern, to: &builder.patterns)
            patternOfText[text] = number
            return number
        } catch let problem {
            throw library.error("not a pattern that can be used: \(problem.reason)", at: place)
        }
    }

    /// The number of a constant.
    mutating func constant(_ place: Place) -> Int32 {
        SchemaProgramBuilder.append(
            SchemaConstant(tape: library.tape(place), index: place.index), to: &builder.constants)
    }

    /// The number of a dynamic anchor's name.
    mutating func dynamicAnchor(_ name: String) -> Int32 {
        if let number = dynamicAnchorNames.firstIndex(of: name) { return Int32(number) }
        dynamicAnchorNames.append(name)
        return Int32(dynamicAnchorNames.count - 1)
    }

    /// Notes that a node is evaluated for the same value as another.
    mutating func addSameValue(_ node: Int32, of outer: Int32) {
        sameValue[outer, default: []].append(node)
    }

    /// Makes nodes of what dynamic references may mean, in all resources that are known by now.
    private mutating func addDynamicAnchors() throws(JSONSchemaError) {
        builder.dynamicAnchors = []
        for (anchor, name) in dynamicAnchorNames.enumerated() {
            for (number, resource) in library.resources.enumerated() {
                guard let place = resource.dynamicAnchors[name] else { continue }
                builder.dynamicAnchors.append(
                    DynamicAnchor(anchor: Int32(anchor), resource: Int32(number), node: try node(place)))
            }
        }
    }

    /// Refuses schemas that would be evaluated for the same value without end.
    private func refuseCircles() throws(JSONSchemaError) {
        enum State { case underWay, done }
        var states: [Int32: State] = [:]
        for start in sameValue.keys.sorted() where states[start] == nil {
            var path: [(node: Int32, next: Int)] = [(start, 0)]
            states[start] = .underWay
            while let (node, next) = path.last {
                let others = sameValue[node] ?? []
                guard next < others.count else {
                    states[node] = .done
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let other = others[next]
                switch states[other] {
                case .done: break
                case .underWay:
                    throw library.error(
                        "refers to itself for the same value, without end", at: builder.places[Int(other)])
                case nil:
                    states[other] = .underWay
                    path.append((other, 0))
                }
            }
        }
    }
}
