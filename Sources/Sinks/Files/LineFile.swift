import Foundation
import Glibc
import Logging
import NIOCore
import Synchronization

/// A file, or standard output, and the thread that writes it: one for all that write lines to it, so that lines never
/// run into each other.
///
/// How the file is opened, put aside and synced is in ``OpenFile``.
package final class LineFile: @unchecked Sendable {
    // Safety: `condition` guards `queue`, `reopener`, `rotations` and `isEnding`; `open`, `isFailing` and `unsynced` are
    // the thread's own once it has started.
    private let condition = NSCondition()
    private var queue: [Item] = []
    private var reopener: LineBacklog?
    private var rotations: [(share: UInt64, rotation: FileRotation)] = []
    private var isEnding = false
    var open: OpenFile
    private var isFailing = false
    /// Who waits for lines that were written and may not be on the disk yet.
    private var unsynced: [LineBatch] = []

    /// Nil for standard output.
    let path: String?
    let logger: Logger

    private enum Item {
        case batch(LineBatch)
        case waiter(FlushWaiter)
    }

    /// How long the thread waits before it tries again what has failed, in seconds; and to look up from a pipe that is full.
    private static let retrySeconds = 1.0
    private static let pollMilliseconds: Int32 = 100

    /// Opens the file and starts its thread, which ends after ``end()``.
    init(path: String?, purpose: String, logger: Logger, disk: Disk = .system) throws(LineFileError) {
        self.path = path
        self.logger = logger
        if let path {
            open = try OpenFile(path: path, purpose: purpose, disk: disk)
        } else {
            open = .standardOutput(disk)
        }
        let thread = Thread { self.run() }
        thread.name = "sluice-lines"
        thread.stackSize = 256 << 10
        thread.start()
    }

    // MARK: - From any thread

    /// Queues lines.
    ///
    /// - Returns: false if too much of the same backlog waits already, or if the file has come to its end. The batch is
    ///   not settled then.
    package func append(_ batch: LineBatch) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isEnding, batch.isReserved || batch.backlog.reserve(batch.size) else { return false }
        queue.append(.batch(batch))
        condition.signal()
        return true
    }

    /// Has the file opened anew: what is written from here on goes to whatever has its name then.
    package func reopen(for backlog: LineBacklog) {
        guard path != nil else { return }
        condition.lock()
        defer { condition.unlock() }
        reopener = backlog
        condition.signal()
    }

    /// Waits until everything is written that was queued before, but not for ever.
    package func flush(patience: Duration) async {
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

    func add(_ rotation: FileRotation, of share: UInt64) {
        condition.withLock { rotations.append((share, rotation)) }
    }

    func removeRotation(of share: UInt64) {
        condition.withLock { rotations.removeAll { $0.share == share } }
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
            sync()
        }
        if path != nil { open.close() }
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
        if let durability = batch.durability, durability.deadline < .now() {
            return giveUp(batch, .timedOut)
        }
        if let rotation = condition.withLock({ rotations.last?.rotation }) {
            rotateIfFull(rotation, before: batch.size, batch.backlog)
        }
        var hasEnded = false
        while batch.bytes.readableBytes > 0, !hasEnded {
            switch reopenIfAsked(inTheMiddleOf: batch) {
            case .unchanged: break
            case .opened: batch.rewindToStartOfLine()
            case .openedUnsynced:
                batch.rewindToStartOfLine()
                return giveUp(batch, .writeFailed)
            }
            let count = batch.bytes.withUnsafeReadableBytes {
                open.disk.write(open.descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                batch.bytes.moveReaderIndex(forwardBy: count)
                open.size += count
                if isFailing, count > 0 { recovered(batch.backlog) }
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                sync()
                // Nothing can be taken back from a pipe: a line that was begun is ended.
                if let durability = batch.durability, durability.deadline < .now(), batch.partialLineBytes == 0 {
                    return giveUp(batch, .timedOut)
                }
                let isLastTry = condition.withLock { isEnding }
                var waiting = pollfd(fd: open.descriptor, events: Int16(POLLOUT), revents: 0)
                hasEnded = poll(&waiting, 1, isLastTry ? 0 : Self.pollMilliseconds) <= 0 && isLastTry
            default:
                let code = errno
                // Whatever comes next, half a line is not to stay.
                if open.takeBack(batch.partialLineBytes) { batch.rewindToStartOfLine() }
                failed(code, batch.backlog)
                // Who waits is told at once: whether to try again is theirs to decide.
                if batch.durability != nil { return giveUp(batch, .writeFailed) }
                sync()
                hasEnded = waitToTryAgain()
            }
        }
        if batch.durability != nil, !hasEnded {
            unsynced.append(batch)
        } else {
            batch.durability?.promise.fail(SinkError(.shutDown))
            batch.settle()
        }
    }

    /// Gives up what is left of a batch that somebody waits for.
    private func giveUp(_ batch: LineBatch, _ reason: SinkDropReason) {
        var batch = batch
        batch.dropReason = reason
        // What was written in part is not to be gone on with.
        if open.takeBack(batch.partialLineBytes) { batch.rewindToStartOfLine() }
        batch.durability?.promise.fail(SinkError(reason))
        batch.settle()
    }

    /// Has everything on the disk that somebody waits for, and tells them.
    private func sync() {
        guard !unsynced.isEmpty else { return }
        let code = open.sync()
        if let code, let first = unsynced.first { failed(code, first.backlog) }
        for batch in unsynced {
            if code == nil {
                batch.durability?.promise.succeed()
            } else {
                batch.durability?.promise.fail(SinkError(.writeFailed))
            }
            batch.settle()
        }
        unsynced = []
    }

    /// What has come of the wish for another file.
    private enum Reopening {
        case unchanged
        case opened
        /// There is another file; but what the one before has of the batch that is being written may not be on the disk.
        case openedUnsynced
    }

    /// Opens the file anew if that was asked for.
    ///
    /// - Parameter batch: what is being written. Lines of it may be in the file before, which nobody syncs any more once it
    ///   is closed.
    /// - Returns: which file is open now.
    @discardableResult
    private func reopenIfAsked(inTheMiddleOf batch: LineBatch? = nil) -> Reopening {
        let backlog = condition.withLock {
            defer { reopener = nil }
            return reopener
        }
        guard let backlog, let path else { return .unchanged }
        do {
            let fresh = try OpenFile(path: path, purpose: backlog.purpose, disk: open.disk)
            sync()
            var code: Int32?
            if let batch, batch.durability != nil, batch.bytes.readerIndex > 0 { code = open.sync() }
            open.close()
            open = fresh
            guard let code, let batch else { return .opened }
            failed(code, batch.backlog)
            return .openedUnsynced
        } catch {
            backlog.observer.failed()
            logger.error("\(backlog.purpose) goes on in the old file", metadata: ["reason": "\(error)"])
            return .unchanged
        }
    }

    private func rotateIfFull(_ rotation: FileRotation, before size: Int, _ backlog: LineBacklog) {
        guard let path, open.isFull(rotation, before: size) else { return }
        sync()
        do {
            try open.rotate(path: path, keep: rotation.keep, purpose: backlog.purpose)
        } catch {
            backlog.observer.failed()
            logger.error("\(backlog.purpose) cannot be rotated, and grows", metadata: ["reason": "\(error)"])
        }
    }

    private func failed(_ code: Int32, _ backlog: LineBacklog) {
        backlog.observer.failed()
        // Once, not for each line.
        guard !isFailing else { return }
        isFailing = true
        logger.error(
            "\(backlog.purpose) cannot be written", metadata: metadata(reason: String(cString: strerror(code))))
    }

    private func recovered(_ backlog: LineBacklog) {
        isFailing = false
        logger.info("\(backlog.purpose) is written again", metadata: metadata())
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
