/// Which partition a record goes to.
enum Partitioner {
    /// The partition of a key, as Java clients choose it.
    static func partition(ofKey key: UnsafeRawBufferPointer, count: Int) -> Int {
        Int(murmur2(key) & 0x7FFF_FFFF) % count
    }

    /// MurmurHash2, 32 bits, with the seed of Kafka's Java client.
    static func murmur2(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let multiplier: UInt32 = 0x5BD1_E995
        var hash: UInt32 = 0x9747_B28C ^ UInt32(truncatingIfNeeded: bytes.count)
        var offset = 0
        while offset + 4 <= bytes.count {
            var word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            word &*= multiplier
            word ^= word >> 24
            word &*= multiplier
            hash = (hash &* multiplier) ^ word
            offset += 4
        }
        if offset < bytes.count {
            for index in (offset..<bytes.count).reversed() {
                hash ^= UInt32(bytes[index]) << UInt32(8 * (index - offset))
            }
            hash &*= multiplier
        }
        hash ^= hash >> 13
        hash &*= multiplier
        hash ^= hash >> 15
        return hash
    }
}
