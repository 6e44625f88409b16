import CSimdjson

/// Reads the keywords of one subschema.
struct SchemaKeywordReader {
    typealias Place = SchemaLibrary.Place

    private let place: Place
    /// The number of the subschema's node.
    private let number: Int32
    private let dialect: SchemaDialect
    private var members: [String: Place] = [:]
    private let isNew: Bool

    init(_ place: Place, _ number: Int32, _ dialect: SchemaDialect, _ library: SchemaLibrary) {
        self.place = place
        self.number = number
        self.dialect = dialect
        isNew = dialect.draft == .draft2020
        for (name, value) in library.members(place) { members[name] = value }
        // In draft 7 nothing counts beside a reference.
        if !isNew, let reference = members["$ref"] { members = ["$ref": reference] }
    }

    /// Translates all keywords.
    mutating func read(into node: inout SchemaNode, _ compiler: inout SchemaCompiler) throws(JSONSchemaError) {
        if dialect.validates {
            try readTypes(into: &node, compiler.library)
            try readConstants(into: &node, &compiler)
            try readNumberRules(into: &node, &compiler)
        }
        try readStringRules(into: &node, &compiler)
        try readArrayRules(into: &node, &compiler)
        try readObjectRules(into: &node, &compiler)
        try readApplicators(into: &node, &compiler)
        if dialect.hasUnevaluated {
            node.unevaluatedItems = try optionalNode("unevaluatedItems", &compiler)
            node.unevaluatedProperties = try optionalNode("unevaluatedProperties", &compiler)
        }
    }

    // MARK: Types and constants

    private func readTypes(into node: inout SchemaNode, _ library: SchemaLibrary) throws(JSONSchemaError) {
        guard let place = members["type"] else { return }
        let names = library.kind(place) == .array ? library.elements(place) : [place]
        var kinds: UInt8 = 0
        var allowsNumbers = false
        for name in names {
            switch library.string(name) {
            case "null": kinds |= 1 << JSONKind.null.rawValue
            case "boolean": kinds |= 1 << JSONKind.true.rawValue | 1 << JSONKind.false.rawValue
            case "integer": kinds |= 1 << JSONKind.number.rawValue
            case "number":
                kinds |= 1 << JSONKind.number.rawValue
                allowsNumbers = true
            case "string": kinds |= 1 << JSONKind.string.rawValue
            case "array": kinds |= 1 << JSONKind.array.rawValue
            case "object": kinds |= 1 << JSONKind.object.rawValue
            default: throw library.error("not a type", at: name)
            }
        }
        guard !names.isEmpty else { throw library.error("must name a type", at: place) }
        node.kinds = kinds
        node.isIntegersOnly = kinds & (1 << JSONKind.number.rawValue) != 0 && !allowsNumbers
    }

    private func readConstants(
        into node: inout SchemaNode, _ compiler: inout SchemaCompiler
    ) throws(JSONSchemaError) {
        if let place = members["enum"] {
            guard compiler.library.kind(place) == .array else {
                throw compiler.library.error("must be an array", at: place)
            }
            let values = compiler.library.elements(place)
            // An empty one allows nothing.
            if values.isEmpty {
                node.kinds = 0
                node.isNever = true
            }
            node.constants.first = Int32(compiler.builder.constants.count)
            for value in values { _ = compiler.constant(value) }
            node.constants.count = Int32(values.count)
        }
        if let place = members["const"] { node.constant = compiler.constant(place) }
    }

    // MARK: Values of keywords

    func optionalNode(_ keyword: String, _ compiler: inout SchemaCompiler) throws(JSONSchemaError) -> Int32 {
        guard let place = members[keyword] else { return -1 }
        return try compiler.node(place)
    }

    /// A whole number that is not negative; what is too large to matter is cut.
    func count(_ keyword: String, _ library: SchemaLibrary) throws(JSONSchemaError) -> Int? {
        guard dialect.validates, let place = members[keyword] else { return nil }
        guard library.kind(place) == .number else { throw library.error("must be a number", at: place) }
        let number = JSONNumber(library.tape(place).text(library.value(place)))
        guard number.isInteger, number.isZero || !number.isNegative else {
            throw library.error("must be a whole number, 0 at least", at: place)
        }
        let bound = 1_000_000_000_000
        guard number.digitCount + number.exponent <= 12 || number.isZero else { return bound }
        var value = Int(number.mantissa)
        for _ in 0..<(number.isZero ? 0 : number.exponent) { value *= 10 }
        return value
    }

    func flag(_ keyword: String, _ library: SchemaLibrary) throws(JSONSchemaError) -> Bool {
        guard dialect.validates, let place = members[keyword] else { return false }
        switch library.kind(place) {
        case .true: return true
        case .false: return false
        default: throw library.error("must be a boolean", at: place)
        }
    }

    // MARK: Numbers

    private func readNumberRules(
        into node: inout SchemaNode, _ compiler: inout SchemaCompiler
    ) throws(JSONSchemaError) {
        var rules = NumberRules()
        var isThere = false
        let bounds: [(String, WritableKeyPath<NumberRules, Int32>)] = [
            ("minimum", \.minimum), ("maximum", \.maximum), ("exclusiveMinimum", \.exclusiveMinimum),
            ("exclusiveMaximum", \.exclusiveMaximum),
        ]
        for (keyword, path) in bounds {
            guard let place = members[keyword] else { continue }
            if dialect.isDraft4, path == \.exclusiveMinimum || path == \.exclusiveMaximum {
                let bound = path == \.exclusiveMinimum ? \NumberRules.minimum : \.maximum
                guard try flag(keyword, compiler.library) else { continue }
                rules[keyPath: path] = rules[keyPath: bound]
                rules[keyPath: bound] = -1
                continue
            }
            guard compiler.library.kind(place) == .number else {
                throw compiler.library.error("must be a number", at: place)
            }
            rules[keyPath: path] = compiler.constant(place)
            isThere = true
        }
        if let place = members["multipleOf"] {
            let library = compiler.library
            guard library.kind(place) == .number else { throw library.error("must be a number", at: place) }
            let number = JSONNumber(library.tape(place).text(library.value(place)))
            guard !number.isZero, !number.isNegative else { throw library.error("must be above 0", at: place) }
            guard number.digitCount <= JSONNumber.maxShortDigits else {
                throw library.error("must have at most \(JSONNumber.maxShortDigits) digits", at: place)
            }
            (rules.multipleOfMantissa, rules.multipleOfExponent) = (number.mantissa, number.exponent)
            rules.multipleOf = compiler.constant(place)
            isThere = true
        }
        if isThere { node.number = SchemaProgramBuilder.append(rules, to: &compiler.builder.numbers) }
    }

    // MARK: Strings

    private func readStringRules(
        into node: inout SchemaNode, _ compiler: inout SchemaCompiler
    ) throws(JSONSchemaError) {
        var rules = StringRules()
        let library = compiler.library
        let minLength = try count("minLength", library)
        let maxLength = try count("maxLength", library)
        rules.minLength = minLength ?? 0
        rules.maxLength = maxLength ?? .max
        if dialect.validates, let place = members["pattern"] {
            guard let text = library.string(place) else { throw library.error("must be a string", at: place) }
            rules.pattern = try compiler.pattern(text, at: place)
        }
        if compiler.options.assertsFormats || dialect.assertsFormats, let place = members["format"] {
            guard let name = library.string(place) else { throw library.error("must be a string", at: place) }
            rules.format = StringFormat(name: name)?.rawValue ?? 0
        }
        guard minLength != nil || maxLength != nil || rules.pattern >= 0 || rules.format != 0 else { return }
        node.string = SchemaProgramBuilder.append(rules, to: &compiler.builder.strings)
    }

    // MARK: Arrays

    private func readArrayRules(
        into node: inout SchemaNode, _ compiler: inout SchemaCompiler
    ) throws(JSONSchemaError) {
        var rules = ArrayRules()
        let library = compiler.library
        rules.minItems = try count("minItems", library) ?? 0
        rules.maxItems = try count("maxItems", library) ?? .max
        rules.isUnique = try flag("uniqueItems", library)
        if dialect.applies {
            let items = members["items"]
            if isNew {
                if let place = members["prefixItems"] { rules.prefix = try list(place, &compiler) }
                if let items, library.kind(items) == .array {
                    throw library.error("must be a schema; prefixItems takes an array", at: items)
                }
                rules.rest = try optionalNode("items", &compiler)
            } else if let items, library.kind(items) == .array {
                rules.prefix = try list(items, &compiler)
                rules.rest = try optionalNode("additionalItems", &compiler)
            } else {
                rules.rest = try optionalNode("items", &compiler)
            }
            rules.contains = try optionalNode("contains", &compiler)
            rules.marksContained = isNew
            if isNew {
                rules.minContains = try count("minContains", library) ?? 1
                rules.maxContains = try count("maxContains", library) ?? .max
            }
        }
        let isThere =
            rules.minItems > 0 || rules.maxItems < .max || rules.isUnique || rules.prefix.count > 0
            || rules.rest >= 0 || rules.contains >= 0
        if isThere { node.array = SchemaProgramBuilder.append(rules, to: &compiler.builder.arrays) }
    }

    /// The nodes of an array of schemas.
    func list(_ place: Place, _ compiler: inout SchemaCompiler) throws(JSONSchemaError) -> TableRange {
        guard compiler.library.kind(place) == .array else {
            throw compiler.library.error("must be an array of schemas", at: place)
        }
        var nodes: [Int32] = []
        for element in compiler.library.elements(place) { nodes.append(try compiler.node(element)) }
        return SchemaProgramBuilder.append(nodes, to: &compiler.builder.lists)
    }

    // MARK: Applicators

    private func readApplicators(
        into node: inout SchemaNode, _ compiler: inout SchemaCompiler
    ) throws(JSONSchemaError) {
        var applicators: [Applicator] = []
        let resource = compiler.library.resource(of: place)
        if let reference = members["$ref"] {
            let target = try compiler.node(try compiler.library.resolve(at: reference, from: resource))
            applicators.append(add(.reference, [target], &compiler))
        }
        if isNew, let reference = members["$dynamicRef"] {
            applicators.append(try dynamicReference(reference, resource, &compiler))
        }
        if dialect.applies {
            let lists: [(String, Applicator.Kind)] = [("allOf", .allOf), ("anyOf", .anyOf), ("oneOf", .oneOf)]
            for (keyword, kind) in lists {
                guard let place = members[keyword] else { continue }
                let range = try list(place, &compiler)
                guard range.count > 0 else { throw compiler.library.error("must not be empty", at: place) }
                for item in range.indices { compiler.addSameValue(compiler.builder.lists[item], of: number) }
                applicators.append(Applicator(kind: kind, nodes: range))
            }
            if members["not"] != nil { applicators.append(add(.not, [try optionalNode("not", &compiler)], &compiler)) }
            if members["if"] != nil {
                let nodes = [
                    try optionalNode("if", &compiler), try optionalNode("then", &compiler),
                    try optionalNode("else", &compiler),
                ]
                applicators.append(add(.condition, nodes, &compiler))
            }
        }
        node.applicators = SchemaProgramBuilder.append(applicators, to: &compiler.builder.applicators)
    }

    private func add(_ kind: Applicator.Kind, _ nodes: [Int32], _ compiler: inout SchemaCompiler) -> Applicator {
        for node in nodes where node >= 0 { compiler.addSameValue(node, of: number) }
        return Applicator(
            kind: kind, nodes: SchemaProgramBuilder.append(nodes, to: &compiler.builder.lists))
    }

    /// A reference that means what it says, unless that is a dynamic anchor: then the outermost one of its name.
    private func dynamicReference(
        _ reference: Place, _ resource: Int, _ compiler: inout SchemaCompiler
    ) throws(JSONSchemaError) -> Applicator {
        let target = try compiler.library.resolve(at: reference, from: resource)
        let node = try compiler.node(target)
        compiler.addSameValue(node, of: number)
        var anchor: Int32 = -1
        if let text = compiler.library.string(reference), let fragment = URIReference(text).fragment,
            let name = URIReference.decoded(fragment),
            compiler.library.resources[compiler.library.resource(of: target)].dynamicAnchors[name] == target
        {
            anchor = compiler.dynamicAnchor(name)
        }
        return Applicator(
            kind: .dynamicReference,
            nodes: SchemaProgramBuilder.append([node, anchor], to: &compiler.builder.lists))
    }
}

extension SchemaKeywordReader {
    /// A member, if there is one.
    func member(_ keyword: String) -> Place? { members[keyword] }

    /// Whether the keywords of validation count.
    var validates: Bool { dialect.validates }
    /// Whether the keywords that apply schemas count.
    var applies: Bool { dialect.applies }
    /// Whether the draft is 2020-12.
    var isDraft2020: Bool { isNew }
    /// The subschema's node.
    var node: Int32 { number }
}
