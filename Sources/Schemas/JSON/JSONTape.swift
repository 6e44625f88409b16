import CSimdjson

/// The values of a document in the order of its text, and the text.
///
/// The value at 0 is the document's own. What is in an array or object follows it, and `next` of a value is the index
/// behind all that is in it; in an object, names and values take turns.
///
/// Safety: both pointers belong to a parser or to a ``JSONText``, which whoever makes a tape keeps unchanged as long as
/// the tape is used. Indices come from the tape itself, and places in the text from the parser, which checked them.
struct JSONTape {
    let bytes: UnsafePointer<UInt8>
    let values: UnsafePointer<sluice_json_value>
    let count: Int

    @inline(__always)
    subscript(index: UInt32) -> sluice_json_value { values[Int(index)] }

    /// The text of a value.
    @inline(__always)
    func text(_ value: sluice_json_value) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: bytes + Int(value.offset), count: Int(value.length))
    }

    /// What is between a string's quotes, escapes as they are written.
    @inline(__always)
    func content(_ value: sluice_json_value) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: bytes + Int(value.offset) + 1, count: Int(value.length) - 2)
    }

    /// A string as it is meant: as it is written, or, if it has escapes, decoded into the arena.
    @inline(__always)
    func string(_ value: sluice_json_value, _ arena: inout ScratchArena) -> UnsafeBufferPointer<UInt8> {
        let content = content(value)
        return value.isMarked ? JSONEscapes.decode(content, &arena) : content
    }

    /// The indices of an array's elements, or of an object's names.
    func children(of index: UInt32) -> Children {
        let value = self[index]
        return Children(tape: self, at: index + 1, end: value.next, isObject: value.kind == .object)
    }

    /// Goes through the elements of an array or the names of an object.
    struct Children: Sequence, IteratorProtocol {
        let tape: JSONTape
        var at: UInt32
        let end: UInt32
        let isObject: Bool

        mutating func next() -> UInt32? {
            guard at < end else { return nil }
            let current = at
            // A member's value follows its name.
            at = tape[isObject ? current + 1 : current].next
            return current
        }
    }
}
