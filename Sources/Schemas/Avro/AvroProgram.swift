/// A step of a compiled Avro schema: what the next bytes have to be.
struct AvroInstruction: Sendable {
    /// What a step does with its operands.
    enum Code: UInt8, Sendable {
        /// `first` bytes of any values.
        case skip
        case boolean
        case int
        case long
        /// A length and so many bytes.
        case bytes
        /// A length and so many bytes of UTF-8.
        case string
        /// An index below `first`.
        case enumeration
        /// Bytes with a number of at most `first` decimal digits.
        case decimal
        /// `first` bytes with a number of at most `second` decimal digits.
        case fixedDecimal
        /// A string that is a UUID.
        case uuid
        /// An index below `second` into the branches at `first`.
        case union
        /// A union of null, which is branch `first`, and another; null goes on at `second`, the other behind this.
        case optional
        /// An optional string; null is branch `first`.
        case optionalString
        /// An optional long; null is branch `first`.
        case optionalLong
        /// Goes on at `first`.
        case jump
        /// Does what is at `first`, then goes on behind this.
        case call
        /// Ends what was called.
        case `return`
        /// Blocks of items, each of `second` bytes or more; the last of the items' steps is a `next`, at `first` - 1.
        case blocks
        /// The end of an item; its steps begin at `first`, behind their `blocks`.
        case next
        /// Blocks of items that have no bytes.
        case emptyItems
        /// The end of the datum.
        case end
    }

    let code: Code
    var first: Int32 = 0
    var second: Int32 = 0
}

/// An Avro schema as steps over bytes: they say what comes next, and nothing is built from what they see.
struct AvroProgram: Sendable {
    /// A place in the schema, for the words of violations.
    struct Place: Sendable {
        let parent: Int32
        let name: String
    }

    /// What of the state of a loop or a call is kept while it lasts.
    struct Frame {
        /// Items that are left in the block.
        var remaining = 0
        /// Where the block ends, if its size is given; -1 if not.
        var blockEnd = -1
        /// Where a call goes on.
        var continuation: Int32 = 0
    }

    var instructions: [AvroInstruction] = []
    /// The first steps of unions' branches.
    var branches: [Int32] = []
    /// Where in the schema each step belongs.
    var origins: [Int32] = []
    var places: [Place] = []
    /// How many frames are needed at most.
    var frames = 0
    /// The most items without bytes in a datum.
    var maxEmptyItems = 0

    /// The path to a step, as a JSON Pointer with `*` for items and values.
    func path(of instruction: Int) -> String {
        guard origins.indices.contains(instruction) else { return "" }
        var names: [String] = []
        var place = origins[instruction]
        while place >= 0, names.count < 256 {
            names.append(places[Int(place)].name)
            place = places[Int(place)].parent
        }
        return names.reversed().map { "/\($0)" }.joined()
    }
}

/// Why bytes are not a datum.
struct AvroFault: Hashable {
    enum Reason: Hashable {
        case truncated
        case varint
        case notBoolean
        case notInt
        case length
        case notUTF8
        case symbol
        case branch
        case decimal
        case notUUID
        case count
        case blockSize
        case emptyItems
        case depth
        case trailing
    }

    let reason: Reason
    /// The step that was not satisfied.
    let instruction: Int
    /// Where it began to read.
    let offset: Int
}
