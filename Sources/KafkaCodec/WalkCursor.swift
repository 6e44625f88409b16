public import KafkaWire

/// Where a walk stands in the bytes that it was given.
@usableFromInline
struct WalkCursor {
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let available: Int
    /// Bytes of what was given that are used.
    @usableFromInline var offset = 0
    /// Offset in the frame of what was given first.
    @usableFromInline let origin: Int
    /// The size of the frame.
    @usableFromInline let end: Int

    @inlinable @inline(__always)
    init(base: UnsafeRawPointer, available: Int, position: Int, end: Int) {
        self.base = base
        self.available = min(available, max(0, end - position))
        self.origin = position
        self.end = end
    }

    /// Offset in the frame of the next byte.
    @inlinable @inline(__always)
    var position: Int { origin + offset }
    /// Bytes of what was given that are not used yet.
    @inlinable @inline(__always)
    var unread: Int { available - offset }
    /// Bytes of the frame that are not used yet, those to come included.
    @inlinable @inline(__always)
    var left: Int { end - position }
    /// A place to come back to.
    @inlinable @inline(__always)
    var mark: Int { offset }

    /// Goes back to a place.
    @inlinable @inline(__always)
    mutating func reset(_ mark: Int) {
        offset = mark
    }

    /// Uses bytes that are known to be there.
    @inlinable @inline(__always)
    mutating func advance(_ size: Int) {
        offset += size
    }

    /// Uses as many of the bytes as are there, and says how many.
    @inlinable @inline(__always)
    mutating func pass(upTo size: Int) -> Int {
        let count = min(size, unread)
        offset += count
        return count
    }

    /// As ``pass(upTo:)``, and gives the bytes.
    @inlinable @inline(__always)
    mutating func takeUpTo(_ size: Int) -> UnsafeRawBufferPointer {
        let count = min(size, unread)
        let bytes = UnsafeRawBufferPointer(start: base + offset, count: count)
        offset += count
        return bytes
    }

    /// The next bytes without using them; nil if they have not all come.
    @inlinable @inline(__always)
    func peek(_ size: Int) -> UnsafeRawBufferPointer? {
        guard size <= unread else { return nil }
        return UnsafeRawBufferPointer(start: base + offset, count: size)
    }

    /// The next bytes; nil if they have not all come.
    ///
    /// - Throws: ``WireError`` if the frame is too short for them.
    @inlinable @inline(__always)
    mutating func take(_ size: Int) throws(WireError) -> UnsafeRawBufferPointer? {
        guard size <= unread else {
            guard size <= left else { throw WireError.truncated(size, left: left, at: position) }
            return nil
        }
        let bytes = UnsafeRawBufferPointer(start: base + offset, count: size)
        offset += size
        return bytes
    }

    @inlinable @inline(__always)
    mutating func int16() throws(WireError) -> Int16? {
        guard let bytes = try take(2) else { return nil }
        return Int16(bigEndian: bytes.loadUnaligned(as: Int16.self))
    }

    @inlinable @inline(__always)
    mutating func int32() throws(WireError) -> Int32? {
        guard let bytes = try take(4) else { return nil }
        return Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))
    }

    /// The next varint without sign; nil, and nothing used, if it has not all come.
    @inlinable @inline(__always)
    mutating func unsignedVarint() throws(WireError) -> UInt32? {
        guard unread > 0 else {
            guard left > 0 else { throw WireError.truncated(1, left: 0, at: position) }
            return nil
        }
        let first = base.load(fromByteOffset: offset, as: UInt8.self)
        if first < 0x80 {
            offset += 1
            return UInt32(first)
        }
        return try longVarint()
    }

    @usableFromInline
    mutating func longVarint() throws(WireError) -> UInt32? {
        var value: UInt64 = 0
        for index in 0..<5 {
            guard index < unread else {
                guard index < left else { throw WireError.truncated(index + 1, left: left, at: position) }
                return nil
            }
            let byte = base.load(fromByteOffset: offset + index, as: UInt8.self)
            value |= UInt64(byte & 0x7f) << (7 * UInt64(index))
            if byte < 0x80 {
                guard let small = UInt32(exactly: value) else { break }
                offset += index + 1
                return small
            }
        }
        throw WireError.varintTooLong(at: position)
    }

    /// A length or a count, and the number of bytes that it took.
    @usableFromInline
    struct Prefix {
        @usableFromInline let value: Int
        @usableFromInline let size: Int

        @inlinable
        init(value: Int, size: Int) {
            self.value = value
            self.size = size
        }
    }

    /// The length before a string or bytes; −1 is null. Nil, and nothing used, if it has not all come.
    @inlinable @inline(__always)
    mutating func length(_ code: WalkCode) throws(WireError) -> Prefix? {
        let start = offset
        let here = position
        let value: Int
        switch code {
        case .string:
            guard let length = try int16() else { return nil }
            value = Int(length)
        case .bytes:
            guard let length = try int32() else { return nil }
            value = Int(length)
        default:
            guard let length = try unsignedVarint() else { return nil }
            value = Int(length) - 1
        }
        guard value >= -1 else { throw WireError.negativeLength(value, at: here) }
        guard value <= left else { throw WireError.lengthTooLarge(value, left: left, at: here) }
        return Prefix(value: value, size: offset - start)
    }

    /// The count before the elements of an array; −1 is null. Nil, and nothing used, if it has not all come.
    @inlinable @inline(__always)
    mutating func count(compact: Bool) throws(WireError) -> Prefix? {
        let start = offset
        let here = position
        let value: Int
        if compact {
            guard let count = try unsignedVarint() else { return nil }
            value = Int(count) - 1
        } else {
            guard let count = try int32() else { return nil }
            value = Int(count)
        }
        guard value >= -1 else { throw WireError.negativeLength(value, at: here) }
        return Prefix(value: value, size: offset - start)
    }
}
