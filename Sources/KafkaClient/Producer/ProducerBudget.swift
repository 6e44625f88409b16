import Synchronization

/// How many bytes of records may be in a producer's hands, shared by all loops.
final class ProducerBudget: Sendable {
    private let free: Atomic<Int>
    /// What a stage takes at once, so that most records cost no access to shared memory.
    let share: Int

    /// - Parameter bytes: how many there are.
    init(bytes: Int) {
        free = Atomic(max(bytes, 0))
        share = min(64 << 10, max(bytes / 64, 1))
    }

    /// How many bytes there are; less than 0 while somebody tries to take more.
    var available: Int { free.load(ordering: .relaxed) }

    /// Takes bytes; false, and nothing taken, if there are not as many.
    func take(_ bytes: Int) -> Bool {
        guard free.subtract(bytes, ordering: .relaxed).newValue < 0 else { return true }
        free.add(bytes, ordering: .relaxed)
        return false
    }

    /// Gives bytes back.
    func give(_ bytes: Int) {
        if bytes != 0 { free.add(bytes, ordering: .relaxed) }
    }
}
