import NIOCore
import NIOPosix

/// Waits for something that another thread brings about.
enum Waiting {
    struct TooLong: Error {}

    static func until(_ isTrue: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(120)
        while !isTrue() {
            guard ContinuousClock.now < end else { throw TooLong() }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}

enum MultiThreadedEventLoops {
    static var next: any EventLoop { MultiThreadedEventLoopGroup.singleton.next() }
}
