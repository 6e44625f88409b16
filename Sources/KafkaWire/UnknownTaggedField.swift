public import NIOCore

/// A tagged field (KIP-482) that is kept as it came, so that it can be written back.
///
/// Its tag is one that the definitions do not have; or its value is the default, which is left out otherwise.
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

extension UnknownTaggedField {
    /// The fields without those that are written from their values.
    ///
    /// - Parameters:
    ///   - known: bit n is set if the field with tag n has a value other than its default.
    ///   - fields: in the order of their tags.
    /// - Returns: the fields to write beside the known ones, in the order of their tags.
    @inlinable
    public static func without(_ known: UInt64, _ fields: [UnknownTaggedField]) -> [UnknownTaggedField] {
        if fields.isEmpty { return fields }
        return fields.filter { $0.tag >= 64 || known & (1 << UInt64($0.tag)) == 0 }
    }
}
