public import KafkaMessages
import KafkaWire

/// Where a field stands in its frame, in bytes from the first byte after the size prefix.
@frozen
public struct FieldLocation: Sendable, Equatable {
    /// Where the field begins: its length prefix if it has one.
    public var start: Int
    /// Where its value begins.
    public var valueStart: Int
    /// Where it ends.
    public var end: Int

    /// A location.
    @inlinable
    public init(start: Int, valueStart: Int, end: Int) {
        self.start = start
        self.valueStart = valueStart
        self.end = end
    }

    /// The number of bytes of the value.
    @inlinable
    public var valueLength: Int { end - valueStart }
}

/// What a walk reports to.
///
/// All pointers are valid during the call only. Positions are offsets into the frame, after its size prefix.
@usableFromInline
package protocol FieldSink {
    /// A field with a role, its value whole.
    mutating func field(_ role: FieldRole, _ location: FieldLocation, _ value: UnsafeRawBufferPointer)
    /// A field with a role that is null.
    mutating func nullField(_ role: FieldRole, _ location: FieldLocation)
    /// Record batches begin; their bytes follow in one or more calls of ``recordBytes(_:)``.
    mutating func beginRecords(_ location: FieldLocation)
    /// The next bytes of the record batches.
    mutating func recordBytes(_ bytes: UnsafeRawBufferPointer)
    /// The record batches have passed.
    mutating func endRecords()
    /// An array of which the elements are reported begins; its count stands at the location.
    mutating func beginArray(_ location: FieldLocation, count: Int)
    /// An element of such an array begins.
    mutating func beginElement(at position: Int)
    /// An element of such an array has ended.
    mutating func endElement(at position: Int)
    /// A tagged field that holds something wanted begins. The location is that of its size, and ends where the
    /// field itself ends.
    ///
    /// - Returns: false to pass it unread.
    mutating func beginTag(numberAt position: Int, _ size: FieldLocation, _ value: UnsafeRawBufferPointer) -> Bool
    /// A tagged field that was walked has ended.
    mutating func endTag(at position: Int)
}

/// Sinks implement what they need.
extension FieldSink {
    @inlinable
    package mutating func nullField(_ role: FieldRole, _ location: FieldLocation) {}
    @inlinable
    package mutating func beginRecords(_ location: FieldLocation) {}
    @inlinable
    package mutating func recordBytes(_ bytes: UnsafeRawBufferPointer) {}
    @inlinable
    package mutating func endRecords() {}
    @inlinable
    package mutating func beginArray(_ location: FieldLocation, count: Int) {}
    @inlinable
    package mutating func beginElement(at position: Int) {}
    @inlinable
    package mutating func endElement(at position: Int) {}
    @inlinable
    package mutating func beginTag(
        numberAt position: Int, _ size: FieldLocation, _ value: UnsafeRawBufferPointer
    ) -> Bool { true }
    @inlinable
    package mutating func endTag(at position: Int) {}
}
