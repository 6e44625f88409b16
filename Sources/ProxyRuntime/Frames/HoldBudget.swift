import NIOCore
import Synchronization

/// The memory that held frames may take together, over all event loops.
///
/// A frame reserves its whole size before its first byte is kept, first come first served, so that frames that wait
/// for each other's memory cannot come about.
package final class HoldBudget: Sendable {
    private struct Waiter {
        let bytes: Int
        let promise: EventLoopPromise<Void>
    }

    private struct State {
        var reserved = 0
        var waiters: [Waiter] = []
    }

    /// `limits.buffered_bytes`.
    package let limit: Int
    private let state = Mutex(State())

    package init(limit: Int) {
        self.limit = limit
    }

    /// Bytes that are reserved now.
    package var reserved: Int { state.withLock { $0.reserved } }

    /// Reserves memory.
    ///
    /// - Parameters:
    ///   - bytes: at most ``limit``, which the configuration sees to.
    ///   - loop: where the answer comes.
    /// - Returns: nil if the memory is had at once, else a future that comes with it.
    func reserve(_ bytes: Int, on loop: any EventLoop) -> EventLoopFuture<Void>? {
        state.withLock { state in
            if state.waiters.isEmpty, state.reserved + bytes <= limit || state.reserved == 0 {
                state.reserved += bytes
                return nil
            }
            let promise = loop.makePromise(of: Void.self)
            state.waiters.append(Waiter(bytes: bytes, promise: promise))
            return promise.futureResult
        }
    }

    /// Counts memory that is held already, beyond the limit if it must be: a frame that came whole and now waits for a
    /// filter.
    func take(_ bytes: Int) {
        state.withLock { $0.reserved += bytes }
    }

    /// Gives memory back.
    func release(_ bytes: Int) {
        let ready = state.withLock { state in
            state.reserved -= bytes
            var ready: [EventLoopPromise<Void>] = []
            while let next = state.waiters.first, state.reserved + next.bytes <= limit || state.reserved == 0 {
                state.reserved += next.bytes
                ready.append(next.promise)
                state.waiters.removeFirst()
            }
            return ready
        }
        for promise in ready { promise.succeed() }
    }
}
