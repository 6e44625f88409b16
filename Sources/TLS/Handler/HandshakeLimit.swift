import Synchronization

/// How many handshakes may be under way at once. They cost far more than what follows, so this bounds what strangers can
/// make a server compute.
///
/// It is shared by event loops: it counts atomically and never waits.
package final class HandshakeLimit: Sendable {
    /// The most at once.
    package let maximum: Int
    private let count = Atomic<Int>(0)

    /// - Parameter maximum: the most at once, at least 1.
    package init(maximum: Int) {
        self.maximum = max(1, maximum)
    }

    /// How many are under way.
    package var current: Int { count.load(ordering: .relaxed) }

    /// Takes a place; no when all are taken.
    func take() -> Bool {
        if count.wrappingAdd(1, ordering: .relaxed).newValue <= maximum { return true }
        giveBack()
        return false
    }

    /// Gives a place back that was taken.
    func giveBack() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }
}
