import Settings

/// How fast tokens come, and how many may be saved up: both as time.
///
/// A token is what a request, a byte or a record costs; its price is the time in which it comes. Times are whole numbers
/// of 2⁻³² ns, so that a price is exact to 10⁻⁹ of itself at a TiB a second, and sums are exact for ever.
struct TokenRate: Sendable, Hashable {
    /// A time in 2⁻³² ns.
    typealias Time = Int128

    /// What a token costs.
    let price: Time
    /// What may be saved up; no less than a token.
    let burst: Time

    /// How many bits stand behind the point of a nanosecond.
    static let fractionBits: Time = 32

    /// A rate.
    ///
    /// - Parameters:
    ///   - count: tokens for each unit; more than 0.
    ///   - unit: the time that `count` is for.
    ///   - burst: the time whose tokens may be saved up.
    init(_ count: Double, per unit: Rate.Unit, burst: Duration) {
        price = Self.price(count, in: Self.time(.seconds(unit.seconds)))
        self.burst = max(price, Self.time(burst))
    }

    /// A rate of events.
    ///
    /// - Parameters:
    ///   - perSecond: how many come in a second.
    ///   - capacity: how many may be saved up.
    init(perSecond: Int, capacity: Int) {
        price = Self.price(Double(perSecond), in: Self.time(.seconds(1)))
        burst = price * Time(max(1, capacity))
    }

    /// What a token costs of which so many come in a time: rounded down, so that they are all there when it is over.
    private static func price(_ count: Double, in time: Time) -> Time {
        if let whole = Time(exactly: count), whole > 0 { return max(1, time / whole) }
        // A token in a year is less than settings allow.
        return max(1, Time(min(Double(time) / count, 1e26)))
    }

    /// A rate of events.
    init(_ rate: Rate, burst: Duration) {
        self.init(rate.count, per: rate.unit, burst: burst)
    }

    /// A rate of bytes.
    init(_ rate: ByteRate, burst: Duration) {
        self.init(Double(rate.size.bytes), per: rate.unit, burst: burst)
    }

    /// The tokens that may be saved up.
    var capacity: Int { Int(clamping: burst / price) }

    /// What tokens cost together.
    @inline(__always)
    func cost(of tokens: Int) -> Time {
        // No frame is larger, and a batch may say what it likes.
        price &* Time(min(max(tokens, -Self.mostTokens), Self.mostTokens))
    }

    private static let mostTokens = 1 << 40

    /// A duration as a time.
    static func time(_ duration: Duration) -> Time {
        let (seconds, attoseconds) = duration.components
        return (Time(seconds) * 1_000_000_000 + Time(attoseconds / 1_000_000_000)) << fractionBits
    }

    /// Nanoseconds as a time.
    @inline(__always)
    static func time(nanoseconds: Int64) -> Time { Time(nanoseconds) << fractionBits }

    /// A time in nanoseconds, rounded up.
    @inline(__always)
    static func nanoseconds(_ time: Time) -> Int64 {
        Int64(clamping: (time &+ ((1 << fractionBits) - 1)) >> fractionBits)
    }
}
