import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// What filters have changed on the fields of a frame, not written into it yet.
struct FrameChanges {
    /// The new value of a field.
    struct Value {
        /// What it is written as.
        enum Form {
            case string
            case bytes
            case fixed
        }

        var form: Form
        var bytes: [UInt8]
    }

    /// By where the field begins.
    private var values: [Int: (field: FieldLocation, value: Value)] = [:]
    private var removed: Set<LocatedElement> = []

    var isEmpty: Bool { values.isEmpty && removed.isEmpty }

    /// True if elements are taken out, so that some fields are there no more.
    var removes: Bool { !removed.isEmpty }

    /// The new value of a field; nil if it is the old one.
    func value(of field: LocatedField) -> [UInt8]? {
        values.isEmpty ? nil : values[field.location.start]?.value.bytes
    }

    /// True if the element is taken out.
    func isRemoved(_ element: LocatedElement) -> Bool { removed.contains(element) }

    mutating func set(_ field: LocatedField, to value: Value) {
        values[field.location.start] = (field.location, value)
    }

    mutating func remove(_ element: LocatedElement) {
        removed.insert(element)
    }

    /// The changes as edits of the bytes.
    ///
    /// - Parameters:
    ///   - compact: true for a message with compact lengths.
    ///   - tags: where the sizes stand of tagged fields, one within another first.
    /// - Returns: the edits, in the order of the frame.
    /// - Throws: ``WireError`` if a string is too long.
    func edits(compact: Bool, tags: [FieldLocation]) throws(WireError) -> FrameEdits {
        // What an outer element takes with it is not changed in its turn.
        let taken = removed.sorted { ($0.start, -$0.end) < ($1.start, -$1.end) }
        var outermost: [LocatedElement] = []
        for element in taken where element.start >= (outermost.last?.end ?? 0) { outermost.append(element) }

        var edits = FrameEdits()
        var counts: [LocatedElement: Int] = [:]
        var order: [(start: Int, write: (inout FrameEdits) -> Void)] = []
        for element in outermost {
            counts[element.array, default: 0] += 1
            order.append((Int(element.start), { $0.replace(Int(element.start)..<Int(element.end)) { _ in } }))
        }
        for (array, removed) in counts {
            let left = Int(array.count) - removed
            order.append(
                (
                    Int(array.countStart),
                    {
                        $0.replace(Int(array.countStart)..<Int(array.countEnd)) { buffer in
                            if compact {
                                buffer.writeUnsignedVarint(UInt32(clamping: left + 1))
                            } else {
                                buffer.writeInteger(Int32(clamping: left))
                            }
                        }
                    }
                ))
        }
        for (field, value) in values.values where !Self.isWithin(field.start, outermost) {
            guard value.form != .string || value.bytes.count <= Int(Int16.max) else {
                throw WireError(
                    .lengthTooLarge, at: field.start, expected: Int(Int16.max), actual: value.bytes.count,
                    field: "string")
            }
            order.append(
                (field.start, { $0.replace(field.start..<field.end) { Self.write(value, compact, to: &$0) } }))
        }
        order.sort { $0.start < $1.start }
        for change in order { change.write(&edits) }
        edits.resize(tags: tags)
        return edits
    }

    private static func isWithin(_ position: Int, _ elements: [LocatedElement]) -> Bool {
        var low = 0
        var high = elements.count
        while low < high {
            let middle = (low + high) / 2
            if Int(elements[middle].end) <= position { low = middle + 1 } else { high = middle }
        }
        return low < elements.count && Int(elements[low].start) <= position
    }

    private static func write(_ value: Value, _ compact: Bool, to buffer: inout ByteBuffer) {
        switch value.form {
        case .fixed: buffer.writeBytes(value.bytes)
        case .string: buffer.writeKafkaString(value.bytes, compact: compact)
        case .bytes:
            if compact {
                buffer.writeUnsignedVarint(UInt32(clamping: value.bytes.count + 1))
            } else {
                buffer.writeInteger(Int32(clamping: value.bytes.count))
            }
            buffer.writeBytes(value.bytes)
        }
    }
}

extension LocatedElement {
    /// What all elements of one array have in common.
    fileprivate var array: LocatedElement {
        LocatedElement(start: 0, end: 0, countStart: countStart, countEnd: countEnd, count: count)
    }
}
