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
}

/// Gathers the fields of a whole frame.
struct FieldGatherer: FieldSink {
    var fields: [LocatedField] = []
    var tags: [OpenTag] = []
    var closedTags: [OpenTag] = []

    /// A tagged field with a wanted field in it: its size has to follow what is changed in it.
    struct OpenTag {
        var size: FieldLocation
    }

    mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer) {
        fields.append(LocatedField(role: role, isNull: false, location: location))
    }

    mutating func nullField(_ role: FieldRole, _ location: FieldLocation) {
        fields.append(LocatedField(role: role, isNull: true, location: location))
    }

    mutating func beginTag(numberAt position: Int, _ size: FieldLocation, _ value: UnsafeRawBufferPointer) -> Bool {
        tags.append(OpenTag(size: size))
        return true
    }

    mutating func endTag(at position: Int) {
        if let tag = tags.popLast() { closedTags.append(tag) }
    }
}
