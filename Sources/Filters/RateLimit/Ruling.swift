/// One question to a limit about a request.
struct Take {
    /// The limit, by its place.
    let limit: Int
    /// The topic that it is about; nil if the limit does not tell topics apart.
    var topic: String?
    let lease: any RateLimitLease
    let cost: RateLimitCost
    let mayRefuse: Bool
    /// True if the limit asks more than one question about the request.
    var isOfMany = false
    /// True for the limit's last question about the request.
    var isLast = true
}

/// What was taken for a request.
struct Charge {
    let take: Take
    /// Bytes that were taken for a response of which the size is not known yet.
    let reserved: Int

    /// Gives it back.
    func giveBack(at now: Int64) {
        take.lease.giveBack(take.cost, reserved: reserved, at: now)
    }
}

/// What the limits have said about a request so far.
struct Ruling {
    /// The longest that a limit wants the client to be slowed, in nanoseconds.
    var wait: Int64 = 0
    /// The largest debt that there was before, in nanoseconds.
    var standing: Int64 = 0
    /// The limit that refuses the request, and how long it is to stay away, in nanoseconds.
    var refusal: (take: Take, wait: Int64)?
    /// What was taken, where it may have to be given back or settled.
    var charges: [Charge] = []
    /// The limits that find out from the response of which topics it brings records, by their places.
    var topicLimits: [Int] = []
    /// True if a limit had something to say.
    var isMatched = false
    /// The longest that the limit at work wants the client to be slowed.
    var waitOfLimit: Int64 = 0
}

/// What is noted for a request until it has come to its end.
final class Reservation: @unchecked Sendable {
    // Safety: belongs to the connection's event loop, as the request does.

    /// What was taken.
    private(set) var charges: [Charge]
    /// The limits that find out from the response of which topics it brings records, by their places.
    private(set) var topicLimits: [Int]
    /// True once the request is on its way: what was taken for it is not given back any more.
    var isForwarded: Bool

    init(_ ruling: Ruling, isForwarded: Bool) {
        charges = ruling.charges
        topicLimits = ruling.topicLimits
        self.isForwarded = isForwarded
    }

    /// More was taken.
    func add(_ ruling: Ruling) {
        charges += ruling.charges
        topicLimits += ruling.topicLimits
    }

    /// Gives it all back.
    func giveBack(at now: Int64) {
        for charge in charges { charge.giveBack(at: now) }
        charges = []
    }
}
