import Synchronization

/// How many bytes of copies there may be, from when they are made to their end; shared by all loops.
final class ShadowBudget: Sendable {
    private let free: Atomic<Int>

    /// - Parameter bytes: how many there are.
    init(bytes: Int) {
        free = Atomic(bytes)
    }

    /// Takes bytes; false, and nothing taken, if there are not as many.
    func take(_ bytes: Int) -> Bool {
        guard free.subtract(bytes, ordering: .relaxed).newValue < 0 else { return true }
        free.add(bytes, ordering: .relaxed)
        return false
    }

    /// Gives bytes back.
    func give(_ bytes: Int) {
        free.add(bytes, ordering: .relaxed)
    }
}
