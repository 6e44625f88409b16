/// Batches that are sent at once, of which only one of the two clusters has said yet what became of them.
struct ShadowPairs {
    /// What a cluster has made of a batch.
    enum End: Equatable {
        case taken
        case refused
        /// Nobody will tell.
        case unknown
    }

    private struct Half {
        var end: End
        var isPrimary: Bool
    }

    private var halves: [UInt64: Half] = [:]

    /// How many are waited for.
    var count: Int { halves.count }

    /// Notes what a cluster has made of a batch.
    ///
    /// - Parameters:
    ///   - pair: the batch's number.
    ///   - end: what became of it.
    ///   - isPrimary: which of the two clusters says so; each does once.
    /// - Returns: in what they differ, if both have said it now and they do.
    mutating func note(_ pair: UInt64, _ end: End, isPrimary: Bool) -> ShadowDifference? {
        guard let other = halves.removeValue(forKey: pair) else {
            halves[pair] = Half(end: end, isPrimary: isPrimary)
            return nil
        }
        let (primary, shadow) = isPrimary ? (end, other.end) : (other.end, end)
        switch (primary, shadow) {
        case (.taken, .refused): return .shadowFailed
        case (.refused, .taken): return .primaryFailed
        default: return nil
        }
    }
}

/// What a copy is sent with, to be known by when it has ended.
enum ShadowTag {
    /// Nobody will tell whether the primary has the batch.
    static let unknown: UInt64 = 0
    /// The primary has it.
    static let acknowledged: UInt64 = 1
    /// From here on: the number of a pair.
    static let firstPair: UInt64 = 2
}
