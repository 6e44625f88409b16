import CSimdjson

/// The texts of schemas that one compilation uses, and what is where in them: resources, anchors, subschemas.
struct SchemaLibrary {
    typealias Place = SchemaPlace

    /// A schema with a URI of its own (`$id`), or a text as a whole.
    struct Resource {
        let uri: String
        let root: Place
        let dialect: SchemaDialect
        var anchors: [String: Place] = [:]
        var dynamicAnchors: [String: Place] = [:]
    }

    private(set) var texts: [JSONText] = []
    /// The URIs or names of the texts; empty for the schema that is compiled.
    private(set) var names: [String] = []
    private(set) var resources: [Resource] = []
    private var resourceOfURI: [String: Int] = [:]
    private var resourceOfPlace: [Place: Int] = [:]
    private var references: [String: [UInt8]]
    private let options: JSONSchemaOptions
    private var bytesLeft: Int
    /// Metaschemas whose vocabularies are being looked up, which must not ask for themselves.
    private var metaschemasUnderWay: Set<String> = []

    init(references: [String: [UInt8]], options: JSONSchemaOptions) {
        self.references = references
        self.options = options
        bytesLeft = options.maxSchemaBytes
    }

    // MARK: Reading

    func tape(_ place: Place) -> JSONTape { texts[place.document].tape }

    func value(_ place: Place) -> sluice_json_value { tape(place)[place.index] }

    func kind(_ place: Place) -> JSONKind { value(place).kind }

    /// A string's text.
    func string(_ place: Place) -> String? {
        let value = value(place)
        guard value.kind == .string else { return nil }
        var arena = ScratchArena()
        defer { arena.free() }
        return String(decoding: tape(place).string(value, &arena), as: UTF8.self)
    }

    /// An array's elements.
    func elements(_ place: Place) -> [Place] {
        tape(place).children(of: place.index).map { Place(document: place.document, index: $0) }
    }

    /// An object's members, in their order.
    func members(_ place: Place) -> [(name: String, value: Place)] {
        guard kind(place) == .object else { return [] }
        return tape(place).children(of: place.index).map { name in
            (
                string(Place(document: place.document, index: name)) ?? "",
                Place(document: place.document, index: name + 1)
            )
        }
    }

    /// An object's member.
    func member(_ name: String, of place: Place) -> Place? {
        guard kind(place) == .object else { return nil }
        let tape = tape(place)
        var wanted = name
        return wanted.withUTF8 { wanted in
            var arena = ScratchArena()
            defer { arena.free() }
            for name in tape.children(of: place.index) {
                if JSONEquality.areEqual(tape.string(tape[name], &arena), wanted) {
                    return Place(document: place.document, index: name + 1)
                }
            }
            return nil
        }
    }

    /// Where a value is, for people.
    func location(_ place: Place) -> String {
        "\(names[place.document])#\(tape(place).pointer(to: place.index, isCut: false))"
    }

    func error(_ reason: String, at place: Place) -> JSONSchemaError {
        JSONSchemaError(reason, at: location(place))
    }

    /// The resource that a subschema belongs to.
    func resource(of place: Place) -> Int { resourceOfPlace[place] ?? 0 }

    // MARK: Texts

    /// Reads a text and finds what is in it. Its name is its URI or name; empty for the schema that is compiled.
    mutating func add(_ text: RawSpan, name: String) throws(JSONSchemaError) -> Place {
        guard text.byteCount <= bytesLeft else {
            throw JSONSchemaError("the schemas have more than \(options.maxSchemaBytes) bytes", at: name + "#")
        }
        bytesLeft -= text.byteCount
        let limits = JSONLimits(
            maxBytes: options.maxSchemaBytes, maxDepth: JSONSchemaOptions.maxSchemaDepth, refusesDuplicateNames: true)
        do throws(SchemaViolation) {
            texts.append(try JSONText(text, limits))
        } catch {
            throw JSONSchemaError(error.description, at: name + "#")
        }
        names.append(name)
        let root = Place(document: texts.count - 1, index: 0)
        let dialect = try dialect(of: root) ?? SchemaDialect(options.defaultDialect)
        let resource = add(Resource(uri: URIReference(name).withoutFragment, root: root, dialect: dialect))
        try index(root, in: resource)
        return root
    }

    private mutating func add(_ resource: Resource) -> Int {
        resources.append(resource)
        if resourceOfURI[resource.uri] == nil { resourceOfURI[resource.uri] = resources.count - 1 }
        return resources.count - 1
    }

    /// The dialect that `$schema` names.
    private mutating func dialect(of place: Place) throws(JSONSchemaError) -> SchemaDialect? {
        guard let place = member("$schema", of: place) else { return nil }
        guard let text = string(place) else { throw error("must be a string", at: place) }
        let uri = URIReference(text).withoutFragment
        if let dialect = SchemaDialect(metaschema: uri) { return dialect }
        guard references[uri] != nil || resourceOfURI[uri] != nil, metaschemasUnderWay.insert(uri).inserted else {
            throw error("the dialect is not known: only drafts 4, 6, 7 and 2020-12 are", at: place)
        }
        defer { metaschemasUnderWay.remove(uri) }
        guard let metaschema = try resource(uri) else { throw error("the dialect is not known", at: place) }
        let root = resources[metaschema].root
        guard let vocabularies = member("$vocabulary", of: root) else { return resources[metaschema].dialect }
        do throws(UnknownVocabulary) {
            return try SchemaDialect(
                vocabularies: members(vocabularies).map { ($0.name, kind($0.value) == .true) })
        } catch let unknown {
            throw error("the vocabulary \(unknown.name) is not known", at: vocabularies)
        }
    }

    // MARK: Finding

    /// Goes through a subschema and all in it: notes resources and anchors.
    ///
    /// Recursion goes as deep as the text, which the parser bounds.
    private mutating func index(_ place: Place, in outer: Int) throws(JSONSchemaError) {
        guard resourceOfPlace[place] == nil else { return }
        guard kind(place) == .object else {
            resourceOfPlace[place] = outer
            return
        }
        var resource = outer
        let isReference = resources[outer].dialect.draft == .draft7 && member("$ref", of: place) != nil
        if !isReference, let id = member(resources[outer].dialect.idKeyword, of: place) {
            resource = try index(id: id, of: place, in: outer)
        }
        resourceOfPlace[place] = resource
        if resources[resource].dialect.draft == .draft2020 {
            for (keyword, isDynamic) in [("$anchor", false), ("$dynamicAnchor", true)] {
                guard let member = member(keyword, of: place) else { continue }
                guard let name = string(member), !name.isEmpty else { throw error("must be a name", at: member) }
                resources[resource].anchors[name] = place
                if isDynamic { resources[resource].dynamicAnchors[name] = place }
            }
        }
        for (name, value) in members(place) {
            switch SchemaKeywords.content(of: name, resources[resource].dialect.draft) {
            case .none: break
            case .schema: try index(value, in: resource)
            case .schemas: try indexAll(value, in: resource)
            case .schemaOrSchemas:
                if kind(value) == .array {
                    try indexAll(value, in: resource)
                } else {
                    try index(value, in: resource)
                }
            case .namedSchemas:
                for member in members(value) where kind(member.value) != .array {
                    try index(member.value, in: resource)
                }
            }
        }
    }

    private mutating func indexAll(_ place: Place, in resource: Int) throws(JSONSchemaError) {
        guard kind(place) == .array else { return }
        for element in elements(place) { try index(element, in: resource) }
    }

    /// Notes what `$id` says; the resource that the subschema belongs to then.
    private mutating func index(
        id: Place, of place: Place, in outer: Int
    ) throws(JSONSchemaError) -> Int {
        guard let text = string(id) else { throw error("must be a string", at: id) }
        let reference = URIReference(text)
        let isDraft7 = resources[outer].dialect.draft == .draft7
        let fragment = reference.fragment ?? ""
        if !fragment.isEmpty {
            guard isDraft7 else { throw error("must not have a fragment", at: id) }
            if text.hasPrefix("#") {
                resources[outer].anchors[String(fragment)] = place
                return outer
            }
        }
        let uri = reference.resolved(against: URIReference(resources[outer].uri)).withoutFragment
        let isRoot = resources[outer].root == place
        if isRoot, uri == resources[outer].uri { return outer }
        var dialect = resources[outer].dialect
        if !isRoot, let own = try self.dialect(of: place) { dialect = own }
        if let other = resourceOfURI[uri], resources[other].root != place, !uri.isEmpty,
            resources[other].root.document == place.document
        {
            throw error("another schema has the same URI", at: id)
        }
        let resource = add(Resource(uri: uri, root: place, dialect: dialect))
        if !fragment.isEmpty { resources[resource].anchors[String(fragment)] = place }
        return resource
    }

    // MARK: References

    /// The resource of a URI: one that is known, or one of those that were supplied.
    private mutating func resource(_ uri: String) throws(JSONSchemaError) -> Int? {
        if let resource = resourceOfURI[uri] { return resource }
        for name in [uri, uri + "#"] {
            if let text = references.removeValue(forKey: name) {
                let root = try add(text.span.bytes, name: uri)
                return resource(of: root)
            }
        }
        if let text = Metaschemas.text(of: uri) {
            let root = try add(text.utf8.span.bytes, name: uri)
            return resource(of: root)
        }
        return nil
    }

    /// The subschema that the reference which is written at a place, in a resource, means.
    mutating func resolve(at place: Place, from: Int) throws(JSONSchemaError) -> Place {
        guard let text = string(place) else { throw error("must be a string", at: place) }
        let reference = URIReference(text)
        let uri = reference.resolved(against: URIReference(resources[from].uri)).withoutFragment
        var found = try resource(uri)
        if found == nil { found = try resource(reference.withoutFragment) }
        if found == nil {
            // One of the others may have it as its $id; what is wrong with them does not matter here.
            for name in references.keys.sorted() where found == nil {
                guard let text = references.removeValue(forKey: name) else { continue }
                _ = try? add(text.span.bytes, name: name)
                found = resourceOfURI[uri]
            }
        }
        guard let found else { throw error("no schema has been supplied for \(text)", at: place) }
        guard let fragment = URIReference.decoded(reference.fragment ?? "") else {
            throw error("\(text) is not a URI reference", at: place)
        }
        if fragment.isEmpty { return resources[found].root }
        if fragment.hasPrefix("/") {
            guard let target = try follow(fragment, from: found) else {
                throw error("there is nothing at \(text)", at: place)
            }
            return target
        }
        guard let target = resources[found].anchors[fragment] else {
            throw error("there is no anchor \(text)", at: place)
        }
        return target
    }

    /// Follows a JSON Pointer (RFC 6901); a place that was not known to be a schema becomes one.
    private mutating func follow(_ pointer: String, from resource: Int) throws(JSONSchemaError) -> Place? {
        var place = resources[resource].root
        var nearest = resource
        for part in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let token = Self.unescaped(part)
            switch kind(place) {
            case .object:
                guard let next = member(token, of: place) else { return nil }
                place = next
            case .array:
                let all = elements(place)
                guard let position = Int(token), all.indices.contains(position) else { return nil }
                place = all[position]
            default: return nil
            }
            nearest = resourceOfPlace[place] ?? nearest
        }
        try index(place, in: nearest)
        return place
    }

    private static func unescaped(_ part: Substring) -> String {
        var result = ""
        var rest = part
        while let character = rest.popFirst() {
            if character == "~", let next = rest.first, next == "0" || next == "1" {
                rest.removeFirst()
                result.append(next == "0" ? "~" : "/")
            } else {
                result.append(character)
            }
        }
        return result
    }
}

/// What subschemas keywords have.
enum SchemaKeywords {
    enum Content {
        case none, schema, schemas, schemaOrSchemas, namedSchemas
    }

    static func content(of keyword: String, _ draft: JSONSchemaOptions.Dialect) -> Content {
        let isNew = draft == .draft2020
        switch keyword {
        case "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else": return .schema
        case "unevaluatedItems", "unevaluatedProperties", "contentSchema": return isNew ? .schema : .none
        case "additionalItems": return isNew ? .none : .schema
        case "items": return isNew ? .schema : .schemaOrSchemas
        case "allOf", "anyOf", "oneOf": return .schemas
        case "prefixItems": return isNew ? .schemas : .none
        case "properties", "patternProperties", "definitions", "dependencies": return .namedSchemas
        case "$defs", "dependentSchemas": return isNew ? .namedSchemas : .none
        default: return .none
        }
    }
}
