import CSimdjson

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Equality of JSON values as JSON Schema has it: numbers by what they are worth, objects whatever their order.
enum JSONEquality {
    /// Whether two texts are the same bytes.
    @inline(__always)
    static func areEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        guard let one = left.baseAddress, let two = right.baseAddress, left.count > 0 else { return true }
        return memcmp(one, two, left.count) == 0
    }

    /// Whether two strings mean the same.
    static func areEqualStrings(
        _ left: JSONTape, _ leftValue: sluice_json_value, _ right: JSONTape, _ rightValue: sluice_json_value,
        _ arena: inout ScratchArena
    ) -> Bool {
        if !leftValue.isMarked, !rightValue.isMarked {
            return areEqual(left.content(leftValue), right.content(rightValue))
        }
        let mark = arena.mark
        defer { arena.release(mark) }
        return areEqual(left.string(leftValue, &arena), right.string(rightValue, &arena))
    }

    /// Whether two values are equal. Each comparison of two values takes one step, and one for each 16 bytes that have to
    /// be read as numbers or for their escapes; without steps, they are not equal.
    ///
    /// Recursion goes as deep as the values, which the parser's limit bounds.
    static func areEqual(
        _ left: JSONTape, _ leftIndex: UInt32, _ right: JSONTape, _ rightIndex: UInt32, _ arena: inout ScratchArena,
        _ steps: inout Int
    ) -> Bool {
        steps -= 1
        let one = left[leftIndex]
        let two = right[rightIndex]
        guard steps > 0, one.kind == two.kind, one.elementCount == two.elementCount else { return false }
        switch one.kind {
        case .null, .true, .false: return true
        case .number:
            if areEqual(left.text(one), right.text(two)) { return true }
            steps -= (Int(one.length) + Int(two.length)) / 16
            return JSONNumber(left.text(one)).compare(JSONNumber(right.text(two))) == 0
        case .string:
            if one.isMarked || two.isMarked { steps -= (Int(one.length) + Int(two.length)) / 16 }
            return areEqualStrings(left, one, right, two, &arena)
        case .array:
            var other = rightIndex + 1
            for element in left.children(of: leftIndex) {
                guard areEqual(left, element, right, other, &arena, &steps) else { return false }
                other = right[other].next
            }
            return true
        case .object:
            var expected = rightIndex + 1
            for name in left.children(of: leftIndex) {
                let other = member(
                    left, name, right, rightIndex, expected: expected < two.next ? expected : nil, &arena, &steps)
                guard let other, areEqual(left, name + 1, right, other + 1, &arena, &steps) else { return false }
                expected = right[other + 1].next
            }
            return true
        }
    }

    /// The name in an object that equals another one: where it is expected, or anywhere.
    private static func member(
        _ left: JSONTape, _ name: UInt32, _ right: JSONTape, _ object: UInt32, expected: UInt32?,
        _ arena: inout ScratchArena, _ steps: inout Int
    ) -> UInt32? {
        steps -= Int(left[name].length) / 16
        if let expected, areEqualStrings(left, left[name], right, right[expected], &arena) { return expected }
        for other in right.children(of: object) {
            steps -= 1 + (left[name].isMarked ? Int(left[name].length) / 16 : 0) + Int(right[other].length) / 16
            guard steps > 0 else { return nil }
            if areEqualStrings(left, left[name], right, right[other], &arena) { return other }
        }
        return nil
    }

    /// A hash that equal values share. Each value takes one step, and one for each 16 bytes of a string or number.
    static func hash(_ tape: JSONTape, _ index: UInt32, _ arena: inout ScratchArena, _ steps: inout Int) -> UInt64 {
        steps -= 1
        let value = tape[index]
        var hash = JSONHash(value.kind)
        switch value.kind {
        case .null, .true, .false: break
        case .number:
            steps -= Int(value.length) / 16
            JSONNumber(tape.text(value)).hash(into: &hash)
        case .string:
            steps -= Int(value.length) / 16
            let mark = arena.mark
            hash.add(tape.string(value, &arena))
            arena.release(mark)
        case .array:
            for element in tape.children(of: index) { hash.add(Self.hash(tape, element, &arena, &steps)) }
        case .object:
            // A sum, which no order of the members changes.
            var sum: UInt64 = 0
            for name in tape.children(of: index) {
                steps -= Int(tape[name].length) / 16
                var member = JSONHash(.object)
                let mark = arena.mark
                member.add(tape.string(tape[name], &arena))
                arena.release(mark)
                member.add(Self.hash(tape, name + 1, &arena, &steps))
                sum &+= member.value
            }
            hash.add(sum)
        }
        return hash.value
    }
}
