public import NIOCore

/// A tagged field (KIP-482) whose tag the definitions do not have, kept so that it can be written back.
public struct UnknownTaggedField: Sendable, Hashable {
    /// The tag.
    public var tag: UInt32
    /// The content, without tag and length.
    public var value: ByteBuffer

    /// Creates a field.
    @inlinable
    public init(tag: UInt32, value: ByteBuffer) {
        self.tag = tag
        self.value = value
    }
}
