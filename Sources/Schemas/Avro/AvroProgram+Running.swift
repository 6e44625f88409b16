extension AvroProgram {
    /// Follows the steps over some bytes.
    ///
    /// - Returns: the first fault; nil if the bytes are a datum to the last one.
    func run(_ cursor: ByteCursor) -> AvroFault? {
        // Safety: all frames are made before any is read, and are trivial; the buffers live while the closures run.
        withUnsafeTemporaryAllocation(of: Frame.self, capacity: max(frames, 1)) { stack in
            instructions.withUnsafeBufferPointer { instructions in
                guard let steps = instructions.baseAddress, let stack = stack.baseAddress else { return nil }
                return run(cursor, steps, stack)
            }
        }
    }

    // Safety: the compiler lays out programs whose jumps stay inside them and which end with `end`; frames are compared
    // with their number before one is added, and steps that take one away are laid out only behind one that adds it.
    private func run(
        _ start: ByteCursor, _ steps: UnsafePointer<AvroInstruction>, _ stack: UnsafeMutablePointer<Frame>
    ) -> AvroFault? {
        var cursor = start
        var step = 0
        var depth = 0
        var emptyItems = 0

        func fault(_ reason: AvroFault.Reason) -> AvroFault {
            AvroFault(reason: reason, instruction: step, offset: cursor.position)
        }
        func varintFault() -> AvroFault { fault(cursor.isCutOff() ? .truncated : .varint) }

        while true {
            let instruction = steps[step]
            switch instruction.code {
            case .skip:
                guard cursor.skip(Int(instruction.first)) else { return fault(.truncated) }
            case .boolean:
                guard cursor.position < cursor.end else { return fault(.truncated) }
                guard cursor.base[cursor.position] <= 1 else { return fault(.notBoolean) }
                cursor.position &+= 1
            case .int:
                var value: UInt64 = 0
                let before = cursor.position
                guard cursor.varint(&value) else { return varintFault() }
                guard value <= UInt64(UInt32.max), cursor.position &- before <= 5 else { return fault(.notInt) }
            case .long:
                var value: UInt64 = 0
                guard cursor.varint(&value) else { return varintFault() }
            case .bytes:
                if let reason = Self.skipBytes(&cursor) { return fault(reason) }
            case .string:
                if let reason = Self.skipString(&cursor) { return fault(reason) }
            case .enumeration:
                var value: UInt64 = 0
                guard cursor.varint(&value) else { return varintFault() }
                guard value & 1 == 0, value &>> 1 < UInt64(truncatingIfNeeded: instruction.first) else {
                    return fault(.symbol)
                }
            case .decimal, .fixedDecimal, .uuid:
                if let reason = Self.logical(instruction, &cursor) { return fault(reason) }
            case .union:
                var value: UInt64 = 0
                guard cursor.varint(&value) else { return varintFault() }
                guard value & 1 == 0, value &>> 1 < UInt64(truncatingIfNeeded: instruction.second) else {
                    return fault(.branch)
                }
                step = Int(branches[Int(instruction.first) &+ Int(truncatingIfNeeded: value &>> 1)])
                continue
            case .optional:
                guard let isNull = Self.isNull(instruction, &cursor) else { return fault(Self.branchReason(cursor)) }
                if isNull {
                    step = Int(instruction.second)
                    continue
                }
            case .optionalString:
                guard let isNull = Self.isNull(instruction, &cursor) else { return fault(Self.branchReason(cursor)) }
                if !isNull, let reason = Self.skipString(&cursor) { return fault(reason) }
            case .optionalLong:
                guard let isNull = Self.isNull(instruction, &cursor) else { return fault(Self.branchReason(cursor)) }
                var value: UInt64 = 0
                if !isNull, !cursor.varint(&value) { return varintFault() }
            case .jump:
                step = Int(instruction.first)
                continue
            case .call:
                guard depth < frames else { return fault(.depth) }
                stack[depth] = Frame(continuation: Int32(truncatingIfNeeded: step &+ 1))
                depth &+= 1
                step = Int(instruction.first)
                continue
            case .return:
                depth &-= 1
                step = Int(stack[depth].continuation)
                continue
            case .blocks:
                guard depth < frames else { return fault(.depth) }
                var frame = Frame()
                if let reason = Self.beginBlock(&frame, &cursor, itemSize: Int(instruction.second)) {
                    return fault(reason)
                }
                if frame.remaining == 0 {
                    step = Int(instruction.first)
                    continue
                }
                stack[depth] = frame
                depth &+= 1
            case .next:
                var frame = stack[depth &- 1]
                frame.remaining &-= 1
                if frame.remaining == 0 {
                    guard frame.blockEnd < 0 || frame.blockEnd == cursor.position else { return fault(.blockSize) }
                    let size = Int(steps[Int(instruction.first) &- 1].second)
                    if let reason = Self.beginBlock(&frame, &cursor, itemSize: size) { return fault(reason) }
                    if frame.remaining == 0 {
                        depth &-= 1
                        step &+= 1
                        continue
                    }
                }
                stack[depth &- 1] = frame
                step = Int(instruction.first)
                continue
            case .emptyItems:
                if let reason = skipEmptyItems(&cursor, &emptyItems) { return fault(reason) }
            case .end:
                return cursor.position == cursor.end ? nil : fault(.trailing)
            }
            step &+= 1
        }
    }

    @inline(__always)
    private static func varintReason(_ cursor: ByteCursor) -> AvroFault.Reason {
        cursor.isCutOff() ? .truncated : .varint
    }

    /// Why there is no branch of an optional value.
    private static func branchReason(_ cursor: ByteCursor) -> AvroFault.Reason {
        var copy = cursor
        var value: UInt64 = 0
        return copy.varint(&value) ? .branch : varintReason(cursor)
    }

    /// Reads which branch of an optional value there is; nil, at the same place, if it is neither.
    @inline(__always)
    private static func isNull(_ instruction: AvroInstruction, _ cursor: inout ByteCursor) -> Bool? {
        var copy = cursor
        var value: UInt64 = 0
        guard copy.varint(&value), value == 0 || value == 2 else { return nil }
        cursor.position = copy.position
        return value &>> 1 == UInt64(truncatingIfNeeded: instruction.first)
    }

    /// Reads a length and steps over as many bytes.
    @inline(__always)
    private static func skipBytes(_ cursor: inout ByteCursor) -> AvroFault.Reason? {
        var length: Int64 = 0
        guard cursor.zigzag(&length) else { return varintReason(cursor) }
        guard length >= 0 else { return .length }
        return cursor.skip(Int(length)) ? nil : .truncated
    }

    @inline(__always)
    private static func skipString(_ cursor: inout ByteCursor) -> AvroFault.Reason? {
        var length: Int64 = 0
        guard cursor.zigzag(&length) else { return varintReason(cursor) }
        guard length >= 0 else { return .length }
        let start = cursor.position
        guard cursor.skip(Int(length)) else { return .truncated }
        return UTF8Text.isValid(cursor.base + start, Int(length)) ? nil : .notUTF8
    }

    /// Reads how many items a block has, and how many bytes if it says so (a negative number of items does).
    @inline(__always)
    private static func beginBlock(
        _ frame: inout Frame, _ cursor: inout ByteCursor, itemSize: Int
    ) -> AvroFault.Reason? {
        var count: Int64 = 0
        guard cursor.zigzag(&count) else { return varintReason(cursor) }
        frame.blockEnd = -1
        if count < 0 {
            guard count > Int64.min else { return .count }
            count = 0 &- count
            var size: Int64 = 0
            guard cursor.zigzag(&size) else { return varintReason(cursor) }
            guard size >= 0 else { return .length }
            guard Int(size) <= cursor.remaining else { return .truncated }
            frame.blockEnd = cursor.position &+ Int(size)
        }
        let bytes = frame.blockEnd < 0 ? cursor.remaining : frame.blockEnd &- cursor.position
        // A multiplication could overflow; a block of one-byte items, which are the most common, needs no division.
        guard itemSize == 1 ? Int(count) <= bytes : Int(count) <= bytes / itemSize else { return .count }
        frame.remaining = Int(count)
        return nil
    }

    /// Reads blocks of items that have no bytes.
    private func skipEmptyItems(_ cursor: inout ByteCursor, _ total: inout Int) -> AvroFault.Reason? {
        while true {
            var count: Int64 = 0
            guard cursor.zigzag(&count) else { return Self.varintReason(cursor) }
            if count == 0 { return nil }
            if count < 0 {
                var size: Int64 = 0
                guard cursor.zigzag(&size) else { return Self.varintReason(cursor) }
                guard size == 0 else { return .blockSize }
            }
            guard count.magnitude <= UInt64(maxEmptyItems &- total) else { return .emptyItems }
            total &+= Int(count.magnitude)
        }
    }

    /// Checks a value of a logical type.
    @inline(never)
    private static func logical(_ instruction: AvroInstruction, _ cursor: inout ByteCursor) -> AvroFault.Reason? {
        let length: Int
        let precision: Int
        if instruction.code == .fixedDecimal {
            length = Int(instruction.first)
            precision = Int(instruction.second)
        } else {
            var read: Int64 = 0
            guard cursor.zigzag(&read) else { return varintReason(cursor) }
            guard read >= 0 else { return .length }
            length = Int(read)
            precision = Int(instruction.first)
        }
        let start = cursor.position
        guard cursor.skip(length) else { return .truncated }
        let bytes = UnsafeBufferPointer(start: cursor.base + start, count: length)
        if instruction.code == .uuid { return AvroLogicalTypes.isUUID(bytes) ? nil : .notUUID }
        return AvroLogicalTypes.isDecimal(bytes, precision: precision) ? nil : .decimal
    }
}
