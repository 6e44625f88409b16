import NIOPosix
import Settings

/// Looks now and then whether a file has changed, by whatever way: written in place, replaced by another by name, or by
/// another target of a symbolic link on the way to it, as Kubernetes does with ConfigMaps.
struct FileWatch: Sendable {
    let path: String
    let interval: Duration

    /// How often a file is looked at again after it changed, whatever its times say: they tell moments apart only so far
    /// as the system's clock ticks.
    private static let secondLooks = 2
    /// Between two looks at a file that is being written.
    private static let settling = Duration.milliseconds(100)
    /// After so many looks it is taken as it is.
    private static let mostSettling = 50

    /// Looks until the task is cancelled, first after one interval.
    ///
    /// - Parameter changed: called when the file may have changed: it has to look at the contents itself. Not called
    ///   while the file is still being written.
    func run(changed: () async -> Void) async {
        var seen: FileIdentity?
        var looks = Self.secondLooks
        while true {
            try? await Task.sleep(for: interval)
            if Task.isCancelled { return }
            var now = await identity()
            if now != seen {
                now = await settled(now)
                looks = Self.secondLooks
            } else if looks > 0 {
                looks -= 1
            } else {
                continue
            }
            if Task.isCancelled { return }
            seen = now
            await changed()
        }
    }

    /// The file's identity once it stays the same for a moment.
    private func settled(_ first: FileIdentity?) async -> FileIdentity? {
        var last = first
        for _ in 0..<Self.mostSettling {
            try? await Task.sleep(for: min(interval, Self.settling))
            let next = await identity()
            if next == last || Task.isCancelled { return next }
            last = next
        }
        return last
    }

    /// Asked on a thread that may wait: the file may be on a network.
    private func identity() async -> FileIdentity? {
        let path = path
        return (try? await NIOThreadPool.singleton.runIfActive { FileIdentity(path: path) }) ?? nil
    }
}
