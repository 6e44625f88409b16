package import KafkaCodec
public import KafkaMessages
import KafkaWire
import NIOCore

/// A field of a frame that has a role: a topic's name, a group's ID, an error code.
public struct LocatedField: Sendable {
    /// What it is.
    public let role: FieldRole
    /// True if it is null.
    public let isNull: Bool
    package let location: FieldLocation
    /// The innermost element that it stands in, or is, of those that its selection tells; nil if there is none.
    public package(set) var element: LocatedElement?
}

/// An element of an array in a frame: what is left out as a whole.
public struct LocatedElement: Sendable, Hashable {
    /// Where it begins and ends in the frame.
    package let start: Int32
    package var end: Int32
    /// Where the count of its array stands, and what it is.
    package let countStart: Int32
    package let countEnd: Int32
    package let count: Int32
}

/// Gathers the fields of a whole frame.
struct FieldGatherer: FieldSink {
    /// A field, and the place in `elements` of what it stands in.
    private var found: [(field: LocatedField, element: Int)] = []
    private var elements: [LocatedElement] = []
    /// The elements that are open, the innermost last.
    private var open: [Int] = []
    private var arrays: [(count: FieldLocation, elements: Int, left: Int)] = []
    private var tags: [FieldLocation] = []
    /// Where the sizes of tagged fields stand that hold something wanted, one within another first.
    private(set) var closedTags: [FieldLocation] = []

    /// The fields, in the order of the frame.
    var fields: [LocatedField] {
        guard !elements.isEmpty else { return found.map(\.field) }
        return found.map { field, element in
            guard elements.indices.contains(element) else { return field }
            var field = field
            field.element = elements[element]
            return field
        }
    }

    mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
        found.append((LocatedField(role: role, isNull: false, location: location), open.last ?? -1))
    }

    mutating func nullField(_ role: FieldRole, _ location: FieldLocation) {
        found.append((LocatedField(role: role, isNull: true, location: location), open.last ?? -1))
    }

    mutating func beginArray(_ location: FieldLocation, count: Int) {
        if count > 0 { arrays.append((location, count, count)) }
    }

    mutating func beginElement(at position: Int) {
        guard let array = arrays.last else { return }
        open.append(elements.count)
        elements.append(
            LocatedElement(
                start: Int32(clamping: position), end: Int32(clamping: position),
                countStart: Int32(clamping: array.count.start), countEnd: Int32(clamping: array.count.end),
                count: Int32(clamping: array.elements)))
    }

    mutating func endElement(at position: Int) {
        guard let element = open.popLast(), !arrays.isEmpty else { return }
        elements[element].end = Int32(clamping: position)
        arrays[arrays.count - 1].left -= 1
        if arrays[arrays.count - 1].left == 0 { arrays.removeLast() }
    }

    mutating func beginTag(numberAt position: Int, _ size: FieldLocation, _ value: UnsafeRawBufferPointer) -> Bool {
        tags.append(size)
        return true
    }

    mutating func endTag(at position: Int) {
        if let tag = tags.popLast() { closedTags.append(tag) }
    }
}
