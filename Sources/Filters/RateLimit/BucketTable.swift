import Synchronization
import Telemetry

/// The buckets of one limit, by what it tells apart; shared by all event loops.
///
/// A bucket that is full is as good as a new one and may go at any time: ``sweep(at:most:)`` lets idle ones go, a few at
/// a time. Where there are as many as may be, new ones share a bucket.
final class BucketTable: Sendable {
    /// The values of a limit's keys, in the order of its `per`.
    typealias Key = [String]

    private struct Shard {
        var places: [Key: Int] = [:]
        var buckets: [(key: Key, bucket: SharedBucket)] = []
        /// Where the next sweep goes on.
        var hand = 0

        mutating func remove(at place: Int) {
            places[buckets[place].key] = nil
            let last = buckets.removeLast()
            guard place < buckets.count else { return }
            buckets[place] = last
            places[last.key] = place
        }

        /// Gives memory back that was needed for many more.
        mutating func shrink() {
            guard buckets.capacity > 1024, buckets.count < buckets.capacity / 8 else { return }
            buckets = Array(buckets)
            places = Dictionary(uniqueKeysWithValues: buckets.enumerated().map { ($1.key, $0) })
        }
    }

    /// A shard behind its lock.
    private final class LockedShard: Sendable {
        let shard = Mutex(Shard())
    }

    let rates: LimitRates
    private let shards = (0..<16).map { _ in LockedShard() }
    private let total = Atomic<Int>(0)
    private let mostBuckets = Atomic<Int>(0)
    private let nextShard = Atomic<Int>(0)
    /// Shared by those for whom there is no room.
    private let overflow = SharedBucket()
    private let gauge: BucketGauge?

    init(rates: LimitRates, mostBuckets: Int, gauge: BucketGauge? = nil) {
        self.rates = rates
        self.gauge = gauge
        self.mostBuckets.store(mostBuckets, ordering: .relaxed)
    }

    deinit {
        gauge?.add(-count)
    }

    /// How many buckets there are.
    var count: Int { total.load(ordering: .relaxed) }

    /// Another number of buckets that there may be.
    func allow(_ mostBuckets: Int) {
        self.mostBuckets.store(mostBuckets, ordering: .relaxed)
    }

    /// The bucket of a key, made if there is none.
    func bucket(for key: Key, at now: Int64) -> SharedBucket {
        var hasher = Hasher()
        hasher.combine(key)
        let locked = shards[hasher.finalize() & (shards.count - 1)]
        return locked.shard.withLock { shard in
            if let place = shard.places[key] { return shard.buckets[place].bucket }
            if count >= mostBuckets.load(ordering: .relaxed) {
                sweep(&shard, at: now, most: 64)
                if count >= mostBuckets.load(ordering: .relaxed) { return overflow }
            }
            let bucket = SharedBucket()
            shard.places[key] = shard.buckets.count
            shard.buckets.append((key, bucket))
            count(1)
            return bucket
        }
    }

    /// Lets idle buckets go.
    ///
    /// - Parameters:
    ///   - now: the time in nanoseconds.
    ///   - most: how many are looked at; about so many.
    func sweep(at now: Int64, most: Int) {
        // Each shard in its turn comes first, so that all are swept where few are looked at.
        let first = nextShard.add(1, ordering: .relaxed).oldValue
        var left = most
        for offset in shards.indices where left > 0 {
            shards[(first &+ offset) & (shards.count - 1)].shard.withLock { shard in
                left -= sweep(&shard, at: now, most: left)
            }
        }
    }

    /// - Returns: how many were looked at.
    @discardableResult
    private func sweep(_ shard: inout Shard, at now: Int64, most: Int) -> Int {
        let looks = min(most, shard.buckets.count)
        var removed = 0
        for _ in 0..<looks {
            if shard.hand >= shard.buckets.count { shard.hand = 0 }
            guard shard.hand < shard.buckets.count else { break }
            if shard.buckets[shard.hand].bucket.retireIfIdle(rates, at: now) {
                shard.remove(at: shard.hand)
                removed += 1
            } else {
                shard.hand += 1
            }
        }
        if removed > 0 {
            count(-removed)
            shard.shrink()
        }
        return looks
    }

    private func count(_ change: Int) {
        total.add(change, ordering: .relaxed)
        gauge?.add(change)
    }
}

/// Shows how many buckets a limit has.
struct BucketGauge: Sendable {
    let metrics: MetricsRegistry
    let family: GaugeFamily
    let labels: [String]

    func add(_ change: Int) {
        metrics.shared.add(family, labels, Int64(change))
    }
}
