import NIOCore
import Synchronization

/// How many warnings of a kind are told one by one: whoever causes them is not to fill the disk. It is shared by event loops.
final class WarningRate: Sendable {
    /// What becomes of a warning.
    enum Verdict: Equatable {
        case told
        case suppressed
        /// It is not told, and the first such: how many there were is to be told then.
        case firstSuppressed(until: NIODeadline)
    }

    private struct State {
        var end = NIODeadline.uptimeNanoseconds(0)
        var told = 0
        var suppressed = 0
    }

    private let perSecond: Int
    private let state = Mutex(State())

    init(perSecond: Int) {
        self.perSecond = perSecond
    }

    /// Decides about a warning.
    func note(at now: NIODeadline) -> Verdict {
        state.withLock { state in
            if now >= state.end {
                state.end = now + .seconds(1)
                state.told = 0
            }
            if state.told < perSecond {
                state.told += 1
                return .told
            }
            state.suppressed += 1
            return state.suppressed == 1 ? .firstSuppressed(until: state.end) : .suppressed
        }
    }

    /// How many were not told since this was asked last.
    func takeSuppressed() -> Int {
        state.withLock { state in
            defer { state.suppressed = 0 }
            return state.suppressed
        }
    }
}
