/// Which of the messages of a Protobuf schema a record holds.
package enum MessageChoice: Sendable, Hashable {
    /// The first message of the file.
    case first
    /// The message at Confluent's message indexes: the place of a message in the file, then of a message inside it, …
    case indexes([Int])
    /// The message of this name: Apicurio's choice.
    case name(String)

    /// Bounds on choices.
    private enum Limit {
        /// The most message indexes; messages are not declared deeper in one another.
        static let indexes = 32
        /// The most bytes of a message's name.
        static let nameBytes = 1024
    }

    /// Reads Confluent's message indexes: zigzag varints, their number first; a single zero stands for the first message.
    ///
    /// - Parameters:
    ///   - bytes: What holds them.
    ///   - offset: Where they begin; afterwards, where they end.
    /// - Returns: nil if they are not valid, and then `offset` is as it was.
    package static func confluent(_ bytes: RawSpan, at offset: inout Int) -> MessageChoice? {
        // Safety: the pointer is used inside the closure, for as many bytes as it has.
        bytes.withUnsafeBytes { bytes in
            guard (0..<bytes.count).contains(offset), let start = bytes.baseAddress else { return nil }
            var cursor = ByteCursor(start.assumingMemoryBound(to: UInt8.self), count: bytes.count)
            cursor.position = offset
            var count: Int64 = 0
            guard cursor.zigzag(&count), (0...Int64(Limit.indexes)).contains(count) else { return nil }
            var indexes: [Int] = []
            for _ in 0..<count {
                var index: Int64 = 0
                guard cursor.zigzag(&index), (0...Int64(Int32.max)).contains(index) else { return nil }
                indexes.append(Int(index))
            }
            offset = cursor.position
            return count == 0 || indexes == [0] ? .first : .indexes(indexes)
        }
    }

    /// Reads Apicurio's name of a message, which stands before a payload whose ID is not in headers: the length of a
    /// message, and that message, of which field 1 is the name.
    ///
    /// - Parameters:
    ///   - bytes: What holds it.
    ///   - offset: Where it begins; afterwards, where it ends.
    /// - Returns: nil if it is not valid, and then `offset` is as it was.
    package static func apicurio(_ bytes: RawSpan, at offset: inout Int) -> MessageChoice? {
        // Safety: the pointer is used inside the closure, for as many bytes as it has.
        bytes.withUnsafeBytes { bytes in
            guard (0..<bytes.count).contains(offset), let start = bytes.baseAddress else { return nil }
            var cursor = ByteCursor(start.assumingMemoryBound(to: UInt8.self), count: bytes.count)
            cursor.position = offset
            var length: UInt64 = 0
            guard cursor.varint(&length), length <= UInt64(cursor.remaining) else { return nil }
            let end = cursor.position + Int(length)
            var tag: UInt64 = 0
            var nameLength: UInt64 = 0
            // The name is all of the message.
            guard cursor.varint(&tag), tag == 0x0A, cursor.varint(&nameLength), cursor.position <= end,
                nameLength <= UInt64(Limit.nameBytes), Int(nameLength) == end - cursor.position
            else { return nil }
            let name = String(validating: bytes[cursor.position..<end], as: UTF8.self)
            guard let name, !name.isEmpty else { return nil }
            offset = end
            return .name(name)
        }
    }
}
