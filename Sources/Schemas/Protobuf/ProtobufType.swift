/// A field of a message, as far as it decides on which bytes are a message.
struct ProtobufField: Sendable {
    /// What stands on the wire.
    enum Kind: UInt8, Sendable {
        case varint
        case fixed64
        case fixed32
        /// Bytes, or a string whose UTF-8 is not checked.
        case bytes
        /// A string in UTF-8.
        case text
        case enumeration
        case message
        case group
    }

    let name: String
    let number: Int32
    let kind: Kind
    /// The full name of the message or the enum.
    let typeName: String
    let isRepeated: Bool
    let isRequired: Bool
}

/// A message type.
struct ProtobufMessage: Sendable {
    let name: String
    var fields: [ProtobufField]
    /// True for the entries of a map field.
    let isMapEntry: Bool
    /// The messages declared inside, in their order.
    var nested: [String] = []
}

/// An enum type.
struct ProtobufEnum: Sendable {
    /// Its values in order, each once.
    let values: [Int32]
    /// True if other values are none of it.
    let isClosed: Bool
}
