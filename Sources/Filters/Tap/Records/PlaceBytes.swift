import NIOCore

/// What is written for each copy of a partition, made once for the partitions that were written to lately.
struct PlaceBytes {
    private struct Entry {
        let topicID: Int
        let partition: Int32
        let bytes: ByteBuffer
    }

    private var entries: [Entry] = []
    /// Which of them is given up next.
    private var oldest = 0

    /// How many are kept.
    private static let most = 16

    /// The bytes for a partition.
    ///
    /// - Parameters:
    ///   - origin: the partition.
    ///   - make: makes them where they are not there.
    /// - Returns: the bytes, which may be shared.
    mutating func bytes(of origin: CopyOrigin, make: () -> ByteBuffer) -> ByteBuffer {
        for entry in entries where entry.partition == origin.partition && entry.topicID == origin.topic.id {
            return entry.bytes
        }
        let made = Entry(topicID: origin.topic.id, partition: origin.partition, bytes: make())
        if entries.count < Self.most {
            entries.append(made)
        } else {
            entries[oldest] = made
            oldest = (oldest + 1) % Self.most
        }
        return made.bytes
    }
}
