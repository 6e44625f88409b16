import NIOCore
import NIOPosix
import Synchronization

/// What takes milliseconds to work out, on threads of its own: passwords that are stretched, signatures. A bound keeps
/// a flood of sign-ins from taking all memory and the machine's cores.
final class SlowWork: Sendable {
    /// As much work waits as may.
    struct Overloaded: Error {}

    /// For the whole process.
    static let shared = SlowWork()

    /// How much waits or runs at most. At a few milliseconds each, more would not come to an end in the clients'
    /// patience.
    private static let most = 1000

    private let pool: NIOThreadPool
    private let waiting = Atomic<Int>(0)

    private init() {
        pool = NIOThreadPool(numberOfThreads: max(1, System.coreCount / 4))
        pool.start()
    }

    /// Does something.
    ///
    /// - Returns: what came of it, on the loop; fails with ``Overloaded`` at once where too much waits.
    func perform<Result: Sendable>(
        on loop: any EventLoop, _ body: @escaping @Sendable () -> Result
    ) -> EventLoopFuture<Result> {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.most else {
            waiting.subtract(1, ordering: .relaxed)
            return loop.makeFailedFuture(Overloaded())
        }
        return pool.runIfActive(eventLoop: loop) { [self] in
            defer { waiting.subtract(1, ordering: .relaxed) }
            return body()
        }
    }
}
