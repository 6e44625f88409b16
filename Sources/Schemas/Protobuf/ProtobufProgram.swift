/// Message types as tables: what each field number has to be followed by.
struct ProtobufProgram: Sendable {
    /// A field.
    struct Field: Sendable {
        let kind: ProtobufField.Kind
        /// The wire type of one value.
        let wireType: UInt8
        /// True if values may stand side by side in one length-prefixed run.
        let isPackable: Bool
        /// The field's bit among those of required fields; 0 if it need not be there.
        let requiredBit: UInt64
        let number: UInt32
        /// The place of the message or the enum.
        let target: Int32
    }

    /// A message type.
    struct Message: Sendable {
        /// Where its field numbers from 0 on stand in ``lookup``, and how many of them.
        var lookup: Int32 = 0
        var lookupCount: UInt32 = 0
        /// Where its other fields stand in ``fields``, by their numbers, and how many of them.
        var sparse: Int32 = 0
        var sparseCount: Int32 = 0
        /// The bits of the required fields.
        var required: UInt64 = 0
        /// True if there are more required fields than bits.
        var hasMoreRequired = false
        /// True if fields that it does not have are passed over.
        var allowsUnknown = true
    }

    /// An enum type that is closed.
    struct Enumeration: Sendable {
        let first: Int32
        let last: Int32
        /// Where its values stand in ``values``; none if it has all from the first to the last.
        let values: Range<Int32>
    }

    var messages: [Message] = []
    var fields: [Field] = []
    /// Fields by their numbers; -1 for none.
    var lookup: [Int32] = []
    var enumerations: [Enumeration] = []
    var values: [Int32] = []
    /// The numbers of required fields of messages that have more of them than bits.
    var moreRequired: [Int32: [UInt32]] = [:]
    var names: [String] = []
    var allowsUnknownValues = false
    var maxDepth = 0

    /// The message of which nothing is known, as it stands in groups that are passed over.
    static let opaque: Int32 = 0
    /// The message that records hold.
    static let root: Int32 = 1
}

/// Why bytes are not a message.
struct ProtobufFault: Hashable {
    enum Reason: Hashable {
        case truncated
        case varint
        case fieldNumber
        case wireType
        case mismatch
        case unknownField(UInt32)
        case notUTF8
        case enumeration
        case required
        case group
        case packed
        case depth
    }

    let reason: Reason
    /// Where it was found.
    let offset: Int
    /// The fields that lead to it, by their places in the program.
    let path: [Int32]
}
