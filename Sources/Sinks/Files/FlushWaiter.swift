import Synchronization

/// Somebody who waits for lines to be written; let go once, by whoever comes first.
final class FlushWaiter: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<Void, Never>)
        case finished
    }

    private let state = Mutex(State.idle)

    /// Begins to wait; called once.
    func wait(_ continuation: CheckedContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            if case .finished = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isOver { continuation.resume() }
    }

    /// Ends the wait.
    func finish() {
        let continuation: CheckedContinuation<Void, Never>? = state.withLock { state in
            defer { state = .finished }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume()
    }
}
