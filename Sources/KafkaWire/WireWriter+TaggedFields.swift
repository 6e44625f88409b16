internal import NIOCore

extension WireWriter {
    /// Begins a tagged field: writes the tag and leaves room for the length.
    ///
    /// - Returns: where the content starts, for `endTaggedField`.
    public mutating func beginTaggedField(_ tag: UInt32) -> Int {
        writeUnsignedVarint(tag)
        writeInt8(0)
        return count
    }

    /// Ends a tagged field: writes its length where it belongs, moving the content if the length takes several bytes.
    ///
    /// - Parameter start: what `beginTaggedField` returned.
    public mutating func endTaggedField(_ start: Int) {
        let length = count - start
        var lengthSize = 1
        while length >> (7 * lengthSize) > 0 { lengthSize += 1 }
        reserve(lengthSize - 1)
        // The field may have begun before the last growth, which only moves memory: `base` minus what was flushed is
        // still the first byte that this writer wrote.
        let content = unsafe base + (start - flushed)
        let lengthStart = unsafe content - 1
        if lengthSize > 1 { unsafe (lengthStart + lengthSize).copyMemory(from: content, byteCount: length) }
        var rest = length
        for index in 0..<lengthSize {
            let more: UInt8 = index == lengthSize - 1 ? 0 : 0x80
            unsafe lengthStart.storeBytes(
                of: UInt8(truncatingIfNeeded: rest & 0x7F) | more, toByteOffset: index, as: UInt8.self)
            rest >>= 7
        }
        used += lengthSize - 1
    }

    /// Writes a whole section of fields whose tags are unknown; the fields are in the order of their tags.
    @inlinable
    @inline(__always)
    public mutating func writeUnknownTaggedFields(_ fields: [UnknownTaggedField]) {
        if fields.isEmpty {
            writeUnsignedVarint(0)
        } else {
            writeUnsignedVarint(UInt32(truncatingIfNeeded: fields.count))
            var next = 0
            writeUnknownTaggedFields(fields, from: &next, below: nil)
        }
    }

    /// Writes those unknown fields whose turn it is before a known tag, so that tags ascend.
    ///
    /// - Parameters:
    ///   - fields: in the order of their tags.
    ///   - next: the first field not yet written.
    ///   - tag: the known tag that comes next; nil after the last one.
    public mutating func writeUnknownTaggedFields(
        _ fields: [UnknownTaggedField], from next: inout Int, below tag: UInt32?
    ) {
        while next < fields.count, tag.map({ fields[next].tag < $0 }) ?? true {
            let field = fields[next]
            next += 1
            writeUnsignedVarint(field.tag)
            writeUnsignedVarint(UInt32(truncatingIfNeeded: field.value.readableBytes))
            writeRaw(field.value)
        }
    }
}
