/// A part of a table.
struct TableRange: BitwiseCopyable, Sendable {
    var first: Int32 = 0
    var count: Int32 = 0

    @inline(__always)
    var indices: Range<Int> { Int(first)..<Int(first) + Int(count) }
}

/// A subschema: which of its keywords there are, and where in the program's tables they are. Tables' indices are -1 for
/// what is not there.
struct SchemaNode: BitwiseCopyable, Sendable {
    /// The kinds of values that it allows, a bit for each of ``JSONKind``.
    var kinds: UInt8 = 0x7F
    /// Whether numbers have to be whole.
    var isIntegersOnly = false
    /// Whether it is the schema `false`.
    var isNever = false
    /// Whether its values are those of `const` rather than of `enum`.
    var isConstant = false
    /// The schema resource that it belongs to.
    var resource: Int32 = 0
    var number: Int32 = -1
    var string: Int32 = -1
    var array: Int32 = -1
    var object: Int32 = -1
    /// The constants of `enum`, and then that of `const`.
    var constants = TableRange()
    var constant: Int32 = -1
    var applicators = TableRange()
    var unevaluatedItems: Int32 = -1
    var unevaluatedProperties: Int32 = -1
}

/// What is asked of numbers. The numbers are constants of the program.
struct NumberRules: BitwiseCopyable, Sendable {
    var minimum: Int32 = -1
    var maximum: Int32 = -1
    var exclusiveMinimum: Int32 = -1
    var exclusiveMaximum: Int32 = -1
    var multipleOf: Int32 = -1
    /// The digits and the power of ten of `multipleOf`.
    var multipleOfMantissa: UInt64 = 0
    var multipleOfExponent = 0
}

/// What is asked of strings. Lengths are in scalars.
struct StringRules: BitwiseCopyable, Sendable {
    var minLength = 0
    var maxLength = Int.max
    var pattern: Int32 = -1
    /// The raw value of a ``StringFormat``.
    var format: UInt8 = 0
}

/// What is asked of arrays.
struct ArrayRules: BitwiseCopyable, Sendable {
    var minItems = 0
    var maxItems = Int.max
    var isUnique = false
    /// The nodes of the first items.
    var prefix = TableRange()
    /// The node of all items behind those.
    var rest: Int32 = -1
    var contains: Int32 = -1
    var minContains = 1
    var maxContains = Int.max
    /// Whether what `contains` finds counts as evaluated.
    var marksContained = false
}

/// What is asked of objects.
struct ObjectRules: BitwiseCopyable, Sendable {
    var minProperties = 0
    var maxProperties = Int.max
    /// The names that the schema mentions.
    var names = TableRange()
    /// Where to look for a name by its hash; the count is a power of two.
    var slots = TableRange()
    /// Pairs of a pattern and a node.
    var patterns = TableRange()
    var additional: Int32 = -1
    var propertyNames: Int32 = -1
    /// Names that have to be there, as places among `names`.
    var required = TableRange()
    var dependents = TableRange()
    /// Whether anything is asked of the members one by one.
    var visitsMembers = false
}

/// A name that a schema mentions, and the node of its member if it has one.
struct NameEntry: BitwiseCopyable, Sendable {
    var offset: Int32
    var length: Int32
    var node: Int32 = -1

    /// Where to begin to look for a name.
    @inline(__always)
    static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in name { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return hash ^ hash >> 15
    }
}

/// What is asked if an object has a member.
struct DependentRule: BitwiseCopyable, Sendable {
    /// A place among the object's names.
    var name: Int32
    /// Names that have to be there too.
    var required = TableRange()
    var node: Int32 = -1
}

/// A keyword that applies schemas to the same value.
struct Applicator: BitwiseCopyable, Sendable {
    enum Kind: UInt8, Sendable {
        case reference
        case dynamicReference
        case allOf
        case anyOf
        case oneOf
        case not
        case condition
    }

    var kind: Kind
    /// The nodes; of a condition, those of `if`, `then` and `else`, which may be -1; of a dynamic reference, the one that
    /// it is statically, and then the number of its anchor.
    var nodes = TableRange()
}

/// A node that has a dynamic anchor in a resource.
struct DynamicAnchor: BitwiseCopyable, Sendable {
    var anchor: Int32
    var resource: Int32
    var node: Int32
}

/// A value in a schema's text.
struct SchemaConstant: BitwiseCopyable {
    var tape: JSONTape
    var index: UInt32
}
