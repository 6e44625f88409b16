/// A type of an Avro schema, as far as it decides on which bytes are a datum.
indirect enum AvroType: Sendable, Hashable {
    case null
    case boolean
    case int
    case long
    case float
    case double
    case bytes
    case string
    /// Bytes that hold a number of at most so many decimal digits.
    case decimal(precision: Int)
    /// A string that is a UUID.
    case uuid
    case array(AvroType)
    case map(AvroType)
    case union([AvroType])
    /// A record, an enum or a fixed: its place among the schema's named types.
    case named(Int)
}

/// A record, an enum or a fixed.
struct AvroNamedType: Sendable, Hashable {
    /// A field of a record.
    struct Field: Sendable, Hashable {
        let name: String
        let type: AvroType
    }

    /// What it is.
    enum Kind: Sendable, Hashable {
        /// A record whose fields are not read yet: its name is known inside of them.
        case unfinished
        case record([Field])
        /// An enum of so many symbols.
        case enumeration(Int)
        /// So many bytes, and how many decimal digits they may hold if it is a decimal.
        case fixed(Int, precision: Int?)
    }

    /// The name with its namespace.
    let name: String
    /// What it is.
    var kind: Kind
}
