/// What has been used of a rate: a token bucket, kept as the moment up to which the rate is used up.
///
/// A moment in the past is credit, as far back as the rate's burst; one that is to come is debt, and waiting until then
/// pays it. Nothing has to be filled up as time goes by, and nothing is lost by rounding.
struct TokenBucket: Sendable {
    /// Up to when the rate is used up, in 2⁻³² ns of the clock.
    private var usedUpTo: TokenRate.Time

    /// A full bucket.
    init() {
        usedUpTo = -(1 << 100)
    }

    /// Forgets credit over the burst.
    @inline(__always)
    mutating func settle(_ rate: TokenRate, at now: TokenRate.Time) {
        usedUpTo = max(usedUpTo, now &- rate.burst)
    }

    /// How long until what was taken is paid; negative for credit. Of a bucket that is settled.
    @inline(__always)
    func debt(at now: TokenRate.Time) -> TokenRate.Time {
        usedUpTo &- now
    }

    /// Takes tokens, whether they are there or not.
    @inline(__always)
    mutating func take(_ tokens: Int, _ rate: TokenRate) {
        usedUpTo &+= rate.cost(of: tokens)
    }

    /// How long until the tokens are there; 0 if they are. What costs more than may be saved up is there when the bucket
    /// is full. Of a bucket that is settled.
    @inline(__always)
    func lack(of tokens: Int, _ rate: TokenRate, at now: TokenRate.Time) -> TokenRate.Time {
        max(0, debt(at: now) &+ min(rate.cost(of: tokens), rate.burst))
    }

    /// True if it would make no difference if the bucket was a new one.
    func isFull(_ rate: TokenRate, at now: TokenRate.Time) -> Bool {
        usedUpTo <= now &- rate.burst
    }
}
