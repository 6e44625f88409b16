import Foundation

/// Draws records with a probability by drawing how many are passed over before the next one, so that what is passed over
/// costs nothing.
struct GapSampler {
    private let rate: Double
    private let logOfRest: Double
    /// How many records are passed over before the next one is taken.
    private var gap = 0
    private var seed: UInt64

    /// A sampler.
    ///
    /// - Parameters:
    ///   - rate: the probability of each record, from 0 to 1.
    ///   - seed: where the random numbers begin.
    init(rate: Double, seed: UInt64) {
        self.rate = min(max(rate, 0), 1)
        self.seed = seed
        logOfRest = log1p(-self.rate)
        gap = draw()
    }

    /// Goes over as many records.
    ///
    /// - Returns: the first that is taken, from 0; nil if none is. After one that was taken, ``next(after:in:)`` must be asked
    ///   until there is none.
    mutating func first(in count: Int) -> Int? {
        next(after: -1, in: count)
    }

    /// The next that is taken of as many records, after another.
    mutating func next(after index: Int, in count: Int) -> Int? {
        let left = count - index - 1
        guard gap < left else {
            // A gap without an end stays so.
            if gap != .max { gap -= max(0, left) }
            return nil
        }
        defer { gap = draw() }
        return index + 1 + gap
    }

    /// Goes over one record; true if it is taken.
    mutating func takesNext() -> Bool {
        first(in: 1) != nil
    }

    private mutating func draw() -> Int {
        if rate >= 1 { return 0 }
        if rate <= 0 { return .max }
        // Geometric: how often a coin falls on the other side first.
        let uniform = Double(random() >> 11) * 0x1p-53
        let drawn = log1p(-uniform) / logOfRest
        return drawn < 1e15 ? Int(drawn) : Int.max - 1
    }

    /// SplitMix64.
    private mutating func random() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        var mixed = seed
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Draws keys: the same key is always taken or never, in every process.
struct KeySampler {
    /// Keys whose hash is below it are taken; nil for all.
    private let bound: UInt64?

    /// A sampler.
    ///
    /// - Parameter rate: the share of keys, from 0 to 1.
    init(rate: Double) {
        bound = rate >= 1 ? nil : UInt64(max(0, rate) * 0x1p64)
    }

    /// True if a key is taken.
    func takes(_ key: UnsafeRawBufferPointer) -> Bool {
        guard let bound else { return true }
        // FNV-1a, then mixed, since its high bits are poor for short keys.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return hash ^ (hash >> 33) < bound
    }
}
