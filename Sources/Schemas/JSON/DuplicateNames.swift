/// Finds members of the same name in one object.
enum DuplicateNames {
    /// Up to so many members are compared each with each.
    private static let maxCompared = 8

    /// The index of the first name that its object already has, in time that grows with the document's size alone.
    static func first(in tape: JSONTape, _ arena: inout ScratchArena) -> UInt32? {
        for index in 0..<UInt32(tape.count) {
            let value = tape[index]
            guard value.kind == .object, value.elementCount > 1 else { continue }
            let mark = arena.mark
            defer { arena.release(mark) }
            if let name = duplicate(tape, index, value.elementCount, &arena) { return name }
        }
        return nil
    }

    private static func duplicate(
        _ tape: JSONTape, _ object: UInt32, _ count: Int, _ arena: inout ScratchArena
    ) -> UInt32? {
        // The names seen so far: in a table by their hashes, or in a row.
        let isSmall = count <= maxCompared
        var capacity = maxCompared
        while !isSmall, capacity < count * 2 { capacity *= 2 }
        let slots = arena.allocateZeros(capacity * 4)
        var seen = 0
        // Each value follows a name, so the index 0 is none's.
        func slot(_ at: Int) -> UInt32 {
            UnsafeRawBufferPointer(slots).loadUnaligned(fromByteOffset: at * 4, as: UInt32.self)
        }
        for name in tape.children(of: object) {
            let mark = arena.mark
            defer { arena.release(mark) }
            let text = tape.string(tape[name], &arena)
            var at = 0
            if !isSmall {
                var hash = JSONHash(.string)
                hash.add(text)
                at = Int(truncatingIfNeeded: hash.value) & (capacity - 1)
            }
            while slot(at) != 0 {
                let other = tape.string(tape[slot(at)], &arena)
                if JSONEquality.areEqual(text, other) { return name }
                at = (at + 1) & (capacity - 1)
                if isSmall, at == seen { break }
            }
            UnsafeMutableRawBufferPointer(slots).storeBytes(of: name, toByteOffset: at * 4, as: UInt32.self)
            seen += 1
        }
        return nil
    }
}
