/// Filters of one chain, by their places in it: at most ``most``.
package struct FilterSet: Sendable, Hashable {
    /// How many filters a chain may have.
    package static let most = 128

    @usableFromInline var low: UInt64 = 0
    @usableFromInline var high: UInt64 = 0

    /// No filter.
    package init() {}

    /// True if no filter is in it.
    @inlinable package var isEmpty: Bool { low == 0 && high == 0 }

    /// True if the filter at a place is in it.
    package func contains(_ index: Int) -> Bool {
        index < 64 ? low & (1 << UInt64(index)) != 0 : high & (1 << UInt64(index - 64)) != 0
    }

    /// Puts the filter at a place in.
    package mutating func insert(_ index: Int) {
        if index < 64 { low |= 1 << UInt64(index) } else { high |= 1 << UInt64(index - 64) }
    }

    /// Takes all places out that lie behind one.
    package mutating func remove(behind index: Int) {
        if index < 63 {
            low &= (1 << UInt64(index + 1)) - 1
            high = 0
        } else if index < 127 {
            high &= (1 << UInt64(index - 63)) - 1
        }
    }

    /// Takes the first place out, in the order of the chain; nil if there is none.
    package mutating func popFirst() -> Int? {
        if low != 0 {
            defer { low &= low - 1 }
            return low.trailingZeroBitCount
        }
        guard high != 0 else { return nil }
        defer { high &= high - 1 }
        return 64 + high.trailingZeroBitCount
    }
}
