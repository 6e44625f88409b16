/// A dictionary that keeps about as many entries as it may, and forgets those that were not used for the longest time.
///
/// Two generations in place of a list: what is used moves to the young one; when that has taken half of the capacity, the
/// old one is dropped and the young one becomes the old one. Every operation takes constant time.
struct RecentTable<Key: Hashable, Value> {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let half: Int

    /// An empty table.
    ///
    /// - Parameter capacity: the most entries; at least 2.
    init(capacity: Int) {
        half = max(1, capacity / 2)
    }

    /// How many entries there are.
    var count: Int { young.count + old.count }

    /// The entry of a key, which counts as used; nil if there is none, or it was forgotten.
    mutating func value(_ key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        insert(value, key)
        return value
    }

    /// Puts an entry in the place of the one that there was.
    mutating func set(_ key: Key, to value: Value) {
        if young[key] != nil {
            young[key] = value
            return
        }
        old.removeValue(forKey: key)
        insert(value, key)
    }

    private mutating func insert(_ value: Value, _ key: Key) {
        if young.count >= half {
            old = young
            young = [:]
        }
        young[key] = value
    }
}
