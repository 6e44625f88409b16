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

    /// What is held at a moment.
    package struct Usage: Sendable {
        /// Bytes that are reserved.
        package let bytes: Int
        /// Frames that they are reserved for.
        package let frames: Int
        /// Frames that wait for memory.
        package let waiting: Int
    }

    private struct State {
        var reserved = 0
        var frames = 0
        var waiters: [Waiter] = []
    }

    /// `limits.buffered_bytes`.
    package let limit: Int
    private let state = Mutex(State())

    package init(limit: Int) {
        self.limit = limit
    }

    /// What is held now.
    package var usage: Usage {
        state.withLock { Usage(bytes: $0.reserved, frames: $0.frames, waiting: $0.waiters.count) }
    }

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
                state.frames += 1
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
        state.withLock { state in
            state.reserved += bytes
            state.frames += 1
        }
    }

    /// Gives memory back.
    func release(_ bytes: Int) {
        let ready = state.withLock { state in
            state.reserved -= bytes
            state.frames -= 1
            var ready: [EventLoopPromise<Void>] = []
            while let next = state.waiters.first, state.reserved + next.bytes <= limit || state.reserved == 0 {
                state.reserved += next.bytes
                state.frames += 1
                ready.append(next.promise)
                state.waiters.removeFirst()
            }
            return ready
        }
        for promise in ready { promise.succeed() }
    }
}
