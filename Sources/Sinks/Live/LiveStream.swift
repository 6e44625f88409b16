import FilterAPI
import NIOCore
import Synchronization

/// Shows lines to whoever watches at this moment. Each watcher has a queue of its own; one that does not keep up is cut
/// off, and told so in its last line.
final class LiveStream: FilterStream {
    private struct State {
        var last: UInt64 = 0
        var watchers: [UInt64: Watcher] = [:]
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let watcherCount = Atomic<Int>(0)

    /// As many watch at once at most.
    static let mostWatchers = 64
    /// As many bytes wait for one watcher at most.
    static let mostBytes = 4 << 20

    /// True if anybody watches.
    var isWatched: Bool { watcherCount.load(ordering: .relaxed) > 0 }

    /// Shows lines, each with its line feed.
    ///
    /// - Returns: false if nobody watches any more.
    func show(_ lines: [ByteBuffer]) -> Bool {
        let watchers = state.withLock { $0.watchers }
        var isShown = false
        for (number, watcher) in watchers {
            if watcher.add(lines) { isShown = true }
            if watcher.isOver { remove(number) }
        }
        return isShown
    }

    /// Ends all streams, once what waits was taken.
    func end() {
        let watchers = state.withLock { state in
            state.hasEnded = true
            defer { state.watchers = [:] }
            return state.watchers
        }
        watcherCount.store(0, ordering: .relaxed)
        for watcher in watchers.values { watcher.end(Self.line("the filter has ended")) }
    }

    func watch(limit: Int?) -> AsyncStream<ByteBuffer> {
        let watcher = Watcher(limit: limit)
        let number: UInt64? = state.withLock { state in
            guard !state.hasEnded, state.watchers.count < Self.mostWatchers else { return nil }
            state.last += 1
            state.watchers[state.last] = watcher
            watcherCount.store(state.watchers.count, ordering: .relaxed)
            return state.last
        }
        guard let number else {
            watcher.end(Self.line("too many watch already"))
            return AsyncStream { await watcher.next() }
        }
        // Whoever lets go of the stream has stopped to watch, however that came.
        let watch = Watch {
            self.remove(number)
            watcher.end(nil)
        }
        return AsyncStream {
            guard let lines = await watcher.next() else {
                watch.end()
                return nil
            }
            return lines
        } onCancel: {
            watch.end()
        }
    }

    private func remove(_ number: UInt64) {
        state.withLock { state in
            state.watchers[number] = nil
            watcherCount.store(state.watchers.count, ordering: .relaxed)
        }
    }

    /// A line that is no document of the filter's.
    fileprivate static func line(_ message: String) -> ByteBuffer {
        ByteBuffer(string: "{\"stream_ended\":\"\(message)\"}\n")
    }
}

/// Ends with the last reference, if not before.
private final class Watch: Sendable {
    private let onEnd: @Sendable () -> Void

    init(onEnd: @escaping @Sendable () -> Void) {
        self.onEnd = onEnd
    }

    deinit { onEnd() }

    func end() { onEnd() }
}

/// One who watches.
private final class Watcher: Sendable {
    private struct State {
        var waiting = ByteBuffer()
        var left: Int?
        var isOver = false
        var asking: CheckedContinuation<ByteBuffer?, Never>?
    }

    private let state: Mutex<State>

    init(limit: Int?) {
        state = Mutex(State(left: limit))
    }

    /// True once no more is taken.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Queues lines.
    ///
    /// - Returns: false if none was taken.
    func add(_ lines: [ByteBuffer]) -> Bool {
        var isTaken = false
        let asking: (CheckedContinuation<ByteBuffer?, Never>, ByteBuffer)? = state.withLock { state in
            for line in lines where !state.isOver {
                guard state.waiting.readableBytes + line.readableBytes <= LiveStream.mostBytes else {
                    state.waiting.writeImmutableBuffer(LiveStream.line("the watcher does not keep up"))
                    state.isOver = true
                    break
                }
                state.waiting.writeImmutableBuffer(line)
                isTaken = true
                if let left = state.left {
                    state.left = left - 1
                    if left <= 1 { state.isOver = true }
                }
            }
            guard let asking = state.asking, state.waiting.readableBytes > 0 else { return nil }
            state.asking = nil
            defer { state.waiting = ByteBuffer() }
            return (asking, state.waiting)
        }
        asking?.0.resume(returning: asking?.1)
        return isTaken
    }

    /// Takes no more; what waits is still given.
    func end(_ lastLine: ByteBuffer?) {
        let asking: (CheckedContinuation<ByteBuffer?, Never>, ByteBuffer?)? = state.withLock { state in
            if let lastLine, !state.isOver { state.waiting.writeImmutableBuffer(lastLine) }
            state.isOver = true
            guard let asking = state.asking else { return nil }
            state.asking = nil
            defer { state.waiting = ByteBuffer() }
            return (asking, state.waiting.readableBytes > 0 ? state.waiting : nil)
        }
        asking?.0.resume(returning: asking?.1)
    }

    /// What has come since, waiting for it; nil at the end.
    func next() async -> ByteBuffer? {
        await withCheckedContinuation { continuation in
            let ready: ByteBuffer?? = state.withLock { state in
                if state.waiting.readableBytes > 0 {
                    defer { state.waiting = ByteBuffer() }
                    return .some(state.waiting)
                }
                if state.isOver { return .some(nil) }
                state.asking = continuation
                return .none
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}
