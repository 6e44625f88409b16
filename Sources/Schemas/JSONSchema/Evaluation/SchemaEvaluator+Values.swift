import CSimdjson

extension SchemaEvaluator {
    // MARK: Constants

    mutating func matchesConstants(
        _ node: UnsafePointer<SchemaNode>, _ number: Int32, _ index: UInt32
    ) -> Bool {
        let constants = program.constants.elements
        if node.pointee.constant >= 0 {
            let constant = constants[Int(node.pointee.constant)]
            guard JSONEquality.areEqual(tape, index, constant.tape, constant.index, &arena, &steps) else {
                return steps > 0 ? fail(.constant, number, index) : stop(.steps, number, index)
            }
        }
        guard node.pointee.constants.count > 0 else { return true }
        for place in node.pointee.constants.indices {
            let constant = constants[place]
            if JSONEquality.areEqual(tape, index, constant.tape, constant.index, &arena, &steps) { return true }
        }
        return steps > 0 ? fail(.enumeration, number, index) : stop(.steps, number, index)
    }

    // MARK: Numbers

    mutating func evaluateNumber(_ rules: Int32, _ number: Int32, _ index: UInt32) -> Bool {
        let rules = program.numbers.elements[Int(rules)]
        guard take(Int(tape[index].length) / 8, number, index) else { return false }
        let value = JSONNumber(tape.text(tape[index]))
        if rules.minimum >= 0, compare(value, rules.minimum) < 0 { return fail(.minimum, number, index) }
        if rules.maximum >= 0, compare(value, rules.maximum) > 0 { return fail(.maximum, number, index) }
        if rules.exclusiveMinimum >= 0, compare(value, rules.exclusiveMinimum) <= 0 {
            return fail(.exclusiveMinimum, number, index)
        }
        if rules.exclusiveMaximum >= 0, compare(value, rules.exclusiveMaximum) >= 0 {
            return fail(.exclusiveMaximum, number, index)
        }
        guard rules.multipleOf >= 0 else { return true }
        // Long numbers are divided digit by digit.
        guard take(value.digitCount / 4, number, index) else { return false }
        return value.isMultiple(ofMantissa: rules.multipleOfMantissa, exponent: rules.multipleOfExponent)
            || fail(.multipleOf, number, index)
    }

    private func compare(_ value: JSONNumber, _ constant: Int32) -> Int {
        let constant = program.constants.elements[Int(constant)]
        return value.compare(JSONNumber(constant.tape.text(constant.tape[constant.index])))
    }

    // MARK: Strings

    mutating func evaluateString(_ rules: Int32, _ number: Int32, _ index: UInt32) -> Bool {
        let rules = program.strings.elements[Int(rules)]
        let value = tape[index]
        let mark = arena.mark
        defer { arena.release(mark) }
        let text = tape.string(value, &arena)
        guard take(text.count / 32, number, index) else { return false }
        // A scalar takes one to four bytes, so most lengths need no counting.
        if text.count > rules.maxLength || text.count < rules.minLength &* 4 {
            let length = Self.scalarCount(text)
            if length < rules.minLength { return fail(.minLength, number, index) }
            if length > rules.maxLength { return fail(.maxLength, number, index) }
        }
        if rules.pattern >= 0, !program.patterns[Int(rules.pattern)].occurs(in: text, &steps) {
            return steps > 0 ? fail(.pattern, number, index) : stop(.steps, number, index)
        }
        if rules.format != 0, let format = StringFormat(rawValue: rules.format) {
            guard take(text.count / 16, number, index) else { return false }
            guard format.describes(text) else { return fail(.format, number, index) }
        }
        return true
    }

    private static func scalarCount(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var count = 0
        for byte in text where byte & 0xC0 != 0x80 { count &+= 1 }
        return count
    }

    // MARK: Arrays

    mutating func evaluateArray(_ rules: Int32, _ number: Int32, _ index: UInt32, _ marks: Marks) -> Bool {
        let rules = program.arrays.elements[Int(rules)]
        let count = tape[index].elementCount
        if count < rules.minItems { return fail(.minItems, number, index) }
        if count > rules.maxItems { return fail(.maxItems, number, index) }
        if rules.prefix.count > 0 || rules.rest >= 0 {
            let prefix = rules.prefix.indices
            var position = 0
            for item in tape.children(of: index) {
                let node: Int32
                if position < prefix.count {
                    node = program.lists.elements[prefix.lowerBound + position]
                } else {
                    node = rules.rest
                    guard node >= 0 else { break }
                }
                guard evaluate(node, item, nil) else { return false }
                if let marks { marks[position] = 1 }
                position += 1
            }
        }
        if rules.contains >= 0, !evaluateContains(rules, number, index, marks) { return false }
        return !rules.isUnique || count < 2 || evaluateUnique(count, number, index)
    }

    private mutating func evaluateContains(
        _ rules: ArrayRules, _ number: Int32, _ index: UInt32, _ marks: Marks
    ) -> Bool {
        var found = 0
        var position = 0
        for item in tape.children(of: index) {
            let isMatch = quietly { $0.evaluate(rules.contains, item, nil) }
            if isStopped { return false }
            if isMatch {
                found += 1
                if rules.marksContained, let marks { marks[position] = 1 }
            }
            position += 1
        }
        if found < rules.minContains { return fail(.contains, number, index) }
        return found <= rules.maxContains || fail(.maxContains, number, index)
    }

    private mutating func evaluateUnique(_ count: Int, _ number: Int32, _ index: UInt32) -> Bool {
        guard take(count, number, index) else { return false }
        let mark = arena.mark
        defer { arena.release(mark) }
        // A table, at most half full, of indices and the upper halves of hashes; no item has the index 0.
        var capacity = 4
        while capacity < count * 2 { capacity *= 2 }
        let slots = UnsafeMutableRawBufferPointer(arena.allocateZeros(capacity * 8))
        for item in tape.children(of: index) {
            let hash = JSONEquality.hash(tape, item, &arena, &steps)
            let entry = hash & 0xFFFF_FFFF_0000_0000 | UInt64(item)
            var slot = Int(truncatingIfNeeded: hash) & (capacity - 1)
            while true {
                let other = slots.loadUnaligned(fromByteOffset: slot * 8, as: UInt64.self)
                if other == 0 { break }
                if other >> 32 == entry >> 32,
                    JSONEquality.areEqual(tape, item, tape, UInt32(truncatingIfNeeded: other), &arena, &steps)
                {
                    return fail(.uniqueItems, number, item)
                }
                slot = (slot + 1) & (capacity - 1)
            }
            guard take(0, number, index) else { return false }
            slots.storeBytes(of: entry, toByteOffset: slot * 8, as: UInt64.self)
        }
        return true
    }

    // MARK: Objects

    mutating func evaluateObject(_ place: Int32, _ number: Int32, _ index: UInt32, _ marks: Marks) -> Bool {
        guard let table = program.objects.elements.baseAddress else { return true }
        let rules = table + Int(place)
        let count = tape[index].elementCount
        if count < rules.pointee.minProperties { return fail(.minProperties, number, index) }
        if count > rules.pointee.maxProperties { return fail(.maxProperties, number, index) }
        guard rules.pointee.visitsMembers else { return true }
        let mark = arena.mark
        defer { arena.release(mark) }
        guard take(Int(rules.pointee.names.count) / 16, number, index) else { return false }
        let seen = arena.allocateZeros(Int(rules.pointee.names.count))
        var expected = 0
        var position = 0
        for name in tape.children(of: index) {
            let inner = arena.mark
            defer { arena.release(inner) }
            guard take(1 + Int(tape[name].length) / 16, number, index) else { return false }
            let text = tape.string(tape[name], &arena)
            var isEvaluated = false
            if let entry = find(text, rules, expected) {
                expected = entry + 1
                seen[entry] = 1
                let node = program.names.elements[Int(rules.pointee.names.first) + entry].node
                if node >= 0 {
                    guard evaluate(node, name + 1, nil) else { return false }
                    isEvaluated = true
                }
            }
            if rules.pointee.patterns.count > 0 {
                guard evaluatePatterns(rules, text, name + 1, &isEvaluated) else { return false }
            }
            if !isEvaluated, rules.pointee.additional >= 0 {
                guard evaluate(rules.pointee.additional, name + 1, nil) else { return false }
                isEvaluated = true
            }
            if rules.pointee.propertyNames >= 0 {
                guard evaluate(rules.pointee.propertyNames, name, nil) else { return false }
            }
            if isEvaluated, let marks { marks[position] = 1 }
            position += 1
        }
        for place in rules.pointee.required.indices {
            let entry = program.lists.elements[place]
            guard seen[Int(entry)] != 0 else {
                return fail(.required, number, index, detail: rules.pointee.names.first + entry)
            }
        }
        return rules.pointee.dependents.count == 0 || evaluateDependents(rules, seen, number, index, marks)
    }

    /// The place of a name among those that the schema mentions: where it is expected, or by its hash.
    @inline(__always)
    private func find(
        _ name: UnsafeBufferPointer<UInt8>, _ rules: UnsafePointer<ObjectRules>, _ expected: Int
    ) -> Int? {
        let count = Int(rules.pointee.names.count)
        guard count > 0 else { return nil }
        if expected < count, isEqual(name, rules, expected) { return expected }
        let slots = rules.pointee.slots.indices
        let mask = slots.count - 1
        var slot = Int(NameEntry.hash(name)) & mask
        while true {
            let entry = program.lists.elements[slots.lowerBound + slot]
            // At most half of the slots are taken, so there is a free one.
            guard entry >= 0 else { return nil }
            if isEqual(name, rules, Int(entry)) { return Int(entry) }
            slot = (slot + 1) & mask
        }
    }

    @inline(__always)
    private func isEqual(
        _ name: UnsafeBufferPointer<UInt8>, _ rules: UnsafePointer<ObjectRules>, _ place: Int
    ) -> Bool {
        let entry = program.names.elements[Int(rules.pointee.names.first) + place]
        guard Int(entry.length) == name.count else { return false }
        let bytes = program.nameBytes.elements[Int(entry.offset)..<Int(entry.offset) + name.count]
        return JSONEquality.areEqual(name, UnsafeBufferPointer(rebasing: bytes))
    }

    private mutating func evaluatePatterns(
        _ rules: UnsafePointer<ObjectRules>, _ name: UnsafeBufferPointer<UInt8>, _ value: UInt32,
        _ isEvaluated: inout Bool
    ) -> Bool {
        for place in stride(from: 0, to: Int(rules.pointee.patterns.count), by: 2) {
            let at = Int(rules.pointee.patterns.first) + place
            let node = program.lists.elements[at + 1]
            guard take(1, node, value) else { return false }
            let isMatch = program.patterns[Int(program.lists.elements[at])].occurs(in: name, &steps)
            guard take(0, node, value) else { return false }
            if isMatch {
                guard evaluate(node, value, nil) else { return false }
                isEvaluated = true
            }
        }
        return true
    }

    private mutating func evaluateDependents(
        _ rules: UnsafePointer<ObjectRules>, _ seen: UnsafeMutableBufferPointer<UInt8>, _ number: Int32,
        _ index: UInt32, _ marks: Marks
    ) -> Bool {
        for place in rules.pointee.dependents.indices {
            let rule = program.dependents.elements[place]
            guard seen[Int(rule.name)] != 0 else { continue }
            for place in rule.required.indices {
                let entry = program.lists.elements[place]
                guard seen[Int(entry)] != 0 else {
                    return fail(.dependentRequired, number, index, detail: rules.pointee.names.first + entry)
                }
            }
            if rule.node >= 0 {
                guard evaluate(rule.node, index, marks) else { return false }
            }
        }
        return true
    }
}
