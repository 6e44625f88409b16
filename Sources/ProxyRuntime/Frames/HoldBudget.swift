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
        var limit: Int
        var reserved = 0
        var frames = 0
        var waiters: [Waiter] = []

        func hasRoom(for bytes: Int) -> Bool { reserved + bytes <= limit || reserved == 0 }

        mutating func add(_ bytes: Int) {
            reserved += bytes
            frames += 1
        }

        /// Gives memory to those that have waited longest, as far as it goes.
        mutating func admitted() -> [EventLoopPromise<Void>] {
            var ready: [EventLoopPromise<Void>] = []
            while let next = waiters.first, hasRoom(for: next.bytes) {
                add(next.bytes)
                ready.append(next.promise)
                waiters.removeFirst()
            }
            return ready
        }
    }

    private let state: Mutex<State>

    package init(limit: Int) {
        state = Mutex(State(limit: limit))
    }

    /// `limits.buffered_bytes`. A lower limit takes nothing away from frames that have their memory; one that waits for
    /// more than there is now gets it when nothing else is held.
    package var limit: Int {
        get { state.withLock { $0.limit } }
        set {
            let ready = state.withLock { state in
                state.limit = newValue
                return state.admitted()
            }
            for promise in ready { promise.succeed() }
        }
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
            if state.waiters.isEmpty, state.hasRoom(for: bytes) {
                state.add(bytes)
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
        state.withLock { $0.add(bytes) }
    }

    /// Takes memory for opened records, if there is some left.
    func takeForRecords(_ bytes: Int) -> Bool {
        state.withLock { state in
            let (reserved, overflows) = state.reserved.addingReportingOverflow(bytes)
            guard !overflows, reserved <= state.limit else { return false }
            state.reserved = reserved
            return true
        }
    }

    /// Gives memory of opened records back.
    func giveBackRecords(_ bytes: Int) {
        guard bytes > 0 else { return }
        let ready = state.withLock { state in
            state.reserved -= bytes
            return state.admitted()
        }
        for promise in ready { promise.succeed() }
    }

    /// Gives memory back.
    func release(_ bytes: Int) {
        let ready = state.withLock { state in
            state.reserved -= bytes
            state.frames -= 1
            return state.admitted()
        }
        for promise in ready { promise.succeed() }
    }
}
