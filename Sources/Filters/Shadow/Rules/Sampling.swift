/// Chooses a share of the requests of one connection, in turn: of each hundred as many as the percentage says.
struct RequestSampler: Sendable {
    /// The share, in parts of `whole`.
    private let step: UInt64
    private var place: UInt64
    private static let whole: UInt64 = 1_000_000_000

    /// A sampler.
    ///
    /// - Parameters:
    ///   - share: from 0 to 1.
    ///   - start: from 0 to 1, where it begins: by chance, so that connections with few requests have their share too.
    init(share: Double, start: Double) {
        step = UInt64(min(max(share, 0), 1) * Double(Self.whole) + 0.5)
        place = UInt64(min(max(start, 0), 0.999_999_999) * Double(Self.whole))
    }

    /// True if the next request is chosen.
    mutating func takes() -> Bool {
        place += step
        guard place >= Self.whole else { return false }
        place -= Self.whole
        return true
    }
}

/// Chooses a share of keys, always the same ones: FNV-1a, 64 bits, mixed, without a seed, so that all replicas agree
/// and a share that grows keeps what it had.
enum StickyShare {
    /// True if the key is among the share.
    ///
    /// - Parameters:
    ///   - key: the name of a client, or a partition.
    ///   - share: from 0 to 1.
    /// - Returns: the same for the same key and share, everywhere.
    static func contains(_ key: some Sequence<UInt8>, share: Double) -> Bool {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        // FNV leaves the high bits of short keys alike; the choice is made by them.
        hash ^= hash >> 33
        hash = hash &* 0xff51_afd7_ed55_8ccd
        hash ^= hash >> 33
        hash = hash &* 0xc4ce_b9fe_1a85_ec53
        hash ^= hash >> 33
        return Double(hash >> 11) < share * Double(1 << 53 as UInt64)
    }

    /// The key of a partition.
    static func key(topic: String, partition: Int32) -> [UInt8] {
        Array(topic.utf8) + [0] + Array(String(partition).utf8)
    }
}
