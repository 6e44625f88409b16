import Foundation
import Glibc
import Logging
import NIOCore
import Synchronization

/// A file, or standard output, and the thread that writes it: one for all filters that log to it, so that lines never
/// run into each other.
final class LogFile: @unchecked Sendable {
    // Safety: `condition` guards `queue`, `reopener` and `isEnding`; `descriptor` and `isFailing` are the thread's own
    // once it has started.
    private let condition = NSCondition()
    private var queue: [Item] = []
    private var reopener: LineAccount?
    private var isEnding = false
    private var descriptor: Int32
    private var isFailing = false

    /// Nil for standard output.
    private let path: String?
    private let logger: Logger

    private enum Item {
        case batch(LineBatch)
        case waiter(FlushWaiter)
    }

    /// How long the thread waits before it tries again what has failed, in seconds; and to look up from a pipe that is full.
    private static let retrySeconds = 1.0
    private static let pollMilliseconds: Int32 = 100

    /// Opens the file and starts its thread, which ends after ``end()``.
    init(path: String?, logger: Logger) throws(AccessLogError) {
        self.path = path
        self.logger = logger
        descriptor = STDOUT_FILENO
        if let path { descriptor = try Self.open(path) }
        let thread = Thread { self.run() }
        thread.name = "sluice-access"
        thread.stackSize = 256 << 10
        thread.start()
    }

    private static func open(_ path: String) throws(AccessLogError) -> Int32 {
        // O_NONBLOCK: a pipe that nobody reads is an error, not a wait without end. The mode, as lines name people.
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else { throw AccessLogError(path: path, code: errno) }
        return descriptor
    }

    // MARK: - From any thread

    /// Queues lines.
    ///
    /// - Returns: false if too much of the same log waits already.
    func append(_ batch: LineBatch) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        let account = batch.account
        let waiting = account.bufferedBytes.load(ordering: .relaxed)
        guard !isEnding, waiting + batch.size <= account.maxBufferedBytes else { return false }
        account.bufferedBytes.add(batch.size, ordering: .relaxed)
        queue.append(.batch(batch))
        condition.signal()
        return true
    }

    /// Has the file opened anew: what is written from here on goes to whatever has its name then.
    func reopen(for account: LineAccount) {
        guard path != nil else { return }
        condition.lock()
        defer { condition.unlock() }
        reopener = account
        condition.signal()
    }

    /// Waits until everything is written that was queued before, but not for ever.
    func flush(patience: Duration) async {
        let waiter = FlushWaiter()
        let alarm = Task {
            try? await Task.sleep(for: patience)
            waiter.finish()
        }
        await withCheckedContinuation { continuation in
            waiter.wait(continuation)
            condition.withLock {
                queue.append(.waiter(waiter))
                condition.signal()
            }
        }
        alarm.cancel()
    }

    /// Ends the thread once it has written what is queued, as far as the file takes it at once.
    func end() {
        condition.lock()
        defer { condition.unlock() }
        isEnding = true
        condition.signal()
    }

    // MARK: - On the thread

    private func run() {
        // A pipe that was closed is an error of `write`, not the end of the process.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while let items = next() {
            for item in items {
                switch item {
                case .batch(let batch): write(batch)
                case .waiter(let waiter): waiter.finish()
                }
            }
        }
        if path != nil { close(descriptor) }
    }

    /// Waits for something to do; nil at the end.
    private func next() -> [Item]? {
        condition.lock()
        while queue.isEmpty, reopener == nil, !isEnding { condition.wait() }
        var items: [Item] = []
        swap(&items, &queue)
        let isLast = items.isEmpty && isEnding
        condition.unlock()
        reopenIfAsked()
        return isLast ? nil : items
    }

    private func write(_ batch: LineBatch) {
        var batch = batch
        var hasEnded = false
        while batch.bytes.readableBytes > 0, !hasEnded {
            if reopenIfAsked() { batch.rewindToStartOfLine() }
            let count = batch.bytes.withUnsafeReadableBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                batch.bytes.moveReaderIndex(forwardBy: count)
                if isFailing { recovered() }
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                let isLastTry = condition.withLock { isEnding }
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                hasEnded = poll(&waiting, 1, isLastTry ? 0 : Self.pollMilliseconds) <= 0 && isLastTry
            default:
                failed(errno, batch.account)
                hasEnded = waitToTryAgain()
            }
        }
        batch.settle()
    }

    /// Opens the file anew if that was asked for.
    ///
    /// - Returns: true if there is another file now.
    @discardableResult
    private func reopenIfAsked() -> Bool {
        let account = condition.withLock {
            defer { reopener = nil }
            return reopener
        }
        guard let account, let path else { return false }
        do {
            let fresh = try Self.open(path)
            close(descriptor)
            descriptor = fresh
            return true
        } catch {
            account.countError()
            logger.error("access log goes on in the old file", metadata: ["reason": "\(error)"])
            return false
        }
    }

    private func failed(_ code: Int32, _ account: LineAccount) {
        account.countError()
        // Once, not for each line.
        guard !isFailing else { return }
        isFailing = true
        logger.error("access log cannot be written", metadata: metadata(reason: String(cString: strerror(code))))
    }

    private func recovered() {
        isFailing = false
        logger.info("access log is written again", metadata: metadata())
    }

    private func metadata(reason: String? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["path": "\(path ?? "standard output")"]
        if let reason { metadata["reason"] = "\(reason)" }
        return metadata
    }

    /// - Returns: true if there is to be no other try.
    private func waitToTryAgain() -> Bool {
        condition.lock()
        defer { condition.unlock() }
        let again = Date(timeIntervalSinceNow: Self.retrySeconds)
        while !isEnding, reopener == nil {
            guard condition.wait(until: again) else { break }
        }
        return isEnding
    }
}
