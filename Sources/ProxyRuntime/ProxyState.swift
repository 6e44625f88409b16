import NIOCore
import Synchronization

/// An address that is open.
struct OpenAddress: Sendable {
    let listener: String
    let channel: any Channel
}

/// What of the proxy changes while it runs and belongs to no event loop.
final class ProxyState: Sendable {
    private let addresses = Mutex<[OpenAddress]>([])
    private let connectionID = Atomic<UInt64>(0)

    /// A number for a connection.
    func nextConnectionID() -> UInt64 {
        connectionID.add(1, ordering: .relaxed).newValue
    }

    /// Notes addresses that are open now.
    func opened(_ more: [OpenAddress]) {
        addresses.withLock { $0.append(contentsOf: more) }
    }

    /// Gives the open addresses, to be closed.
    func closeAddresses() -> [OpenAddress] {
        addresses.withLock { open in
            defer { open = [] }
            return open
        }
    }

    /// True if a listener takes connections.
    func isOpen(_ listener: String) -> Bool {
        addresses.withLock { $0.contains { $0.listener == listener } }
    }
}
