public import KafkaMessages
public import KafkaWire

/// Walks the bytes of one message, as they arrive, and reports the fields that its program asks for.
///
/// The walk stops where the bytes end and goes on with the next ones. A reported field is reported whole: a call may
/// consume less than it was given, and the rest has to come again with more behind it. What nobody asked for is
/// passed without looking at it, however large it is.
@usableFromInline
package struct FieldWalker {
    /// How far a walk came.
    @usableFromInline
    package enum Progress: Sendable {
        /// All that was given is used, or what is left is too short for the next field.
        case needsMore
        /// The message has ended; what is left of the frame are bytes after its end.
        case finished
    }

    /// The largest value that is gathered to be reported, in bytes. Names are far smaller; what is larger is an error.
    @inlinable static var largestField: Int { 1 << 20 }

    /// How deep arrays and tagged fields may nest: no message comes near it.
    static let deepest = 16

    @usableFromInline var program: WalkProgram?
    @usableFromInline var step = 0
    /// Offset in the frame of the next byte.
    @usableFromInline package var position = 0
    /// The size of the frame.
    @usableFromInline var end = 0
    /// Bytes to be passed before the next step.
    @usableFromInline var skip = 0
    /// Bytes of records to come.
    @usableFromInline var recordsLeft = 0
    @usableFromInline var inRecords = false
    /// True between two tagged fields of one section.
    @usableFromInline var inTagSection = false
    @usableFromInline var depth = 0
    /// Elements or tagged fields to come, by depth.
    @usableFromInline var counts = InlineArray<16, Int>(repeating: 0)
    /// Where the current tagged field ends, by depth.
    @usableFromInline var tagEnds = InlineArray<16, Int>(repeating: 0)

    /// A walker that is at the end of nothing.
    package init() {}

    /// Begins a walk; see ``begin(_:position:end:)``.
    package init(program: WalkProgram, position: Int, end: Int) {
        begin(program, position: position, end: end)
    }

    /// Begins a walk, wherever the one before it stands.
    ///
    /// - Parameters:
    ///   - program: the steps.
    ///   - position: the offset of the body in the frame, in bytes.
    ///   - end: the size of the frame, in bytes.
    @inlinable
    package mutating func begin(_ program: WalkProgram, position: Int, end: Int) {
        self.program = program
        self.position = position
        self.end = end
        step = 0
        skip = 0
        recordsLeft = 0
        inRecords = false
        inTagSection = false
        depth = 0
    }

    /// Goes on with the bytes that follow those consumed before.
    ///
    /// - Parameters:
    ///   - bytes: what is there of the frame from ``position`` on, never beyond its end.
    ///   - consumed: set to how many of the bytes were used, also when an error is thrown.
    ///   - sink: what is reported to.
    /// - Returns: ``Progress/finished`` once the message has ended, though bytes of the frame may be left.
    /// - Throws: ``WireError`` if the bytes are not such a message.
    @inlinable
    package mutating func resume<Sink: FieldSink>(
        _ bytes: UnsafeRawBufferPointer, consumed: inout Int, sink: inout Sink
    ) throws(WireError) -> Progress {
        consumed = 0
        guard let base = bytes.baseAddress else {
            return position == end && recordsLeft == 0 && skip == 0 ? try finishEmpty(sink: &sink) : .needsMore
        }
        var cursor = WalkCursor(base: base, available: bytes.count, position: position, end: end)
        defer {
            consumed = cursor.offset
            position = cursor.position
        }
        return try run(&cursor, sink: &sink)
    }

    /// A step that needs no bytes may be left when the frame has ended.
    @inlinable
    mutating func finishEmpty<Sink: FieldSink>(sink: inout Sink) throws(WireError) -> Progress {
        var nothing: UInt8 = 0
        var progress = Progress.needsMore
        var failure: WireError?
        withUnsafeBytes(of: &nothing) { bytes in
            guard let base = bytes.baseAddress else { return }
            var cursor = WalkCursor(base: base, available: 0, position: position, end: end)
            do throws(WireError) {
                progress = try run(&cursor, sink: &sink)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return progress
    }

    @inlinable
    mutating func run<Sink: FieldSink>(_ cursor: inout WalkCursor, sink: inout Sink) throws(WireError)
        -> Progress
    {
        if skip > 0 {
            skip -= cursor.pass(upTo: skip)
            if skip > 0 { return .needsMore }
        }
        if inRecords, !passRecords(&cursor, sink: &sink) { return .needsMore }
        guard let program else { return .finished }
        let steps = program.steps
        while true {
            let current = steps[step]
            switch current.code {
            case .skip:
                step += 1
                if !(try passOver(Int(current.a), &cursor)) { return .needsMore }
            case .fixed:
                let size = Int(current.a)
                guard let value = try cursor.take(size) else { return .needsMore }
                sink.field(
                    current.role,
                    FieldLocation(
                        start: cursor.position - size, valueStart: cursor.position - size, end: cursor.position),
                    value
                )
                step += 1
            case .string, .compactString, .bytes, .compactBytes:
                guard try lengthPrefixed(current, &cursor, sink: &sink) else { return .needsMore }
            case .records, .compactRecords:
                guard try records(current, &cursor, sink: &sink) else { return .needsMore }
            case .fixedArray, .compactFixedArray:
                guard let count = try cursor.count(compact: current.code == .compactFixedArray) else {
                    return .needsMore
                }
                step += 1
                let (size, overflow) = max(0, count.value).multipliedReportingOverflow(by: Int(current.a))
                guard !overflow, size <= cursor.left else {
                    throw WireError.countTooLarge(count.value, left: cursor.left, at: cursor.position)
                }
                if !(try passOver(size, &cursor)) { return .needsMore }
            case .array, .compactArray:
                guard try beginArray(current, &cursor, sink: &sink) else { return .needsMore }
            case .nextElement:
                if current.reportsElements { sink.endElement(at: cursor.position) }
                counts[depth] -= 1
                if counts[depth] > 0 {
                    if current.reportsElements { sink.beginElement(at: cursor.position) }
                    step = Int(current.a)
                } else {
                    depth -= 1
                    step += 1
                }
            case .optionalStructure:
                guard let marker = try cursor.take(1) else { return .needsMore }
                step = marker[0] < 0x80 ? step + 1 : Int(current.a)
            case .skipTags:
                guard try skipTags(&cursor) else { return .needsMore }
            case .tags:
                guard try tags(current, program.tagTables[Int(current.a)], &cursor, sink: &sink) else {
                    return .needsMore
                }
            case .endTag:
                guard try endTag(current, &cursor, sink: &sink) else { return .needsMore }
            case .end:
                return .finished
            }
        }
    }

    /// Passes over bytes; false if more have to come for it. The walk goes on with its step when they have.
    @inlinable @inline(__always)
    mutating func passOver(_ size: Int, _ cursor: inout WalkCursor) throws(WireError) -> Bool {
        guard size <= cursor.left else { throw WireError.truncated(size, left: cursor.left, at: cursor.position) }
        if size <= cursor.unread {
            cursor.advance(size)
            return true
        }
        skip = size - cursor.pass(upTo: size)
        return false
    }

    @inlinable @inline(__always)
    mutating func lengthPrefixed<Sink: FieldSink>(
        _ current: WalkStep, _ cursor: inout WalkCursor, sink: inout Sink
    ) throws(WireError) -> Bool {
        let start = cursor.mark
        guard let length = try cursor.length(current.code) else { return false }
        if current.role == .none {
            step += 1
            return length.value <= 0 ? true : try passOver(length.value, &cursor)
        }
        guard length.value >= 0 else {
            step += 1
            let here = cursor.position
            sink.nullField(current.role, FieldLocation(start: here - length.size, valueStart: here, end: here))
            return true
        }
        guard length.value <= Self.largestField else {
            throw WireError.lengthTooLarge(length.value, left: Self.largestField, at: cursor.position)
        }
        guard let value = try cursor.take(length.value) else {
            cursor.reset(start)
            return false
        }
        step += 1
        let valueStart = cursor.position - length.value
        sink.field(
            current.role,
            FieldLocation(start: valueStart - length.size, valueStart: valueStart, end: cursor.position),
            value
        )
        return true
    }

    @inlinable
    mutating func records<Sink: FieldSink>(
        _ current: WalkStep, _ cursor: inout WalkCursor, sink: inout Sink
    ) throws(WireError) -> Bool {
        guard let length = try cursor.length(current.code == .records ? .bytes : .compactBytes) else { return false }
        step += 1
        guard length.value > 0 else { return true }
        guard length.value <= cursor.left else {
            throw WireError.truncated(length.value, left: cursor.left, at: cursor.position)
        }
        if current.role == .none { return try passOver(length.value, &cursor) }
        let here = cursor.position
        sink.beginRecords(FieldLocation(start: here - length.size, valueStart: here, end: here + length.value))
        recordsLeft = length.value
        inRecords = true
        return passRecords(&cursor, sink: &sink)
    }

    @inlinable
    mutating func passRecords<Sink: FieldSink>(_ cursor: inout WalkCursor, sink: inout Sink) -> Bool {
        let bytes = cursor.takeUpTo(recordsLeft)
        if !bytes.isEmpty { sink.recordBytes(bytes) }
        recordsLeft -= bytes.count
        guard recordsLeft == 0 else { return false }
        inRecords = false
        sink.endRecords()
        return true
    }

    @inlinable @inline(__always)
    mutating func beginArray<Sink: FieldSink>(
        _ current: WalkStep, _ cursor: inout WalkCursor, sink: inout Sink
    ) throws(WireError) -> Bool {
        guard let count = try cursor.count(compact: current.code == .compactArray) else { return false }
        let here = cursor.position
        if current.reportsElements {
            sink.beginArray(FieldLocation(start: here - count.size, valueStart: here, end: here), count: count.value)
        }
        guard count.value > 0 else {
            step = Int(current.a)
            return true
        }
        // Each element takes bytes, so a count that the frame cannot hold is refused before it is believed.
        guard count.value <= cursor.left / Int(current.b) else {
            throw WireError.countTooLarge(count.value, left: cursor.left, at: here)
        }
        depth += 1
        counts[depth] = count.value
        step += 1
        if current.reportsElements { sink.beginElement(at: here) }
        return true
    }

    @inlinable @inline(__always)
    mutating func skipTags(_ cursor: inout WalkCursor) throws(WireError) -> Bool {
        if !inTagSection {
            guard let count = try cursor.unsignedVarint() else { return false }
            if count == 0 {
                step += 1
                return true
            }
            inTagSection = true
            depth += 1
            counts[depth] = Int(count)
        }
        while counts[depth] > 0 {
            let start = cursor.mark
            guard try cursor.unsignedVarint() != nil, let size = try cursor.unsignedVarint() else {
                cursor.reset(start)
                return false
            }
            counts[depth] -= 1
            if !(try passOver(Int(size), &cursor)) { return false }
        }
        inTagSection = false
        depth -= 1
        step += 1
        return true
    }

    @inlinable
    mutating func tags<Sink: FieldSink>(
        _ current: WalkStep, _ table: ContiguousArray<TagEntry>, _ cursor: inout WalkCursor, sink: inout Sink
    ) throws(WireError) -> Bool {
        if !inTagSection {
            guard let count = try cursor.unsignedVarint() else { return false }
            inTagSection = true
            depth += 1
            counts[depth] = Int(count)
        }
        while counts[depth] > 0 {
            let start = cursor.mark
            let numberAt = cursor.position
            guard let tag = try cursor.unsignedVarint() else {
                cursor.reset(start)
                return false
            }
            let sizeAt = cursor.position
            guard let size = try cursor.unsignedVarint() else {
                cursor.reset(start)
                return false
            }
            guard Int(size) <= cursor.left else {
                throw WireError.truncated(Int(size), left: cursor.left, at: cursor.position)
            }
            if let entry = table.first(where: { $0.tag == tag }) {
                // What is looked into is looked at whole, so that a sink can decide about it before it has passed.
                guard Int(size) <= Self.largestField else {
                    throw WireError.lengthTooLarge(Int(size), left: Self.largestField, at: cursor.position)
                }
                guard let value = cursor.peek(Int(size)) else {
                    cursor.reset(start)
                    return false
                }
                counts[depth] -= 1
                let fieldEnd = cursor.position + Int(size)
                let location = FieldLocation(start: sizeAt, valueStart: cursor.position, end: fieldEnd)
                if sink.beginTag(numberAt: numberAt, location, value) {
                    tagEnds[depth] = fieldEnd
                    inTagSection = false
                    step = Int(entry.step)
                    return true
                }
                cursor.advance(Int(size))
                continue
            }
            counts[depth] -= 1
            if !(try passOver(Int(size), &cursor)) { return false }
        }
        inTagSection = false
        depth -= 1
        step = Int(current.b)
        return true
    }

    @inlinable
    mutating func endTag<Sink: FieldSink>(
        _ current: WalkStep, _ cursor: inout WalkCursor, sink: inout Sink
    ) throws(WireError) -> Bool {
        let fieldEnd = tagEnds[depth]
        guard cursor.position <= fieldEnd else {
            throw WireError.truncated(cursor.position - fieldEnd, left: 0, at: fieldEnd)
        }
        // A newer sender may have put more into the field than is known here.
        let rest = fieldEnd - cursor.position
        guard rest <= cursor.unread else {
            return false
        }
        cursor.advance(rest)
        sink.endTag(at: cursor.position)
        inTagSection = true
        step = Int(current.a)
        return true
    }
}
