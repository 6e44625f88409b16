import Settings

/// An Avro schema (Avro 1.12), read and checked.
///
/// What has no say in which bytes are a datum (documentation, order, defaults, aliases) is not kept.
package struct AvroSchema: Sendable, Hashable {
    /// Bounds on schemas.
    enum Limit {
        /// The most named types in a schema and what it refers to.
        static let namedTypes = 4096
        /// The most bytes of a fixed.
        static let fixedBytes = 1 << 30
    }

    /// The full name of the record, enum or fixed that the schema is; nil if it is of another type.
    package let name: String?
    let type: AvroType
    let namedTypes: [AvroNamedType]

    /// True if the schema is `bytes`, of whatever logical type.
    var isBytes: Bool {
        switch type {
        case .bytes, .decimal: true
        default: false
        }
    }

    /// Reads a schema.
    ///
    /// - Parameters:
    ///   - text: The schema: JSON in UTF-8.
    ///   - references: Schemas whose named types it uses, each after those that it uses itself.
    /// - Throws: ``SchemaError`` that says what is wrong with it.
    package init(_ text: some Collection<UInt8>, references: [[UInt8]] = []) throws(SchemaError) {
        var parser = AvroSchemaParser()
        for reference in references {
            _ = try parser.type(try SchemaDocument.parse(reference), namespace: "")
        }
        let type = try parser.type(try SchemaDocument.parse(text), namespace: "")
        if case .named(let index) = type { name = parser.namedTypes[index].name } else { name = nil }
        self.type = type
        namedTypes = parser.namedTypes
    }

    /// Reads a schema from a text.
    ///
    /// - Throws: ``SchemaError`` that says what is wrong with it.
    package init(_ text: String, references: [String] = []) throws(SchemaError) {
        try self.init(Array(text.utf8), references: references.map { Array($0.utf8) })
    }
}

/// Turns JSON into types.
private struct AvroSchemaParser {
    var namedTypes: [AvroNamedType] = []
    private var indexes: [String: Int] = [:]

    mutating func type(_ value: JSONValue, namespace: String) throws(SchemaError) -> AvroType {
        switch value {
        case .string(let name): return try reference(name, namespace: namespace)
        case .array(let branches): return try union(branches, namespace: namespace)
        case .object: return try complex(value, namespace: namespace)
        default: throw SchemaError("an Avro type is a string, an object or an array")
        }
    }

    /// A primitive type, or a named one that is known.
    private func reference(_ name: String, namespace: String) throws(SchemaError) -> AvroType {
        if let primitive = Self.primitive(name) { return primitive }
        let isFull = name.contains(".")
        if !isFull, !namespace.isEmpty, let index = indexes["\(namespace).\(name)"] { return .named(index) }
        guard let index = indexes[name] else {
            throw SchemaError("there is no Avro type “\(isFull || namespace.isEmpty ? name : "\(namespace).\(name)")”")
        }
        return .named(index)
    }

    private static func primitive(_ name: String) -> AvroType? {
        switch name {
        case "null": .null
        case "boolean": .boolean
        case "int": .int
        case "long": .long
        case "float": .float
        case "double": .double
        case "bytes": .bytes
        case "string": .string
        default: nil
        }
    }

    private mutating func union(_ branches: [JSONValue], namespace: String) throws(SchemaError) -> AvroType {
        var types: [AvroType] = []
        var kinds: Set<String> = []
        for branch in branches {
            let type = try type(branch, namespace: namespace)
            guard let kind = kind(of: type) else { throw SchemaError("an Avro union is immediately inside another") }
            guard kinds.insert(kind).inserted else { throw SchemaError("an Avro union has \(kind) twice") }
            types.append(type)
        }
        return .union(types)
    }

    /// What may be in a union once; nil for a union.
    private func kind(of type: AvroType) -> String? {
        switch type {
        case .null: "null"
        case .boolean: "boolean"
        case .int: "int"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .bytes, .decimal: "bytes"
        case .string, .uuid: "string"
        case .array: "array"
        case .map: "map"
        case .union: nil
        case .named(let index): namedTypes[index].name
        }
    }

    private mutating func complex(_ value: JSONValue, namespace: String) throws(SchemaError) -> AvroType {
        guard let inner = value["type"] else { throw SchemaError("an Avro type has no “type”") }
        guard case .string(let name) = inner else { return try type(inner, namespace: namespace) }
        switch name {
        case "record", "error": return try record(value, namespace: namespace)
        case "enum": return try enumeration(value, namespace: namespace)
        case "fixed": return try fixed(value, namespace: namespace)
        case "array":
            guard let items = value["items"] else { throw SchemaError("an Avro array has no “items”") }
            return .array(try type(items, namespace: namespace))
        case "map":
            guard let values = value["values"] else { throw SchemaError("an Avro map has no “values”") }
            return .map(try type(values, namespace: namespace))
        default: break
        }
        let type = try reference(name, namespace: namespace)
        // A logical type that does not fit is to be ignored, the specification says.
        switch (type, value["logicalType"]) {
        case (.bytes, .string("decimal")):
            return precision(of: value).map { .decimal(precision: $0) } ?? type
        case (.string, .string("uuid")): return .uuid
        default: return type
        }
    }

    private func precision(of value: JSONValue) -> Int? {
        guard case .integer(let precision)? = value["precision"], precision > 0 else { return nil }
        switch value["scale"] {
        case nil: return precision
        case .integer(let scale): return (0...precision).contains(scale) ? precision : nil
        default: return nil
        }
    }

    private mutating func record(_ value: JSONValue, namespace: String) throws(SchemaError) -> AvroType {
        let (index, namespace) = try declare(value, .unfinished, namespace: namespace)
        let name = namedTypes[index].name
        guard case .array(let entries)? = value["fields"] else { throw SchemaError("record \(name) has no “fields”") }
        var fields: [AvroNamedType.Field] = []
        var names: Set<String> = []
        for entry in entries {
            guard case .string(let field)? = entry["name"], Self.isName(field) else {
                throw SchemaError("a field of record \(name) has no valid name")
            }
            guard names.insert(field).inserted else { throw SchemaError("record \(name) has field \(field) twice") }
            guard let type = entry["type"] else { throw SchemaError("field \(field) of record \(name) has no type") }
            fields.append(.init(name: field, type: try self.type(type, namespace: namespace)))
        }
        namedTypes[index].kind = .record(fields)
        return .named(index)
    }

    private mutating func enumeration(_ value: JSONValue, namespace: String) throws(SchemaError) -> AvroType {
        guard case .array(let entries)? = value["symbols"] else { throw SchemaError("an Avro enum has no “symbols”") }
        var symbols: Set<String> = []
        for entry in entries {
            guard case .string(let symbol) = entry, Self.isName(symbol), symbols.insert(symbol).inserted else {
                throw SchemaError("the symbols of an Avro enum are names, each of them once")
            }
        }
        return .named(try declare(value, .enumeration(entries.count), namespace: namespace).index)
    }

    private mutating func fixed(_ value: JSONValue, namespace: String) throws(SchemaError) -> AvroType {
        guard case .integer(let size)? = value["size"], (0...AvroSchema.Limit.fixedBytes).contains(size) else {
            throw SchemaError("an Avro fixed has no “size” from 0 to \(AvroSchema.Limit.fixedBytes)")
        }
        var digits: Int?
        if value["logicalType"] == .string("decimal"), let precision = precision(of: value),
            Double(precision) <= Double(8 * size - 1) * 0.301_029_995_663_981_2
        {
            digits = precision
        }
        return .named(try declare(value, .fixed(size, precision: digits), namespace: namespace).index)
    }

    /// Adds a named type.
    ///
    /// - Returns: its place, and the namespace that holds inside it.
    private mutating func declare(
        _ value: JSONValue, _ kind: AvroNamedType.Kind, namespace: String
    ) throws(SchemaError) -> (index: Int, namespace: String) {
        guard case .string(let given)? = value["name"] else { throw SchemaError("a named Avro type has no “name”") }
        var parts = given.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let simple = parts.removeLast()
        if parts.isEmpty {
            let space: String
            if case .string(let own)? = value["namespace"] { space = own } else { space = namespace }
            parts = space.isEmpty ? [] : space.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        } else if parts == [""] {
            parts = []
        }
        guard Self.isName(simple), parts.allSatisfy(Self.isName), Self.primitive(given) == nil else {
            throw SchemaError("“\(given)” is no name for an Avro type")
        }
        let space = parts.joined(separator: ".")
        let name = space.isEmpty ? simple : "\(space).\(simple)"
        guard namedTypes.count < AvroSchema.Limit.namedTypes else {
            throw SchemaError("there are more than \(AvroSchema.Limit.namedTypes) named Avro types")
        }
        guard indexes.updateValue(namedTypes.count, forKey: name) == nil else {
            throw SchemaError("the Avro type \(name) is defined twice")
        }
        namedTypes.append(AvroNamedType(name: name, kind: kind))
        return (namedTypes.count - 1, space)
    }

    /// A letter or `_`, then letters, digits and `_`. Letters of all scripts are taken, as Java's library does.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first == "_" || first.properties.isAlphabetic else { return false }
        return text.unicodeScalars.allSatisfy {
            $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil
        }
    }
}
