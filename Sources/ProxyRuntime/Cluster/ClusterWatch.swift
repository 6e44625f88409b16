import Logging
import NIOCore
import SluiceConfiguration
import Synchronization

/// Has each cluster watched by a monitor of its own, from ``begin(_:)`` to ``end()``.
final class ClusterWatch: Sendable {
    /// A cluster with how often it is to be asked.
    struct Watched: Sendable {
        let cluster: ClusterState
        let refresh: Duration
    }

    private struct State {
        var isRunning = false
        /// The monitors' tasks, by the cluster.
        var monitors: [ObjectIdentifier: (task: UInt64, refresh: Duration)] = [:]
    }

    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())
    private let tasks = BackgroundTasks()

    init(group: any EventLoopGroup, logger: Logger) {
        self.group = group
        self.logger = logger
    }

    /// Begins to watch.
    func begin(_ clusters: [Watched]) {
        state.withLock { state in
            state.isRunning = true
            exchange(&state, clusters)
        }
    }

    /// Watches these clusters from now on; nothing if no watch is on.
    func exchange(_ clusters: [Watched]) {
        state.withLock { state in
            guard state.isRunning else { return }
            exchange(&state, clusters)
        }
    }

    private func exchange(_ state: inout State, _ clusters: [Watched]) {
        let before = state.monitors
        state.monitors = [:]
        for watched in clusters {
            let key = ObjectIdentifier(watched.cluster)
            if let monitor = before[key], monitor.refresh == watched.refresh {
                state.monitors[key] = monitor
            } else {
                let monitor = ClusterMonitor(
                    cluster: watched.cluster, group: group, refresh: TimeAmount(watched.refresh), logger: logger)
                state.monitors[key] = (tasks.start { await monitor.run() }, watched.refresh)
            }
        }
        let stays = Set(state.monitors.values.map(\.task))
        for monitor in before.values where !stays.contains(monitor.task) { tasks.cancel(monitor.task) }
    }

    /// Ends the watch, and waits until nothing of it uses the event loops any more.
    func end() async {
        state.withLock { state in
            state.isRunning = false
            state.monitors = [:]
        }
        tasks.cancelAll()
        await tasks.wait()
    }
}
