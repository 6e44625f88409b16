import NIOCore

/// How long is waited before a retry: doubling, with ± 20 % of chance, so that many do not come at once (KIP-580).
struct Backoff: Sendable {
    var first: TimeAmount
    var last: TimeAmount

    /// The pause before the retry after `failures` failures (at least 1).
    func pause(after failures: Int, _ random: inout SplitMix64) -> TimeAmount {
        let doublings = min(max(failures - 1, 0), 30)
        let whole = min(Double(first.nanoseconds) * Double(1 << doublings), Double(last.nanoseconds))
        return .nanoseconds(Int64(whole * Double.random(in: 0.8...1.2, using: &random)))
    }
}

/// Random numbers that can be had again from their seed (Steele, Lea, Flood: SplitMix).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
