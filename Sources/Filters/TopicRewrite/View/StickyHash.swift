/// The hash that a weighted choice goes by: FNV-1a over the bytes of the key, 64 bits, then mixed.
///
/// It has no seed, so that all replicas, before and after a restart, choose alike. Clients may therefore choose keys that
/// lead to one target; nothing but their share of the targets depends on it.
package enum StickyHash {
    /// The hash of a key.
    package static func hash(_ key: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        // FNV leaves the high bits of short keys alike; the choice is made by them.
        hash ^= hash >> 33
        hash = hash &* 0xff51_afd7_ed55_8ccd
        hash ^= hash >> 33
        hash = hash &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ (hash >> 33)
    }

    /// The target of a key: each has as large a part of all keys as its weight is of the sum.
    ///
    /// - Parameters:
    ///   - key: what the choice goes by.
    ///   - rule: the rule's name, so that the choices of two rules are independent of each other.
    ///   - weights: at least one of them more than 0.
    /// - Returns: an index of `weights`.
    package static func target(of key: String, rule: String, weights: [Int]) -> Int {
        let sum = UInt64(clamping: weights.reduce(0, +))
        let hash = hash(Array(rule.utf8) + [0] + Array(key.utf8))
        // The place of the hash in the whole range, in parts of the sum.
        let place = hash.multipliedFullWidth(by: sum).high
        var end: UInt64 = 0
        for (index, weight) in weights.enumerated() where weight > 0 {
            end += UInt64(weight)
            if place < end { return index }
        }
        return weights.firstIndex { $0 > 0 } ?? 0
    }
}
