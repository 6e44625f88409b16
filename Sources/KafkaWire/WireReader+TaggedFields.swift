internal import NIOCore

/// Where a reader is in a section of tagged fields (KIP-482).
public struct TaggedFields: Sendable {
    /// How many fields are still to come.
    @usableFromInline var left: Int
    /// The lowest tag that may come next.
    @usableFromInline var nextTag: Int
    /// The tag of the current field.
    public fileprivate(set) var tag: UInt32 = 0
    /// The offset of the current field's content.
    public fileprivate(set) var start = 0
    /// The offset after the current field's content.
    public fileprivate(set) var end = 0

    @usableFromInline
    init(left: Int) {
        self.left = left
        self.nextTag = 0
    }
}

extension WireReader {
    /// Begins a section of tagged fields: reads how many there are.
    @inlinable
    @inline(__always)
    public mutating func beginTaggedFields() throws(WireError) -> TaggedFields {
        let start = offset
        let count = Int(try readUnsignedVarint())
        // A field has at least a tag and a length of one byte each.
        guard count <= remaining / 2 else { throw tooMany(count, at: start, 2) }
        return TaggedFields(left: count)
    }

    /// Goes to the next tagged field: reads its tag and length into `section`.
    ///
    /// - Returns: whether there is one.
    /// - Throws: `tagOrder` if tags do not ascend, `lengthTooLarge`, …
    @inlinable
    @inline(__always)
    public mutating func nextTaggedField(_ section: inout TaggedFields) throws(WireError) -> Bool {
        guard section.left > 0 else { return false }
        try enterTaggedField(&section)
        return true
    }

    @usableFromInline
    @inline(never)
    mutating func enterTaggedField(_ section: inout TaggedFields) throws(WireError) {
        let start = offset
        let tag = try readUnsignedVarint()
        guard Int(tag) >= section.nextTag else {
            throw WireError(.tagOrder, at: start, expected: section.nextTag, actual: Int(tag), field: "tag")
        }
        let lengthStart = offset
        let length = Int(try readUnsignedVarint())
        guard length <= remaining else { throw tooLong(length, at: lengthStart, "tagged field length") }
        section.left &-= 1
        section.nextTag = Int(tag) &+ 1
        section.tag = tag
        section.start = offset
        section.end = offset &+ length
    }

    /// Checks that a field which was read took exactly the length it said.
    public func endTaggedField(_ section: TaggedFields) throws(WireError) {
        guard offset == section.end else {
            throw WireError(
                .taggedFieldLength, at: section.start, expected: section.end - section.start,
                actual: offset - section.start)
        }
    }

    /// Takes the current field as it is.
    @inline(never)
    public mutating func readUnknownTaggedField(_ section: TaggedFields) throws(WireError) -> UnknownTaggedField {
        UnknownTaggedField(tag: section.tag, value: try readSlice(section.end - section.start))
    }

    /// The current field as it came, after it has been read.
    @inline(never)
    public func copyTaggedField(_ section: TaggedFields) -> UnknownTaggedField {
        let length = section.end - section.start
        let value = buffer.getSlice(at: buffer.readerIndex &+ section.start, length: length)
        return UnknownTaggedField(tag: section.tag, value: value ?? ByteBuffer())
    }

    /// Reads a whole section of which no tag is known.
    @inlinable
    @inline(__always)
    public mutating func readUnknownTaggedFields() throws(WireError) -> [UnknownTaggedField] {
        if offset < bytes.byteCount, unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self) == 0 {
            offset &+= 1
            return []
        }
        return try readUnknownSection()
    }

    @usableFromInline
    @inline(never)
    mutating func readUnknownSection() throws(WireError) -> [UnknownTaggedField] {
        var section = try beginTaggedFields()
        var fields: [UnknownTaggedField] = []
        while try nextTaggedField(&section) {
            fields.append(try readUnknownTaggedField(section))
        }
        return fields
    }
}
