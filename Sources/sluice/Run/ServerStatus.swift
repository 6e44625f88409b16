import Admin
import Glibc
import NIOCore
import Synchronization

/// Where the process is in its life, and what the operator has said.
final class ServerStatus: Sendable {
    private struct Values {
        var state = ServerInformation.State.initializing
        var isFailed = false
        var isQuitting = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let values = Mutex(Values())

    /// Where the process is in its life.
    var state: ServerInformation.State { values.withLock { $0.state } }

    /// True after `/healthcheck/fail`.
    var isFailed: Bool { values.withLock { $0.isFailed } }

    /// Notes where the process is.
    func set(_ state: ServerInformation.State) {
        values.withLock { $0.state = state }
    }

    /// Notes what the operator said of its health.
    func setFailed(_ isFailed: Bool) {
        values.withLock { $0.isFailed = isFailed }
    }

    /// Asks for the end of the process; false if that was asked before.
    func quit() -> Bool {
        let waiters: [CheckedContinuation<Void, Never>]? = values.withLock { values in
            guard !values.isQuitting else { return nil }
            values.isQuitting = true
            defer { values.waiters = [] }
            return values.waiters
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.resume() }
        return true
    }

    /// Waits until the end was asked for, or the task is cancelled.
    func waitForQuit() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = values.withLock { values in
                    if values.isQuitting || Task.isCancelled { return true }
                    values.waiters.append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiters = values.withLock { values in
                defer { values.waiters = [] }
                return values.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }
}

/// Ends the process without further ado.
enum ExitNow {
    /// Exit status 1: something was cut off.
    static func exit() -> Never {
        Glibc.exit(1)
    }
}
