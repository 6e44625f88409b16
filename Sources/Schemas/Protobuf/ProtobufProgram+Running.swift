extension ProtobufProgram {
    /// Reads a message.
    ///
    /// - Returns: the first fault; nil if the bytes are a message to the last one.
    func run(_ cursor: ByteCursor, _ stack: ProtobufStack) -> ProtobufFault? {
        stack.reserve(maxDepth)
        let frames = stack.frames
        // Safety: the buffers live while the closures run; the compiler fills the tables with places inside of them.
        return messages.withUnsafeBufferPointer { messages in
            fields.withUnsafeBufferPointer { fields in
                lookup.withUnsafeBufferPointer { lookup in
                    guard let messages = messages.baseAddress else { return nil }
                    return run(cursor, Tables(messages: messages, fields: fields, lookup: lookup), frames)
                }
            }
        }
    }

    // Safety: good while the closures above run.
    private struct Tables {
        let messages: UnsafePointer<Message>
        let fields: UnsafeBufferPointer<Field>
        let lookup: UnsafeBufferPointer<Int32>

        /// The place of a field; -1 if the message does not have it.
        @inline(__always)
        func field(_ number: UInt32, of message: UnsafePointer<Message>) -> Int32 {
            if number < message.pointee.lookupCount {
                // Safety: a message's part of the table has `lookupCount` places.
                return lookup[Int(message.pointee.lookup) &+ Int(number)]
            }
            return message.pointee.sparseCount == 0 ? -1 : sparseField(number, of: message)
        }

        @inline(never)
        private func sparseField(_ number: UInt32, of message: UnsafePointer<Message>) -> Int32 {
            var low = message.pointee.sparse
            var high = low &+ message.pointee.sparseCount
            while low < high {
                let middle = low &+ (high &- low) / 2
                if fields[Int(middle)].number < number { low = middle &+ 1 } else { high = middle }
            }
            let isThere = low < message.pointee.sparse &+ message.pointee.sparseCount
            return isThere && fields[Int(low)].number == number ? low : -1
        }
    }

    // Safety: `depth` stays below `maxDepth`, for which there is room on the stack of frames.
    private func run(
        _ start: ByteCursor, _ tables: Tables, _ stack: UnsafeMutablePointer<ProtobufStack.Frame>
    ) -> ProtobufFault? {
        var cursor = start
        var depth = 0
        var current = ProtobufStack.Frame(message: Self.root, end: start.end)
        var message = tables.messages + Int(Self.root)

        func fault(_ reason: ProtobufFault.Reason) -> ProtobufFault {
            var path = (0..<depth).map { stack[$0].field }
            path.append(current.field)
            return ProtobufFault(reason: reason, offset: cursor.position, path: path.filter { $0 >= 0 })
        }
        func varintFault() -> ProtobufFault { fault(cursor.isCutOff() ? .truncated : .varint) }

        while true {
            if cursor.position == cursor.end {
                current.field = -1
                guard current.group == 0 else { return fault(.group) }
                guard isComplete(current, message, cursor, contentEnd: cursor.end) else { return fault(.required) }
                if depth == 0 { return nil }
                depth &-= 1
                current = stack[depth]
                message = tables.messages + Int(current.message)
                cursor.end = current.end
                continue
            }
            let tagStart = cursor.position
            var tag: UInt64 = 0
            guard cursor.varint(&tag) else {
                current.field = -1
                return varintFault()
            }
            let number = UInt32(truncatingIfNeeded: tag &>> 3)
            guard number != 0, tag <= UInt64(UInt32.max), cursor.position &- tagStart <= 5 else {
                current.field = -1
                return fault(.fieldNumber)
            }
            let wireType = UInt8(truncatingIfNeeded: tag & 7)
            let place = tables.field(number, of: message)
            current.field = place
            guard place >= 0 else {
                if wireType == 4 {
                    guard number == current.group else { return fault(.group) }
                    guard isComplete(current, message, cursor, contentEnd: tagStart) else { return fault(.required) }
                    depth &-= 1
                    current = stack[depth]
                    message = tables.messages + Int(current.message)
                    continue
                }
                guard message.pointee.allowsUnknown else { return fault(.unknownField(number)) }
                if wireType == 3 {
                    guard depth &+ 1 < maxDepth else { return fault(.depth) }
                    stack[depth] = current
                    depth &+= 1
                    current = ProtobufStack.Frame(
                        message: Self.opaque, group: number, start: cursor.position, end: cursor.end)
                    message = tables.messages + Int(Self.opaque)
                    continue
                }
                if let reason = Self.skip(wireType, &cursor) { return fault(reason) }
                continue
            }
            let field = tables.fields[Int(place)]
            guard wireType == field.wireType else {
                // A group's number may be one of its own fields' too.
                if wireType == 4, number == current.group {
                    current.field = -1
                    guard isComplete(current, message, cursor, contentEnd: tagStart) else { return fault(.required) }
                    depth &-= 1
                    current = stack[depth]
                    message = tables.messages + Int(current.message)
                    continue
                }
                guard field.isPackable, wireType == 2 else { return fault(wireType > 5 ? .wireType : .mismatch) }
                if let reason = packed(field, &cursor) { return fault(reason) }
                continue
            }
            current.seen |= field.requiredBit
            switch field.kind {
            case .varint:
                var value: UInt64 = 0
                guard cursor.varint(&value) else { return varintFault() }
            case .enumeration:
                var value: UInt64 = 0
                guard cursor.varint(&value) else { return varintFault() }
                guard has(value, field.target) else { return fault(.enumeration) }
            case .fixed64:
                guard cursor.skip(8) else { return fault(.truncated) }
            case .fixed32:
                guard cursor.skip(4) else { return fault(.truncated) }
            case .bytes, .text:
                var length: UInt64 = 0
                guard cursor.varint(&length) else { return varintFault() }
                guard length <= UInt64(truncatingIfNeeded: cursor.remaining) else { return fault(.truncated) }
                let text = cursor.base + cursor.position
                cursor.position &+= Int(truncatingIfNeeded: length)
                if field.kind == .text, !UTF8Text.isValid(text, Int(truncatingIfNeeded: length)) {
                    return fault(.notUTF8)
                }
            case .message, .group:
                var length: UInt64 = 0
                if field.kind == .message {
                    guard cursor.varint(&length) else { return varintFault() }
                    guard length <= UInt64(truncatingIfNeeded: cursor.remaining) else { return fault(.truncated) }
                }
                guard depth &+ 1 < maxDepth else { return fault(.depth) }
                stack[depth] = current
                depth &+= 1
                if field.kind == .message { cursor.end = cursor.position &+ Int(truncatingIfNeeded: length) }
                current = ProtobufStack.Frame(
                    message: field.target, group: field.kind == .group ? number : 0, start: cursor.position,
                    end: cursor.end)
                message = tables.messages + Int(field.target)
            }
        }
    }

    /// True if the required fields of a message are there.
    @inline(__always)
    private func isComplete(
        _ frame: ProtobufStack.Frame, _ message: UnsafePointer<Message>, _ cursor: ByteCursor, contentEnd: Int
    ) -> Bool {
        guard frame.seen & message.pointee.required == message.pointee.required else { return false }
        return !message.pointee.hasMoreRequired || hasAllRequired(frame, cursor, contentEnd: contentEnd)
    }

    /// Looks for the required fields of a message that has more of them than bits: reads its fields, which have been
    /// checked, once more.
    @inline(never)
    private func hasAllRequired(_ frame: ProtobufStack.Frame, _ cursor: ByteCursor, contentEnd: Int) -> Bool {
        var missing = Set(moreRequired[frame.message] ?? [])
        var cursor = cursor
        cursor.position = frame.start
        cursor.end = contentEnd
        var groups = 0
        while cursor.position < contentEnd {
            var tag: UInt64 = 0
            guard cursor.varint(&tag) else { return false }
            if groups == 0 { missing.remove(UInt32(truncatingIfNeeded: tag &>> 3)) }
            switch tag & 7 {
            case 3: groups += 1
            case 4: groups -= 1
            default: guard Self.skip(UInt8(truncatingIfNeeded: tag & 7), &cursor) == nil else { return false }
            }
        }
        return missing.isEmpty
    }

    /// The fault of a message without bytes; nil if it is one.
    func missingRequired(in message: Int32) -> ProtobufFault? {
        let type = messages[Int(message)]
        guard type.required != 0 || type.hasMoreRequired else { return nil }
        return ProtobufFault(reason: .required, offset: 0, path: [])
    }

    /// Steps over the value of a field that is not known.
    @inline(never)
    private static func skip(_ wireType: UInt8, _ cursor: inout ByteCursor) -> ProtobufFault.Reason? {
        var value: UInt64 = 0
        switch wireType {
        case 0: return cursor.varint(&value) ? nil : cursor.isCutOff() ? .truncated : .varint
        case 1: return cursor.skip(8) ? nil : .truncated
        case 2:
            guard cursor.varint(&value) else { return cursor.isCutOff() ? .truncated : .varint }
            guard value <= UInt64(truncatingIfNeeded: cursor.remaining) else { return .truncated }
            cursor.position &+= Int(truncatingIfNeeded: value)
            return nil
        case 5: return cursor.skip(4) ? nil : .truncated
        default: return .wireType
        }
    }

    /// True if an enum has a value.
    @inline(__always)
    private func has(_ value: UInt64, _ enumeration: Int32) -> Bool {
        let type = enumerations[Int(enumeration)]
        let value = Int32(truncatingIfNeeded: value)
        guard value >= type.first, value <= type.last else { return false }
        return type.values.isEmpty || isListed(value, type.values)
    }

    /// True if a value is among those of an enum, which are in order.
    private func isListed(_ value: Int32, _ places: Range<Int32>) -> Bool {
        var low = Int(places.lowerBound)
        var high = Int(places.upperBound)
        while low < high {
            let middle = low &+ (high &- low) / 2
            if values[middle] < value { low = middle &+ 1 } else { high = middle }
        }
        return low < Int(places.upperBound) && values[low] == value
    }

    /// Checks a run of packed values.
    @inline(never)
    private func packed(_ field: Field, _ cursor: inout ByteCursor) -> ProtobufFault.Reason? {
        var length: UInt64 = 0
        guard cursor.varint(&length) else { return cursor.isCutOff() ? .truncated : .varint }
        guard length <= UInt64(truncatingIfNeeded: cursor.remaining) else { return .truncated }
        var run = cursor
        run.end = cursor.position &+ Int(truncatingIfNeeded: length)
        cursor.position = run.end
        switch field.kind {
        case .fixed64: return length & 7 == 0 ? nil : .packed
        case .fixed32: return length & 3 == 0 ? nil : .packed
        default: break
        }
        let raw = UnsafeRawPointer(run.base)
        while run.position < run.end {
            var value: UInt64 = 0
            if field.kind == .varint, run.position &+ 8 <= run.end,
                raw.loadUnaligned(fromByteOffset: run.position, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                run.position &+= 8
                continue
            }
            guard run.varint(&value) else { return run.isCutOff() ? .packed : .varint }
            if field.kind == .enumeration, !has(value, field.target) { return .enumeration }
        }
        return nil
    }
}
