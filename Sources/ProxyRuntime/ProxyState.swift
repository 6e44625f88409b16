import NIOCore
import SluiceConfiguration
import Synchronization

/// The configuration that is in force, and what was made of it.
struct RunningConfiguration: Sendable {
    /// As it was read; its `admin:` is that of the start.
    var loaded: LoadedConfiguration
    /// In the order of the configuration.
    var clusters: [ClusterState]
    /// In the order of the configuration.
    var listeners: [Listener]
    /// 1 at the start, one more with each reload that changed something.
    var generation: Int

    /// The cluster of that name.
    func cluster(_ name: String) -> ClusterState? { clusters.first { $0.name == name } }

    /// The listener of that name.
    func listener(_ name: String) -> Listener? { listeners.first { $0.name == name } }
}

/// What of the proxy changes while it runs and belongs to no event loop.
final class ProxyState: Sendable {
    private struct Values {
        var running: RunningConfiguration
        var addresses: [BoundAddress: any Channel] = [:]
        var isEnding = false
    }

    private let values: Mutex<Values>
    private let connectionID = Atomic<UInt64>(0)

    init(_ running: RunningConfiguration) {
        values = Mutex(Values(running: running))
    }

    /// A number for a connection.
    func nextConnectionID() -> UInt64 {
        connectionID.add(1, ordering: .relaxed).newValue
    }

    /// What is in force.
    var running: RunningConfiguration {
        get { values.withLock { $0.running } }
        set { values.withLock { $0.running = newValue } }
    }

    /// The addresses that are open.
    var addresses: [BoundAddress: any Channel] {
        get { values.withLock { $0.addresses } }
        set { values.withLock { $0.addresses = newValue } }
    }

    /// True once no connections are taken any more, for good.
    var isEnding: Bool {
        get { values.withLock { $0.isEnding } }
        set { values.withLock { $0.isEnding = newValue } }
    }
}
