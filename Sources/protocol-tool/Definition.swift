/// One API, or one group of messages that belong together: one file in `Protocol/`.
struct Definition {
    /// The API's name, as `Produce`; the file's name.
    var name: String
    /// nil for headers and for what is inside bytes fields.
    var apiKey: Int?
    var messages: [Message]
}

/// A request, a response, a header, or data inside a bytes field.
struct Message {
    enum Kind: String {
        case request
        case response
        case header
        case data
    }

    var name: String
    var kind: Kind
    var versions: VersionRange
    var flexible: VersionRange?
    /// Structures that several fields use.
    var structures: [Structure]
    var fields: [Field]

    func structure(_ name: String) -> Structure? {
        structures.first { $0.name == name }
    }

    func isFlexible(_ version: Int) -> Bool {
        flexible?.contains(version) ?? false
    }

    /// The fields of a field's structure, wherever it is declared.
    func children(of field: Field) -> [Field] {
        field.fields.isEmpty ? structure(field.elementType)?.fields ?? [] : field.fields
    }
}

/// A structure that is declared apart from the fields that use it.
struct Structure {
    var name: String
    var fields: [Field]
}

/// One field; its own fields are here when its structure is declared in place.
struct Field {
    static let primitives: Set<String> = [
        "bool", "int8", "int16", "uint16", "int32", "uint32", "int64", "float64", "uuid", "string", "bytes", "records",
    ]

    var name: String
    /// `string`, `[]int32`, `TopicData`, `[]TopicData`, …
    var type: String
    var versions: VersionRange
    var nullable: VersionRange?
    var tagged: VersionRange?
    var tag: Int?
    /// The lengths of this field are never compact (the client ID of the request header).
    var neverFlexible = false
    var defaultValue: String?
    var isMapKey = false
    var entityType: String?
    var role: String?
    var fields: [Field] = []

    var isArray: Bool { type.hasPrefix("[]") }
    var elementType: String { isArray ? String(type.dropFirst(2)) : type }
    var isStructure: Bool { !Self.primitives.contains(elementType) }
}
