package import NIOCore

/// Decides whether requests are within limits, by descriptors.
///
/// The filter brings its own, which counts in this process. One that asks a service which a fleet of proxies shares can
/// take its place: it gets the same descriptors, and may answer later.
package protocol RateLimiter: Sendable {
    /// What one connection has with the bucket of a descriptor. Asked when the descriptor is new to the connection, not
    /// for each request; called on the connection's event loop.
    func lease(_ descriptor: RateLimitDescriptor, on loop: any EventLoop) -> any RateLimitLease
}

/// Names a bucket.
package struct RateLimitDescriptor: Sendable, Hashable {
    /// The listener that the request came to.
    package var listener: String
    /// The filter's name.
    package var filter: String
    /// The limit's name.
    package var limit: String
    /// What the limit tells apart, in the order of its `per`.
    package var entries: [Entry]

    /// One thing that is told apart.
    package struct Entry: Sendable, Hashable {
        /// What it is.
        package var key: LimitKey
        /// Which one.
        package var value: String
    }
}

/// What a request costs.
package struct RateLimitCost: Sendable, Hashable {
    /// Requests: 1 where they are limited, else 0.
    package var requests = 0
    /// Bytes of a Produce request.
    package var produceBytes = 0
    /// Records in a Produce request.
    package var records = 0
    /// True if the response brings bytes that are limited.
    package var fetches = false
    /// True for a request that may be put off, as it brings nothing: one that meets debt is refused, and has its turn
    /// later.
    package var canWait = false

    /// True if it costs nothing.
    var isNothing: Bool { requests == 0 && produceBytes == 0 && records == 0 && !fetches }
}

/// What a limiter says.
package struct RateLimitDecision: Sendable, Hashable {
    /// True if the request is over the limit and nothing was taken for it.
    package var isRefused = false
    /// How long until what was taken is paid, or until a refused one may come again; in nanoseconds.
    package var wait: Int64 = 0
    /// How much of that was there before the request; in nanoseconds.
    package var standing: Int64 = 0
    /// Bytes that were taken for a response of which the size is not known yet; see
    /// ``RateLimitLease/settle(reserved:actual:)``.
    package var reserved = 0
}

/// The answer to a question, or the promise of one.
package enum RateLimitVerdict {
    /// It is decided.
    case decided(RateLimitDecision)
    /// It will be. A limiter that fails has no say: the request passes.
    case later(EventLoopFuture<RateLimitDecision>)
}

/// One connection's part in a bucket. Used on its event loop only.
package protocol RateLimitLease: AnyObject {
    /// Takes what a request costs.
    ///
    /// - Parameters:
    ///   - cost: what it costs.
    ///   - mayRefuse: true if a request that is over the limit is refused; else it is taken on credit.
    ///   - now: the time in nanoseconds.
    /// - Returns: what the limiter says, or a promise of it.
    func take(_ cost: RateLimitCost, mayRefuse: Bool, at now: Int64) -> RateLimitVerdict

    /// Gives back what was taken for a request that goes no further.
    func giveBack(_ cost: RateLimitCost, reserved: Int, at now: Int64)

    /// The size of a response is known.
    ///
    /// - Parameters:
    ///   - reserved: what was taken for it.
    ///   - actual: its size in bytes.
    ///   - now: the time in nanoseconds.
    func settle(reserved: Int, actual: Int, at now: Int64)

    /// The connection has no more use for it.
    func end(at now: Int64)
}
