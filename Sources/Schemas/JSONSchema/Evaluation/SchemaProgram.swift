/// A compiled schema: flat tables that never change.
///
/// Safety: `JSONTape`s among the constants point into `texts`, which are kept.
final class SchemaProgram: @unchecked Sendable {
    let root: Int32
    let nodes: FlatTable<SchemaNode>
    let numbers: FlatTable<NumberRules>
    let strings: FlatTable<StringRules>
    let arrays: FlatTable<ArrayRules>
    let objects: FlatTable<ObjectRules>
    let names: FlatTable<NameEntry>
    let nameBytes: FlatTable<UInt8>
    let dependents: FlatTable<DependentRule>
    let applicators: FlatTable<Applicator>
    let dynamicAnchors: FlatTable<DynamicAnchor>
    let constants: FlatTable<SchemaConstant>
    /// Indices of nodes, names and patterns, as the rules have it.
    let lists: FlatTable<Int32>
    let patterns: [SchemaPattern]
    private let places: [SchemaPlace]
    private let textNames: [String]
    private let texts: [JSONText]

    /// A program of what the compiler has built, with the schemas' texts and their URIs or names.
    init(_ builder: SchemaProgramBuilder, root: Int32, texts: [JSONText], textNames: [String]) {
        self.root = root
        nodes = FlatTable(builder.nodes)
        numbers = FlatTable(builder.numbers)
        strings = FlatTable(builder.strings)
        arrays = FlatTable(builder.arrays)
        objects = FlatTable(builder.objects)
        names = FlatTable(builder.names)
        nameBytes = FlatTable(builder.nameBytes)
        dependents = FlatTable(builder.dependents)
        applicators = FlatTable(builder.applicators)
        dynamicAnchors = FlatTable(builder.dynamicAnchors)
        constants = FlatTable(builder.constants)
        lists = FlatTable(builder.lists)
        patterns = builder.patterns
        places = builder.places
        self.texts = texts
        self.textNames = textNames
    }

    /// Where a node is in the schema: `#` and a JSON Pointer, behind the URI or name of another text.
    func location(_ node: Int32) -> String {
        let place = places[Int(node)]
        return "\(textNames[place.document])#\(texts[place.document].tape.pointer(to: place.index, isCut: false))"
    }
}

/// A value in one of the texts of a schema.
struct SchemaPlace: Hashable, Sendable {
    let document: Int
    let index: UInt32
}

/// The tables of a program while it is compiled.
struct SchemaProgramBuilder {
    var nodes: [SchemaNode] = []
    var numbers: [NumberRules] = []
    var strings: [StringRules] = []
    var arrays: [ArrayRules] = []
    var objects: [ObjectRules] = []
    var names: [NameEntry] = []
    var nameBytes: [UInt8] = []
    var dependents: [DependentRule] = []
    var applicators: [Applicator] = []
    var dynamicAnchors: [DynamicAnchor] = []
    var constants: [SchemaConstant] = []
    var lists: [Int32] = []
    var patterns: [SchemaPattern] = []
    var places: [SchemaPlace] = []

    /// Adds elements to a table; where they are.
    static func append<Element>(_ elements: [Element], to table: inout [Element]) -> TableRange {
        defer { table += elements }
        return TableRange(first: Int32(table.count), count: Int32(elements.count))
    }

    /// Adds one element to a table; its index.
    static func append<Element>(_ element: Element, to table: inout [Element]) -> Int32 {
        table.append(element)
        return Int32(table.count - 1)
    }
}
