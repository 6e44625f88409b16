import Synchronization

/// Tasks beside the event loops, so that somebody can wait for all of them.
final class BackgroundTasks: Sendable {
    private struct State {
        var last: UInt64 = 0
        var tasks: [UInt64: Task<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Starts a task.
    ///
    /// - Returns: its number, to cancel it by.
    @discardableResult
    func start(_ body: @escaping @Sendable () async -> Void) -> UInt64 {
        state.withLock { state in
            state.last += 1
            let number = state.last
            state.tasks[number] = Task { [self] in
                await body()
                _ = self.state.withLock { $0.tasks.removeValue(forKey: number) }
            }
            return number
        }
    }

    /// Cancels a task, without waiting for its end.
    func cancel(_ number: UInt64) {
        state.withLock { $0.tasks[number] }?.cancel()
    }

    /// Cancels all tasks, without waiting for their end.
    func cancelAll() {
        for task in state.withLock({ Array($0.tasks.values) }) { task.cancel() }
    }

    /// Waits for the end of the tasks that there are now.
    func wait() async {
        for task in state.withLock({ Array($0.tasks.values) }) { await task.value }
    }
}
