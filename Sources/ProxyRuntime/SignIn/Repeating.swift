import Synchronization

/// Does something again and again, beside the event loops, until it goes.
final class Repeating: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)

    deinit { task.withLock { $0 }?.cancel() }

    /// Begins; not to be called twice.
    ///
    /// - Parameters:
    ///   - interval: the time between the end of one turn and the beginning of the next; the first comes after it too.
    ///   - body: what is done; false ends it.
    func begin(every interval: Duration, _ body: @escaping @Sendable () async -> Bool) {
        task.withLock { task in
            task = Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: interval)
                    guard !Task.isCancelled, await body() else { return }
                }
            }
        }
    }
}
